//! Side bar and top bar around pages; on small screens a bottom bar.

use catalogue::t;
use domain::user::Role;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};
use wasm_bindgen::JsCast;

use super::{account::AccountMenu, signed_in::Me};
use crate::{
    components::{
        icon::{Glyph, Icon},
        logo::Logo,
        problem_note::ProblemNote,
        theme_switch::ThemeToggle,
    },
    contexts::{actions::use_actions, live::use_live, shortcuts::use_shortcuts},
    routes,
};

#[component]
pub(crate) fn Chrome() -> impl IntoView {
    let actions = use_actions();
    let dismiss = Callback::new(move |()| actions.problem.set(None));
    view! {
        <a class="skip-link" href="#main" on:click=move |_| focus_main()>{t!("chrome-skip")}</a>
        <div class="app">
            <nav class="side" aria-label=t!("chrome-nav")>
                <a class="brand" href=routes::HOME><Logo/> "Docklet"</a>
                <Places/>
                <AdminPlace/>
                <AccountMenu id="account"/>
            </nav>
            <main class="main" id="main" tabindex="-1">
                <div class="page-notes"><ProblemNote problem=actions.problem dismiss=dismiss/></div>
                <Outlet/>
            </main>
            <nav class="bottom-bar" aria-label=t!("chrome-nav-small")>
                <Places/>
                <AccountMenu id="account-small"/>
            </nav>
        </div>
    }
    .into_any()
}

/// The router scrolls to what a fragment names; the browser would move the focus there, too.
fn focus_main() {
    let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(main) = main {
        // An element with a tab index can be focused.
        let _ = main.focus();
    }
}

/// The places there are.
#[component]
fn Places() -> impl IntoView {
    let live = use_live();
    let path = use_location().pathname;
    let in_terminals = move || path.with(|path| path.ends_with(routes::TERMINALS));
    let at_home = move || path.with(|path| path == routes::HOME || path.starts_with("/vclusters/")) && !in_terminals();
    let in_jobs = move || path.with(|path| path == routes::JOBS || path.starts_with("/jobs/"));
    let in_queue = move || path.with(|path| path == routes::QUEUE);
    let in_help = move || path.with(|path| path == routes::HELP);
    let current = |is: bool| is.then_some("page");
    view! {
        <a class="place" href=routes::HOME aria-current=move || current(at_home())>
            <Glyph icon=Icon::Boxes/>
            <span>{t!("chrome-vclusters")}</span>
            <span class="place-count">{move || live.count()}</span>
        </a>
        <a class="place" href=routes::JOBS aria-current=move || current(in_jobs())>
            <Glyph icon=Icon::Jobs/>
            <span>{t!("chrome-jobs")}</span>
        </a>
        // On small screens the way there is on the page of the jobs.
        <a class="place is-wide-only" href=routes::QUEUE aria-current=move || current(in_queue())>
            <Glyph icon=Icon::Layers/>
            <span>{t!("chrome-queue")}</span>
        </a>
        <a class="place" href=routes::TERMINALS aria-current=move || current(in_terminals())>
            <Glyph icon=Icon::Terminal/>
            <span>{t!("chrome-terminals")}</span>
        </a>
        <a class="place" href=routes::HELP aria-current=move || current(in_help())>
            <Glyph icon=Icon::Help/>
            <span>{t!("chrome-help")}</span>
        </a>
    }
}

/// For administrators, and only where there is room: on small screens it is in the account menu.
#[component]
fn AdminPlace() -> impl IntoView {
    let me: Me = expect_context();
    let path = use_location().pathname;
    let current = move || path.with(|path| path.starts_with("/admin/")).then_some("page");
    (me.role == Role::Admin).then(|| {
        view! {
            <a class="place" href=routes::ADMIN_USERS aria-current=current>
                <Glyph icon=Icon::Shield/>
                <span>{t!("admin-title")}</span>
            </a>
        }
    })
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
    /// The page above it, where that is another one: its address and its name.
    #[prop(optional)]
    above: Option<(&'static str, String)>,
) -> impl IntoView {
    let above = above.or_else(|| below.then(|| (routes::HOME, t!("chrome-vclusters"))));
    view! {
        <header class="top">
            <a class="brand is-small-only" href=routes::HOME aria-label="Docklet"><Logo/></a>
            <nav class="crumbs" aria-label=t!("chrome-breadcrumb")>
                {above.map(|(address, name)| view! { <a href=address>{name}</a> <span aria-hidden="true">"/"</span> })}
                <b aria-current="page">{move || here.get()}</b>
            </nav>
            <PaletteOpener/>
            <ThemeToggle/>
        </header>
    }
}

/// What opens the command palette, and says by which keys it opens, too.
#[component]
fn PaletteOpener() -> impl IntoView {
    let shortcuts = use_shortcuts();
    view! {
        <button
            type="button"
            class="palette-opener needs-script"
            aria-label=t!("palette-open")
            aria-haspopup="dialog"
            aria-keyshortcuts="Control+K"
            on:click=move |_| shortcuts.palette.set(true)
        >
            <Glyph icon=Icon::Search/>
            <span>{t!("palette-open")}</span>
            // Drawn by the style sheet: what is written on a button has to be in its name.
            <kbd aria-hidden="true" data-keys="Ctrl K"></kbd>
        </button>
    }
}
