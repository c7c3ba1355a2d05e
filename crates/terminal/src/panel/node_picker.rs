//! The button for a new terminal. With one node it opens one there; with several it asks on which.

use catalogue::t;
use leptos::prelude::*;

use super::NodeTab;
use super::icon::Icon;
use super::popup::Popup;
use super::state::Panel;
use crate::runtime;

#[component]
pub(crate) fn NodePicker(panel: Panel) -> impl IntoView {
    let open = RwSignal::new(false);
    let unusable =
        move || panel.opening.get().is_some() || panel.nodes.with(|nodes| !nodes.iter().any(|node| node.running));
    let press = move |()| {
        let only = panel.nodes.with_untracked(|nodes| (nodes.len() == 1).then(|| nodes[0].name.clone()));
        match only {
            Some(node) => runtime::open(panel, node),
            None => open.update(|open| *open = !*open),
        }
    };
    view! {
        <Popup name=t!("terminal-new") icon=Icon::Plus open disabled=Signal::derive(unusable) press=Callback::new(press)>
            <For each=move || panel.nodes.get() key=|node| (node.name.clone(), node.running) let:node>
                <Choice panel open node/>
            </For>
        </Popup>
    }
}

#[component]
fn Choice(panel: Panel, open: RwSignal<bool>, node: NodeTab) -> impl IntoView {
    let NodeTab { name, running } = node;
    let label = if running { name.clone() } else { t!("terminal-node-stopped", node = name.as_str()) };
    let choose = move |_| {
        open.set(false);
        runtime::open(panel, name.clone());
    };
    view! {
        <li role="none">
            <button type="button" role="menuitem" class="terminal__choice" tabindex="-1" disabled=!running on:click=choose>
                {label}
            </button>
        </li>
    }
}
