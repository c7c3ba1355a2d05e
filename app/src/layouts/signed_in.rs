//! The gate: asks once who is signed in and what they have, provides it to everything inside, or leads to the sign-in page.

use catalogue::t;
use leptos::prelude::*;
use leptos_router::{
    components::{Outlet, Redirect},
    hooks::{use_location, use_query_map},
};

use crate::{
    api::{
        Refused,
        overview::{Overview, read_overview},
    },
    components::{
        palette::CommandPalette, shortcut_sheet::ShortcutSheet, skeleton::ListSkeleton, toast_list::ToastList,
    },
    contexts::{
        actions::provide_actions,
        clock::provide_clock,
        live::{provide_live, use_live},
        shortcuts::provide_shortcuts,
        toasts::provide_toasts,
    },
    pages::problem::ProblemPage,
    routes,
};

/// Who is signed in: the name does not change while the page lives.
#[derive(Debug, Clone)]
pub(crate) struct Me {
    pub(crate) name: String,
    pub(crate) role: domain::user::Role,
}

#[component]
pub(crate) fn SignedInOnly() -> impl IntoView {
    let overview = Resource::new_blocking(|| (), |()| read_overview());
    // No `Suspense`: that would put its fallback in place of everything inside for as long as a page waits for its code.
    view! {
        <Transition fallback=ListSkeleton>
            {move || Suspend::new(async move {
                match overview.await {
                    Ok(overview) => view! { <Inside overview=overview/> }.into_any(),
                    Err(refused) => view! { <Outside refused=refused retry=Callback::new(move |()| overview.refetch())/> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Inside(overview: Overview) -> impl IntoView {
    provide_context(Me { name: overview.session.name.clone(), role: overview.session.role });
    provide_toasts();
    provide_clock(overview.now);
    provide_live(&overview);
    provide_actions();
    provide_shortcuts();
    view! {
        <ConnectionLine/>
        <Outlet/>
        <ToastList/>
        <CommandPalette/>
        <ShortcutSheet/>
    }
}

#[component]
fn Outside(refused: Refused, retry: Callback<()>) -> impl IntoView {
    let code = use_query_map().with_untracked(|query| query.get("code"));
    let here = routes::back_to(&use_location().pathname.get_untracked(), code.as_deref());
    if refused.needs_sign_in() {
        view! { <Redirect path=routes::sign_in_then(&here)/> }.into_any()
    } else {
        view! { <ProblemPage problem=refused.into() retry=retry/> }.into_any()
    }
}

/// A thin line while the live feed is interrupted: what is shown may be old.
#[component]
fn ConnectionLine() -> impl IntoView {
    let live = use_live();
    view! {
        <div class="connection-line" role="status" class:is-away=move || live.away()>
            {move || live.away().then(|| view! { <span>{t!("chrome-connection-lost")}</span> })}
        </div>
    }
}
