//! Icons, most of them Lucide's, drawn once in a sprite that the server puts at the end of the page.

use leptos::prelude::*;

/// The sprite with all icons, for the page's end.
#[cfg(feature = "ssr")]
pub(crate) const SPRITE: &str = include_str!("icon/sprite.svg");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Activity,
    Apps,
    Back,
    Boxes,
    Check,
    Chevron,
    Close,
    Copy,
    Cpu,
    Custom,
    Dark,
    Delete,
    Download,
    Help,
    Jobs,
    Jupyter,
    Key,
    Keyboard,
    Language,
    Layers,
    Light,
    Lock,
    Minus,
    More,
    Open,
    Pause,
    Pin,
    Play,
    Plus,
    Power,
    Publish,
    Quick,
    Repair,
    Restart,
    Search,
    Shield,
    SignOut,
    Stop,
    System,
    Terminal,
    Theme,
    Unlock,
    Unpin,
    User,
    Warning,
    Watch,
}

impl Icon {
    const fn address(self) -> &'static str {
        match self {
            Self::Activity => "#icon-activity",
            Self::Apps => "#icon-apps",
            Self::Back => "#icon-back",
            Self::Boxes => "#icon-boxes",
            Self::Check => "#icon-check",
            Self::Chevron => "#icon-chevron",
            Self::Close => "#icon-close",
            Self::Copy => "#icon-copy",
            Self::Cpu => "#icon-cpu",
            Self::Custom => "#icon-custom",
            Self::Dark => "#icon-dark",
            Self::Delete => "#icon-delete",
            Self::Download => "#icon-download",
            Self::Help => "#icon-help",
            Self::Jobs => "#icon-jobs",
            Self::Jupyter => "#icon-jupyter",
            Self::Key => "#icon-key",
            Self::Keyboard => "#icon-keyboard",
            Self::Language => "#icon-language",
            Self::Layers => "#icon-layers",
            Self::Light => "#icon-light",
            Self::Lock => "#icon-lock",
            Self::Minus => "#icon-minus",
            Self::More => "#icon-more",
            Self::Open => "#icon-open",
            Self::Pause => "#icon-pause",
            Self::Pin => "#icon-pin",
            Self::Play => "#icon-play",
            Self::Plus => "#icon-plus",
            Self::Power => "#icon-power",
            Self::Publish => "#icon-publish",
            Self::Quick => "#icon-quick",
            Self::Repair => "#icon-repair",
            Self::Restart => "#icon-restart",
            Self::Search => "#icon-search",
            Self::Shield => "#icon-shield",
            Self::SignOut => "#icon-sign-out",
            Self::Stop => "#icon-stop",
            Self::System => "#icon-system",
            Self::Terminal => "#icon-terminal",
            Self::Theme => "#icon-theme",
            Self::Unlock => "#icon-unlock",
            Self::Unpin => "#icon-unpin",
            Self::User => "#icon-user",
            Self::Warning => "#icon-warning",
            Self::Watch => "#icon-watch",
        }
    }
}

/// An icon beside a text; it says nothing by itself.
#[component]
pub(crate) fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=icon.address()/>
        </svg>
    }
}
