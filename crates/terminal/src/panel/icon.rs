//! The panel's few icons, drawn on a 16 by 16 grid in the stroke of the console's own.

use leptos::prelude::*;

/// An icon. Decoration only: the button around it has the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Plus,
    Cross,
    Search,
    Up,
    Down,
    Left,
    Right,
    More,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Plus => "M8 3v10M3 8h10",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Search => "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3 13.5 13.5",
            Self::Up => "M4 10l4-4 4 4",
            Self::Down => "M4 6l4 4 4-4",
            Self::Left => "M10 4 6 8l4 4",
            Self::Right => "M6 4l4 4-4 4",
            Self::More => "M3.5 8h.01M8 8h.01M12.5 8h.01",
        }
    }
}

#[component]
pub(crate) fn Glyph(icon: Icon) -> impl IntoView {
    view! {
        <svg class="terminal__icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d=icon.path()/>
        </svg>
    }
}
