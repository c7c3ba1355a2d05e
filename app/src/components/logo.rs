//! Three hexagons: the sign of Docklet.

use leptos::prelude::*;

#[component]
pub(crate) fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
            <path class="logo-top" d="M16 2.5l5.6 3.25v6.5L16 15.5l-5.6-3.25v-6.5z"/>
            <path class="logo-left" d="M9 15.5l5.6 3.25v6.5L9 28.5l-5.6-3.25v-6.5z"/>
            <path class="logo-right" d="M23 15.5l5.6 3.25v6.5L23 28.5l-5.6-3.25v-6.5z"/>
        </svg>
    }
}
