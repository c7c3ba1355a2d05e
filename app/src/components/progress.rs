//! A running operation, node by node, with times.

use leptos::prelude::*;
use wire::vcluster::Vcluster;

use super::{hexagons::Hexagons, state_mark::Dot};
use crate::{
    contexts::clock::use_clock,
    wording::vcluster::{node_progress, node_tone},
};

#[component]
pub(crate) fn Progress(#[prop(into)] vcluster: Signal<Vcluster>) -> impl IntoView {
    let clock = use_clock();
    let names = Memo::new(move |_| {
        vcluster.with(|vcluster| vcluster.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
    });
    let line = move |name: String| {
        let node = {
            let name = name.clone();
            Memo::new(move |_| vcluster.with(|vcluster| vcluster.nodes.iter().find(|node| node.name == name).cloned()))
        };
        let began = Memo::new(move |_| vcluster.with(|vcluster| vcluster.operation.started_at));
        let tone = Signal::derive(move || {
            node.with(|node| node.as_ref().map_or(crate::wording::vcluster::Tone::Quiet, |node| node_tone(node.state)))
        });
        let text = Memo::new(move |_| {
            node.with(|node| node.as_ref().map(|node| node_progress(node, began.get(), clock.now())))
        });
        view! {
            <li class="progress-node">
                <Dot tone=tone/>
                <span class="mono">{name}</span>
                <span class="progress-step">{move || text.get()}</span>
            </li>
        }
    };
    view! {
        <div class="progress">
            <Hexagons vcluster=vcluster/>
            <ul class="progress-nodes">
                <For each=move || names.get() key=String::clone children=line/>
            </ul>
        </div>
    }
}
