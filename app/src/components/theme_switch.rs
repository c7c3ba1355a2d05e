//! System, light or dark. A form that works without script; with it, the page changes at once.

use catalogue::t;
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
        <form method="post" action=ChooseTheme::url() class="theme-switch" role="group" aria-label=t!("chrome-theme")>
            {Theme::ALL.map(choice)}
        </form>
    }
}

/// Light and dark, one click apart; what the system says is a click further, in the account's menu.
#[component]
pub(crate) fn ThemeToggle() -> impl IntoView {
    let chosen = use_theme();
    let next = Memo::new(move |_| chosen.other());
    let label = move || t!("chrome-theme-next", theme = next.get().label());
    view! {
        <form method="post" action=ChooseTheme::url() class="theme-toggle">
            <button
                type="submit"
                name="theme"
                value=move || next.get().as_str()
                class="button is-ghost is-square"
                aria-label=label
                title=label
                on:click=move |event| {
                    event.prevent_default();
                    chosen.choose(next.get_untracked());
                }
            >
                {move || if next.get() == Theme::Dark {
                    view! { <Glyph icon=Icon::Dark/> }
                } else {
                    view! { <Glyph icon=Icon::Light/> }
                }}
            </button>
        </form>
    }
}
