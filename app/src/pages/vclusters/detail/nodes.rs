//! The nodes as a table: state with reason and progress, where they are, what they use, and what can be done.

use catalogue::t;
use domain::node::NodeState;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::{Node, Vcluster};

use super::use_page_actions;
use crate::{
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
        sparkline::Sparkline,
        state_mark::Dot,
        time_ago::TimeAgo,
    },
    contexts::{clock::use_clock, vcluster_live::use_vcluster_live},
    pages::terminals::use_opener,
    routes,
    usage::{Measure, Window},
    wording::{
        usage::{memory_short, share},
        vcluster::{node_doing, node_tone, out_of_memory},
    },
};

const SPARK: Window = Window::minutes(5, 60);

#[component]
pub(super) fn Nodes(vcluster: Memo<Vcluster>) -> impl IntoView {
    let nodes = Memo::new(move |_| vcluster.with(|vcluster| vcluster.nodes.clone()));
    view! {
        <section class="card nodes" aria-label=t!("vcluster-nodes")>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{t!("vcluster-node")}</th>
                        <th scope="col">{t!("vcluster-state")}</th>
                        <th scope="col">{t!("vcluster-address")}</th>
                        <th scope="col">{t!("vcluster-host")}</th>
                        <th scope="col">{t!("charts-column-cpu")}</th>
                        <th scope="col">{t!("charts-column-memory")}</th>
                        <th scope="col"><span class="visually-hidden">{t!("vcluster-actions")}</span></th>
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
            <td data-label=t!("vcluster-state")>{move || doing.get()} <Since node=node/> <Notes node=node/></td>
            <td data-label=t!("vcluster-address") class="mono">{move || node.with(|node| node.ip.clone())}</td>
            <td data-label=t!("vcluster-host")>{move || node.with(|node| node.worker.clone())}</td>
            <NodeUse vcluster=vcluster node=node/>
            <td>
                <div class="node-actions">
                    <OpenTerminal id=id.clone() node=node/>
                    <RemoveNodeMenu id=id name=name disabled=last_one/>
                </div>
            </td>
        </tr>
    }
}

/// CPU with where it has been, and memory. A dash while the node does not run.
#[component]
fn NodeUse(vcluster: Memo<Vcluster>, node: Memo<Node>) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let name = StoredValue::new(node.with_untracked(|node| node.name.clone()));
    let running = Memo::new(move |_| node.with(|node| node.state == NodeState::Running));
    let each = Memo::new(move |_| vcluster.with(|vcluster| vcluster.resources));
    let now = Memo::new(move |_| running.get().then(|| name.with_value(|name| vcluster_live.now(name))).flatten());
    let values = Signal::derive(move || name.with_value(|name| vcluster_live.of_node(name, Measure::Cpu, SPARK)));
    let dash = || "–".to_owned();
    let cpu = move || now.get().map_or_else(dash, |now| share(Measure::Cpu.of(&now), each.get().cpus));
    let memory = move || {
        let all = u64::try_from(each.get().memory_mib).unwrap_or(0);
        now.get().map_or_else(dash, |now| memory_short(Measure::Memory.of(&now), all))
    };
    view! {
        <td data-label=t!("charts-column-cpu")>
            <div class="node-cpu">
                <Sparkline values=values limit=Signal::derive(move || each.get().cpus)/>
                <span>{cpu}</span>
            </div>
        </td>
        <td data-label=t!("charts-column-memory")>{memory}</td>
    }
}

#[component]
fn Since(node: Memo<Node>) -> impl IntoView {
    let since = Memo::new(move |_| node.with(|node| node.running_since));
    move || {
        since.get().map(
            |at| view! { <small><span class="visually-hidden">{t!("vcluster-since")}</span> <TimeAgo at=at/></small> },
        )
    }
}

/// What is to be known of it besides its state.
#[component]
fn Notes(node: Memo<Node>) -> impl IntoView {
    let told = Memo::new(move |_| node.with(|node| node.out_of_memory.clone()));
    let made_before = Memo::new(move |_| node.with(|node| node.made_before));
    view! {
        {move || {
            told.get().map(|told| {
                let text = out_of_memory(&told);
                view! { <small>{text} " " <TimeAgo at=told.at/></small> }
            })
        }}
        {move || made_before.get().then(|| view! { <small>{t!("vcluster-made-before")}</small> })}
    }
}

/// A link that works without script; with it, the terminal opens below and the page stays where it is.
#[component]
fn OpenTerminal(id: String, node: Memo<Node>) -> impl IntoView {
    let name = node.with_untracked(|node| node.name.clone());
    let running = Memo::new(move |_| node.with(|node| node.state == NodeState::Running));
    let (address, spoken) = (routes::vcluster_at_node(&id, &name), t!("vcluster-terminal-on", node = name.as_str()));
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
            {t!("vcluster-terminal")}
        </a>
    }
}

/// Says what is lost before it happens.
#[component]
fn RemoveNodeMenu(id: String, name: String, disabled: Signal<bool>) -> impl IntoView {
    let actions = use_page_actions();
    let removing = {
        let (id, name) = (id.clone(), name.clone());
        Memo::new(move |_| actions.is_removing(&id, &name))
    };
    let lost = {
        let name = name.clone();
        move || match disabled.get() {
            true => t!("vcluster-remove-last"),
            false => t!("vcluster-remove-lost", node = name.as_str()),
        }
    };
    view! {
        <Menu
            id=format!("remove-{name}")
            label=t!("vcluster-remove", node = name.as_str())
            class="button is-ghost is-small is-square"
            button=|| view! { <Glyph icon=Icon::Delete/> }
        >
            <p class="menu-text">{lost}</p>
            <ActionForm action=actions.remove_node>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="node" value=name.clone()/>
                <button type="submit" class="button is-danger is-wide" disabled=move || disabled.get() || removing.get()>
                    <Glyph icon=Icon::Delete/>
                    {t!("vcluster-remove-now", node = name.as_str())}
                </button>
            </ActionForm>
        </Menu>
    }
}
