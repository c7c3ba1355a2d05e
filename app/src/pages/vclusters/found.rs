//! The vcluster a URL names: from what the page knows already, else from the server; or the reason why there is none.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use wire::vcluster::Vcluster;

use crate::{
    api::vclusters::read_vcluster, components::skeleton::DetailSkeleton, contexts::live::use_live,
    pages::problem::ProblemSection, routes,
};

/// Shows `page` with the vcluster of the route's `id`, which it also provides as context; anew when the id changes.
#[component]
pub(crate) fn Found(page: fn(Memo<Vcluster>) -> AnyView) -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let live = use_live();
    move || {
        let id = id.get();
        match live.find_now(&id) {
            Some(known) => view! { <Page initial=known page=page/> }.into_any(),
            None => view! { <Fetched id=id page=page/> }.into_any(),
        }
    }
}

/// It is not among the user's own, or not yet.
#[component]
fn Fetched(id: String, page: fn(Memo<Vcluster>) -> AnyView) -> impl IntoView {
    let found = Resource::new_blocking(move || id.clone(), read_vcluster);
    view! {
        <Suspense fallback=DetailSkeleton>
            {move || Suspend::new(async move {
                match found.await {
                    Ok(found) => view! { <Page initial=found page=page/> }.into_any(),
                    Err(refused) => view! { <ProblemSection problem=refused.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(initial: Vcluster, page: fn(Memo<Vcluster>) -> AnyView) -> impl IntoView {
    let (live, navigate) = (use_live(), use_navigate());
    let id = initial.id.clone();
    let vcluster = live.follow(initial);
    provide_context(vcluster);
    Effect::new(move |_| {
        if live.is_gone(&id) {
            navigate(routes::HOME, NavigateOptions { replace: true, ..Default::default() });
        }
    });
    page(vcluster)
}
