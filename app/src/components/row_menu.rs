//! Taking away what a row of a table stands for: a button whose menu says what is lost, and a second one that does it.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};

#[component]
pub(crate) fn RowMenu(
    /// Unique in the page.
    id: String,
    /// What a screen reader says for the button.
    label: String,
    icon: Icon,
    /// What stops, or is gone.
    lost: String,
    /// The form with a [`TakeAway`].
    children: Children,
) -> impl IntoView {
    view! {
        <Menu id=id label=label class="button is-ghost is-small is-square" button=move || view! { <Glyph icon=icon/> }>
            <p class="menu-text">{lost}</p>
            {children()}
        </Menu>
    }
}

/// The button that does it.
#[component]
pub(crate) fn TakeAway(icon: Icon, text: String, pending: Memo<bool>) -> impl IntoView {
    view! {
        <button type="submit" class="button is-danger is-wide" disabled=pending>
            <Glyph icon=icon/>
            {text}
        </button>
    }
}
