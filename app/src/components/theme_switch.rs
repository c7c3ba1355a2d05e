//! System, light or dark. A form that works without script; with it, the page changes at once.

use leptos::{prelude::*, server_fn::ServerFn};

use super::icon::{Glyph, Icon};
use crate::{
    api::session::ChooseTheme,
    contexts::theme::{Theme, use_theme},
};

#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let chosen = use_theme();
    let choice = move |theme: Theme| {
        view! {
            <button
                type="submit"
                name="theme"
                value=theme.as_str()
                class="choice"
                aria-pressed=move || if chosen.get() == theme { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    chosen.choose(theme);
                }
            >
                <Glyph icon=match theme {
                    Theme::System => Icon::System,
                    Theme::Light => Icon::Light,
                    Theme::Dark => Icon::Dark,
                }/>
                {theme.label()}
            </button>
        }
    };
    view! {
        <form method="post" action=ChooseTheme::url() class="theme-switch" role="group" aria-label="Theme">
            {Theme::ALL.map(choice)}
        </form>
    }
}
