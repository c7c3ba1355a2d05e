//! The plain face: a card in the middle of an empty page.

use leptos::prelude::*;

use crate::components::logo::Logo;

#[component]
pub(crate) fn Plain(children: Children) -> impl IntoView {
    view! {
        <main class="plain" id="main">
            <section class="plain-card card">
                <p class="brand"><Logo/> "Docklet"</p>
                {children()}
            </section>
        </main>
    }
}
