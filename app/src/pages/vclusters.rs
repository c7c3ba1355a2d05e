//! vclusters: the list, a new one, one of them with its tabs, and its end. Here is what their pages share: the vcluster a
//! URL names, and how a page begins that the server renders with figures.

pub(crate) mod activity;
pub(crate) mod apps;
pub(crate) mod delete;
pub(crate) mod detail;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod order;

use std::future::Future;

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use serde::{Serialize, de::DeserializeOwned};
use wire::vcluster::Vcluster;

use crate::{
    api::{Refused, vclusters::read_vcluster},
    components::skeleton::DetailSkeleton,
    contexts::live::use_live,
    hydration::is_first_render,
    pages::problem::ProblemSection,
    routes,
};

/// Shows `page` with the vcluster of the route's `id`, which it also provides as context; anew when the id changes. What the
/// page knows already is shown at once, else the server is asked, or says why there is none.
#[component]
pub(super) fn Found(page: fn(Memo<Vcluster>) -> AnyView) -> impl IntoView {
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

/// On the server, and where its page is being taken over: `body` with what was read. Else `body` at once: in the browser the
/// live stream brings the figures a moment later, and going from tab to tab waits for nothing.
fn seeded<T, F>(
    read: impl Fn() -> F + Send + Sync + 'static,
    seed: impl Fn(T) + Copy + Send + Sync + 'static,
    body: impl Fn() -> AnyView + Copy + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, Refused>> + Send + 'static,
{
    if !is_first_render() {
        return body();
    }
    let found = Resource::new_blocking(|| (), move |()| read());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                // Without figures the page is still the page.
                if let Ok(found) = found.await {
                    seed(found);
                }
                body()
            })}
        </Suspense>
    }
    .into_any()
}
