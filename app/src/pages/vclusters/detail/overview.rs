//! The first tab: what is true of the vcluster, what it uses, its nodes.

use leptos::prelude::*;
use wire::{usage::NodeUsage, vcluster::Vcluster};

use super::{charts::Charts, facts::Facts, nodes::Nodes};
use crate::{
    api::usage::read_usage,
    contexts::pulse::use_pulse,
    pages::vclusters::{delete::DeleteDialog, seeded::seeded},
};

#[component]
pub(crate) fn OverviewTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let pulse = use_pulse();
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    seeded(
        move || read_usage(id.clone()),
        move |nodes: Vec<NodeUsage>| pulse.seed_usage(&nodes),
        move || {
            view! {
                <Facts vcluster=vcluster/>
                <Charts vcluster=vcluster/>
                <Nodes vcluster=vcluster/>
            }
            .into_any()
        },
    )
}

/// The same, with the dialog that deletes the vcluster in front.
#[component]
pub(crate) fn DeleteTab() -> impl IntoView {
    view! {
        <OverviewTab/>
        <DeleteDialog/>
    }
    .into_any()
}
