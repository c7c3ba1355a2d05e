//! What can be done to a vcluster, as a button or link. Forms work before and without our script; with it the button says
//! at once that its action has begun.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::icon::{Glyph, Icon};
use crate::{
    api::vclusters::Verb, available_actions::AvailableAction, contexts::actions::use_actions, routes,
    wording::vcluster::ready,
};

pub(crate) const fn icon(action: AvailableAction) -> Icon {
    match action {
        AvailableAction::Terminal => Icon::Terminal,
        AvailableAction::Jupyter => Icon::Jupyter,
        AvailableAction::Watch => Icon::Watch,
        AvailableAction::Start => Icon::Play,
        AvailableAction::Repair => Icon::Repair,
        AvailableAction::Stop => Icon::Stop,
        AvailableAction::Restart => Icon::Restart,
        AvailableAction::Delete => Icon::Delete,
    }
}

/// Where an action that is a link leads.
fn address(action: AvailableAction, vcluster: &Vcluster) -> String {
    match action {
        AvailableAction::Terminal => {
            let running = vcluster.nodes.iter().find(|node| node.state == domain::node::NodeState::Running);
            running.map_or_else(
                || routes::terminals(&vcluster.id),
                |node| routes::vcluster_at_node(&vcluster.id, &node.name),
            )
        }
        AvailableAction::Jupyter => routes::jupyter(&vcluster.id),
        AvailableAction::Delete => routes::delete_vcluster(&vcluster.id),
        AvailableAction::Watch
        | AvailableAction::Start
        | AvailableAction::Repair
        | AvailableAction::Stop
        | AvailableAction::Restart => routes::vcluster(&vcluster.id),
    }
}

/// JupyterLab is another site with an address of its own, which learns nothing of where one comes from.
fn target(action: AvailableAction) -> Option<&'static str> {
    (action == AvailableAction::Jupyter).then_some("_blank")
}

fn rel(action: AvailableAction) -> Option<&'static str> {
    (action == AvailableAction::Jupyter).then_some("noopener external")
}

/// The name people hear: `Stop lab`.
pub(crate) fn spoken(action: AvailableAction, vcluster: &Vcluster) -> String {
    match action {
        AvailableAction::Terminal => t!("action-terminal-of", name = vcluster.name.as_str()),
        AvailableAction::Jupyter => t!("action-jupyter-of", name = vcluster.name.as_str()),
        AvailableAction::Delete => t!("action-delete-of", name = vcluster.name.as_str()),
        other => t!("action-of", action = other.label(), name = vcluster.name.as_str()),
    }
}

/// One action, beside others.
#[component]
pub(crate) fn ActionButton(
    action: AvailableAction,
    vcluster: Vcluster,
    #[prop(optional)] small: bool,
) -> impl IntoView {
    let class = if small { "button is-small" } else { "button" };
    let spoken = spoken(action, &vcluster);
    match action.verb() {
        Some(verb) => view! {
            <VerbForm id=vcluster.id verb=verb class=class spoken=spoken>
                <Glyph icon=icon(action)/>
                {action.label()}
            </VerbForm>
        }
        .into_any(),
        None => view! {
            <a class=class href=address(action, &vcluster) target=target(action) rel=rel(action) aria-label=spoken>
                <Glyph icon=icon(action)/>
                {action.label()}
            </a>
        }
        .into_any(),
    }
}

/// One action in a menu, with what it means.
#[component]
pub(crate) fn ActionItem(action: AvailableAction, vcluster: Vcluster) -> impl IntoView {
    let class = if action == AvailableAction::Delete { "menu-item tone-bad" } else { "menu-item" };
    let spoken = spoken(action, &vcluster);
    let text = view! {
        <Glyph icon=icon(action)/>
        <span>
            {action.label()}
            <small>{action.meaning()}</small>
        </span>
    };
    match action.verb() {
        Some(verb) => {
            view! { <VerbForm id=vcluster.id verb=verb class=class spoken=spoken>{text}</VerbForm> }.into_any()
        }
        None => view! { <a class=class href=address(action, &vcluster) target=target(action) rel=rel(action) aria-label=spoken>{text}</a> }.into_any(),
    }
}

/// The way to the terminals' own page, in a menu; there is one as long as a node runs.
#[component]
pub(crate) fn AllTerminalsItem(vcluster: Memo<Vcluster>) -> impl IntoView {
    let shell = Memo::new(move |_| vcluster.with(|vcluster| ready(vcluster).0 > 0));
    let (address, spoken) = vcluster.with_untracked(|vcluster| {
        (routes::terminals(&vcluster.id), t!("action-all-terminals-of", name = vcluster.name.as_str()))
    });
    view! {
        <a class="menu-item" hidden=move || !shell.get() href=address aria-label=spoken>
            <Glyph icon=Icon::Terminal/>
            <span>{t!("action-all-terminals")}<small>{t!("action-all-terminals-meaning")}</small></span>
        </a>
    }
}

#[component]
fn VerbForm(id: String, verb: Verb, class: &'static str, spoken: String, children: Children) -> impl IntoView {
    let actions = use_actions();
    let acting = {
        let id = id.clone();
        Memo::new(move |_| actions.is_acting(&id, verb))
    };
    view! {
        <ActionForm action=actions.act>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="verb" value=verb.as_str()/>
            <button
                type="submit"
                class=class
                aria-label=spoken
                aria-busy=move || acting.get().then_some("true")
                disabled=acting
            >
                {children()}
            </button>
        </ActionForm>
    }
}
