//! The nodes as a table: state with reason and progress, address, host, since when, and what can be done.

use domain::node::NodeState;
use leptos::prelude::*;
use wire::vcluster::{Node, Vcluster};

use super::remove::RemoveNodeMenu;
use crate::{
    components::{
        icon::{Glyph, Icon},
        state_mark::Dot,
        time_ago::TimeAgo,
    },
    contexts::clock::use_clock,
    pages::terminals::panel::use_opener,
    routes,
    wording::vcluster::{node_doing, node_tone},
};

#[component]
pub(super) fn Nodes(vcluster: Memo<Vcluster>) -> impl IntoView {
    let nodes = Memo::new(move |_| vcluster.with(|vcluster| vcluster.nodes.clone()));
    view! {
        <section class="card nodes" aria-label="Nodes">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Address"</th>
                        <th scope="col">"Host"</th>
                        <th scope="col">"Running since"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || nodes.get()
                        key=|node| node.name.clone()
                        children=move |node| view! { <NodeRow vcluster=vcluster initial=node/> }
                    />
                </tbody>
            </table>
        </section>
    }
}

#[component]
fn NodeRow(vcluster: Memo<Vcluster>, initial: Node) -> impl IntoView {
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let name = initial.name.clone();
    let node = Memo::new(move |last: Option<&Node>| {
        let last = last.unwrap_or(&initial);
        vcluster.with(|vcluster| vcluster.nodes.iter().find(|node| node.name == last.name).unwrap_or(last).clone())
    });
    let clock = use_clock();
    let doing = Memo::new(move |_| vcluster.with(|vcluster| node.with(|node| node_doing(node, vcluster, clock.now()))));
    let tone = Signal::derive(move || node.with(|node| node_tone(node.state)));
    let last_one = Signal::derive(move || vcluster.with(|vcluster| vcluster.nodes.len() < 2));
    view! {
        <tr>
            <th scope="row"><Dot tone=tone/> <span class="mono">{name.clone()}</span></th>
            <td data-label="State">{move || doing.get()}</td>
            <td data-label="Address" class="mono">{move || node.with(|node| node.ip.clone())}</td>
            <td data-label="Host">{move || node.with(|node| node.worker.clone())}</td>
            <td data-label="Running since"><Since node=node/></td>
            <td>
                <div class="node-actions">
                    <OpenTerminal id=id.clone() node=node/>
                    <RemoveNodeMenu id=id name=name disabled=last_one/>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn Since(node: Memo<Node>) -> impl IntoView {
    let since = Memo::new(move |_| node.with(|node| node.running_since));
    move || match since.get() {
        Some(at) => view! { <TimeAgo at=at/> }.into_any(),
        None => "–".into_any(),
    }
}

/// A link that works without script; with it, the terminal opens below and the page stays where it is.
#[component]
fn OpenTerminal(id: String, node: Memo<Node>) -> impl IntoView {
    let name = node.with_untracked(|node| node.name.clone());
    let running = Memo::new(move |_| node.with(|node| node.state == NodeState::Running));
    let (address, spoken) = (routes::vcluster_at_node(&id, &name), format!("Terminal on {name}"));
    let opener = use_opener();
    view! {
        <a
            class="button is-ghost is-small"
            class:is-absent=move || !running.get()
            href=address
            aria-label=spoken
            on:click=move |event| {
                event.prevent_default();
                opener.show(&name);
            }
        >
            <Glyph icon=Icon::Terminal/>
            "Terminal"
        </a>
    }
}
