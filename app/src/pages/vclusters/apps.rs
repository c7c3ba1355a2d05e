//! The apps of a vcluster: JupyterLab and every other port that listens, opened, named, pinned, switched off, published.

mod actions;
mod entry;
pub(crate) mod jupyter;
mod menu;
mod publish;

use catalogue::t;
use leptos::prelude::*;
use wire::{app::App, vcluster::Vcluster};

use self::{actions::provide_app_actions, entry::Entry, publish::Publish};
use crate::{
    api::apps::read_apps,
    components::{apps_astray::AppsAstray, rich::Rich, skeleton::RowsSkeleton, tab_title::TabTitle},
    contexts::pulse::use_pulse,
    pages::vclusters::seeded::seeded,
};

#[component]
pub(crate) fn AppsTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let pulse = use_pulse();
    provide_app_actions(pulse);
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let title = t!("tabs-title", tab = t!("tabs-apps"), name = name);
    let body = move || {
        view! {
            <p class="tab-intro sub">{t!("tabs-apps-intro")}</p>
            <AppsAstray/>
            <List vcluster=vcluster/>
            <Publish vcluster=vcluster/>
        }
        .into_any()
    };
    view! {
        <TabTitle title=title/>
        {seeded(move || read_apps(id.clone()), move |apps: Vec<App>| pulse.seed_apps(apps), body)}
    }
    .into_any()
}

#[component]
fn List(vcluster: Memo<Vcluster>) -> impl IntoView {
    let pulse = use_pulse();
    let known = Memo::new(move |_| pulse.apps().is_some());
    let none = Memo::new(move |_| pulse.apps().is_some_and(|apps| apps.len() < 2));
    let name = vcluster.with_untracked(|vcluster| vcluster.name.clone());
    move || {
        if !known.get() {
            return view! { <RowsSkeleton/> }.into_any();
        }
        view! {
            <ul class="rows card" aria-label=t!("tabs-apps-list", name = name.as_str())>
                <For
                    each=move || pulse.apps().unwrap_or_default()
                    key=|app| app.id.clone()
                    children=move |app| view! { <Entry vcluster=vcluster initial=app/> }
                />
                <li class="row is-hint" hidden=move || !none.get()>
                    <div>
                        <b>{t!("tabs-apps-none")}</b>
                        <p class="sub">
                            <Rich text=t!("tabs-apps-none-text") mark=|_, text| view! { <code>{text}</code> }.into_any()/>
                        </p>
                    </div>
                </li>
            </ul>
        }
        .into_any()
    }
}
