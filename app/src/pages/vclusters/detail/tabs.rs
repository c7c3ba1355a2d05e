//! The tabs of a vcluster's page.

use catalogue::t;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::tabs::{Tab, Tabs},
    contexts::pulse::use_pulse,
    routes,
};

#[component]
pub(super) fn VclusterTabs(vcluster: Memo<Vcluster>) -> impl IntoView {
    let pulse = use_pulse();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let plain = |address: String, text: String| Tab { address, text, count: None };
    let tabs = vec![
        plain(routes::vcluster(&id), t!("tabs-overview")),
        plain(routes::terminals(&id), t!("tabs-terminals")),
        Tab {
            address: routes::apps(&id),
            text: t!("tabs-apps"),
            count: Some(Signal::derive(move || pulse.open_apps())),
        },
        plain(routes::activity(&id), t!("tabs-activity")),
    ];
    view! { <Tabs label=t!("tabs-nav", name = name) tabs=tabs/> }
}
