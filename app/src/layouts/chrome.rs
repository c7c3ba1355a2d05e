//! Side bar and top bar around pages; on small screens a bottom bar.

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use super::account::AccountMenu;
use crate::{
    components::{
        icon::{Glyph, Icon},
        logo::Logo,
        problem_note::ProblemNote,
    },
    contexts::{actions::use_actions, live::use_live},
    routes,
};

#[component]
pub(crate) fn Chrome() -> impl IntoView {
    let actions = use_actions();
    let dismiss = Callback::new(move |()| actions.problem.set(None));
    view! {
        <a class="skip-link" href="#main">"Skip to content"</a>
        <div class="app">
            <nav class="side" aria-label="Main">
                <a class="brand" href=routes::HOME><Logo/> "Docklet"</a>
                <Places/>
                <AccountMenu id="account"/>
            </nav>
            <main class="main" id="main" tabindex="-1">
                <div class="page-notes"><ProblemNote problem=actions.problem dismiss=dismiss/></div>
                <Outlet/>
            </main>
            <nav class="bottom-bar" aria-label="Main, small screen">
                <Places/>
                <AccountMenu id="account-small"/>
            </nav>
        </div>
    }
    .into_any()
}

/// The places there are.
#[component]
fn Places() -> impl IntoView {
    let live = use_live();
    let path = use_location().pathname;
    let in_terminals = move || path.with(|path| path.ends_with(routes::TERMINALS));
    let current = |is: bool| is.then_some("page");
    view! {
        <a class="place" href=routes::HOME aria-current=move || current(!in_terminals())>
            <Glyph icon=Icon::Boxes/>
            <span>"vclusters"</span>
            <span class="place-count">{move || live.count()}</span>
        </a>
        <a class="place" href=routes::TERMINALS aria-current=move || current(in_terminals())>
            <Glyph icon=Icon::Terminal/>
            <span>"Terminals"</span>
        </a>
    }
}

/// The bar on top of a page: where one is.
#[component]
pub(crate) fn TopBar(
    /// The page's own name.
    #[prop(into)]
    here: Signal<String>,
    /// Whether the page is one of a vcluster, below the list.
    #[prop(optional)]
    below: bool,
) -> impl IntoView {
    view! {
        <header class="top">
            <a class="brand is-small-only" href=routes::HOME aria-label="Docklet"><Logo/></a>
            <nav class="crumbs" aria-label="Breadcrumb">
                {below.then(|| view! { <a href=routes::HOME>"vclusters"</a> <span aria-hidden="true">"/"</span> })}
                <b aria-current="page">{move || here.get()}</b>
            </nav>
        </header>
    }
}
