//! Lucide icons, drawn once in a sprite that the server puts at the end of the page.

use leptos::prelude::*;

/// The sprite with all icons, for the page's end.
#[cfg(feature = "ssr")]
pub(crate) const SPRITE: &str = include_str!("icon/sprite.svg");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Back,
    Boxes,
    Chevron,
    Close,
    Cpu,
    Custom,
    Dark,
    Delete,
    Layers,
    Light,
    Minus,
    More,
    Play,
    Plus,
    Quick,
    Repair,
    Restart,
    SignOut,
    Stop,
    System,
    Terminal,
    Warning,
    Watch,
}

impl Icon {
    const fn address(self) -> &'static str {
        match self {
            Self::Back => "#icon-back",
            Self::Boxes => "#icon-boxes",
            Self::Chevron => "#icon-chevron",
            Self::Close => "#icon-close",
            Self::Cpu => "#icon-cpu",
            Self::Custom => "#icon-custom",
            Self::Dark => "#icon-dark",
            Self::Delete => "#icon-delete",
            Self::Layers => "#icon-layers",
            Self::Light => "#icon-light",
            Self::Minus => "#icon-minus",
            Self::More => "#icon-more",
            Self::Play => "#icon-play",
            Self::Plus => "#icon-plus",
            Self::Quick => "#icon-quick",
            Self::Repair => "#icon-repair",
            Self::Restart => "#icon-restart",
            Self::SignOut => "#icon-sign-out",
            Self::Stop => "#icon-stop",
            Self::System => "#icon-system",
            Self::Terminal => "#icon-terminal",
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
