//! Ordering a vcluster: a dialog in which everything is chosen and Enter is enough. It becomes the progress, node by node,
//! and ends in the terminal.

mod choices;
mod form;

use catalogue::t;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wire::vcluster::Vcluster;

use self::form::NewForm;
use crate::{
    api::vclusters::Create,
    components::{dialog::RouteDialog, progress::Progress},
    contexts::{
        actions::{answer_anew, take_in},
        live::use_live,
    },
    routes,
    wording::vcluster::{doing, operating, ready},
};

/// What opens once it runs, as the form writes it.
const TERMINAL: &str = "terminal";
const JUPYTER: &str = "jupyter";

#[component]
pub(crate) fn NewDialog() -> impl IntoView {
    let (create, live) = (ServerAction::<Create>::new(), use_live());
    answer_anew(create);
    take_in(create, None, move |vcluster| live.answered(vcluster));
    let then = RwSignal::new(TERMINAL.to_owned());
    let made = Memo::new(move |_| create.value().get().and_then(Result::ok));
    let title = Signal::derive(move || made.with(|made| made.as_ref().map_or_else(|| t!("new-title"), operating)));
    let hint = Signal::derive(move || if made.with(Option::is_some) { String::new() } else { t!("new-hint") });
    view! {
        <RouteDialog id="new-dialog" title=title hint=hint back=routes::HOME.to_owned()>
            {move || match made.get() {
                None => view! { <NewForm create=create then=then/> }.into_any(),
                Some(vcluster) => view! { <Making initial=vcluster then=then/> }.into_any(),
            }}
        </RouteDialog>
    }
    .into_any()
}

/// The order was accepted: what is being done, until there is a node to type on.
#[component]
fn Making(initial: Vcluster, then: RwSignal<String>) -> impl IntoView {
    let (live, navigate) = (use_live(), use_navigate());
    let id = initial.id.clone();
    let vcluster = live.follow(initial);
    Effect::new(move |_| live.use_chance_up());
    let settled = Memo::new(move |_| vcluster.with(|vcluster| !vcluster.state.is_busy()));
    Effect::new(move |_| {
        if settled.get() {
            let vcluster = vcluster.get_untracked();
            let opens_jupyter = then.get_untracked() == JUPYTER;
            let address = match ready(&vcluster) {
                (0, _) => routes::vcluster(&vcluster.id),
                // Another site: the browser loads it, and its way back leads to the list.
                _ if opens_jupyter && location().replace(&routes::jupyter(&vcluster.id)).is_ok() => return,
                _ => routes::vcluster_at_node(&vcluster.id, "node-0"),
            };
            // The way back leads to the list, not into a form that is done.
            navigate(&address, NavigateOptions { replace: true, ..Default::default() });
        }
    });
    let clock = crate::contexts::clock::use_clock();
    view! {
        <div class="dialog-content" aria-live="polite">
            <Progress vcluster=vcluster/>
            <p class="visually-hidden">{move || vcluster.with(|vcluster| doing(vcluster, clock.now()))}</p>
        </div>
        <footer class="dialog-foot">
            <p class="sub">{t!("new-goes-on")}</p>
            <a class="button" href=routes::vcluster(&id)>{t!("new-open-page")}</a>
        </footer>
    }
}
