//! The signature: a vcluster as hexagons, one per node, coloured by state, filling as nodes become ready.

use domain::node::NodeState;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::wording::{
    amount::nodes_running,
    vcluster::{node_tone, ready},
};

/// How far a node is, as a class: empty, half, full.
const fn filled(state: NodeState) -> &'static str {
    match state {
        NodeState::Pending => "is-empty",
        NodeState::Starting | NodeState::Stopping => "is-half",
        NodeState::Running | NodeState::Stopped | NodeState::Failed | NodeState::Lost => "is-full",
    }
}

fn class(state: NodeState) -> String {
    format!("hexagon {} {}", node_tone(state).class(), filled(state))
}

/// The nodes of a vcluster.
#[component]
pub(crate) fn Hexagons(#[prop(into)] vcluster: Signal<Vcluster>) -> impl IntoView {
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| vcluster.nodes.iter().map(|node| (node.name.clone(), node.state)).collect::<Vec<_>>())
    });
    let label = move || vcluster.with(|vcluster| nodes_running(ready(vcluster)));
    let state_of = move |name: &str| nodes.with(|nodes| nodes.iter().find(|node| node.0 == name).map(|node| node.1));
    view! {
        <span class="hexagons" role="img" aria-label=label>
            // Keyed by name: a hexagon that changes its state stays the same element, so that it can fill.
            <For
                each=move || nodes.get().into_iter().map(|node| node.0)
                key=String::clone
                children=move |name| {
                    let state = move || state_of(&name).unwrap_or(NodeState::Stopped);
                    view! { <i class=move || class(state())></i> }
                }
            />
        </span>
    }
}

/// What a number of nodes will look like.
#[component]
pub(crate) fn Preview(#[prop(into)] nodes: Signal<u8>) -> impl IntoView {
    view! {
        <span class="hexagons" aria-hidden="true">
            <For
                each=move || 0..nodes.get()
                key=|number| *number
                children=|_| view! { <i class="hexagon tone-busy is-full"></i> }
            />
        </span>
    }
}
