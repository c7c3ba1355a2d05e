//! What stands in the screen's place while there is no terminal: nothing yet, an invitation, or what went wrong.

use catalogue::t;
use leptos::prelude::*;

use super::state::{Looking, Panel};
use crate::runtime;

#[component]
pub(crate) fn Placeholder(panel: Panel) -> impl IntoView {
    let empty = move || panel.tabs.with(Vec::is_empty);
    let content = move || {
        let opening = panel.opening.get();
        match (empty(), panel.looking.get(), opening) {
            (false, ..) => ().into_any(),
            (true, _, Some(node)) => {
                view! { <p class="terminal__message">{t!("terminal-opening", node = node)}</p> }.into_any()
            }
            (true, Looking::Begun, None) => view! { <p class="terminal__message" aria-busy="true"></p> }.into_any(),
            (true, Looking::Failed(reason), None) => view! { <Failed panel reason/> }.into_any(),
            (true, Looking::Done, None) => view! { <Invitation panel/> }.into_any(),
        }
    };
    view! { <div class="terminal__empty" hidden=move || !empty()>{content}</div> }
}

#[component]
fn Failed(panel: Panel, reason: String) -> impl IntoView {
    let again = move |_| {
        panel.looking.set(Looking::Begun);
        runtime::look(panel, panel.nodes.get_untracked());
    };
    view! {
        <p class="terminal__message">{reason}</p>
        <button type="button" class="terminal__button" on:click=again>{t!("common-try-again")}</button>
    }
}

/// One button for the first node that runs; the others are behind the plus.
#[component]
fn Invitation(panel: Panel) -> impl IntoView {
    let first = move || panel.nodes.with(|nodes| nodes.iter().find(|node| node.running).map(|node| node.name.clone()));
    move || match first() {
        None => view! { <p class="terminal__message">{t!("terminal-no-node")}</p> }.into_any(),
        Some(node) => {
            let label = t!("terminal-open-on", node = node.as_str());
            let open = move |_| runtime::open(panel, node.clone());
            view! {
                <p class="terminal__message">{t!("terminal-none")}</p>
                <button type="button" class="terminal__button" on:click=open>{label}</button>
            }
            .into_any()
        }
    }
}
