//! What is true of a vcluster for as long as it lives, in one line, and its latest action.

use catalogue::t;
use domain::operation::{OperationKind, OperationState};
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::actions::use_page_actions;
use crate::{
    components::time_ago::TimeAgo,
    wording::{
        time::took,
        vcluster::{last_action, size},
    },
};

#[component]
pub(super) fn Facts(#[prop(into)] vcluster: Signal<Vcluster>) -> impl IntoView {
    let part = move |of: fn(&Vcluster) -> String| move || vcluster.with(of);
    view! {
        <dl class="facts">
            <div><dt>{t!("vcluster-size")}</dt><dd>{part(size)}</dd></div>
            <div><dt>{t!("vcluster-image")}</dt><dd class="mono">{part(|vcluster| vcluster.image.clone())}</dd></div>
            <div><dt>{t!("vcluster-network")}</dt><dd class="mono">{part(|vcluster| vcluster.subnet.clone())}</dd></div>
            <div>
                <dt>{t!("vcluster-created")}</dt>
                <dd><TimeAgo at=Signal::derive(move || vcluster.with(|vcluster| vcluster.created_at))/></dd>
            </div>
            <Autostart vcluster=vcluster/>
            <LatestAction vcluster=vcluster/>
        </dl>
    }
}

/// Whether it runs again by itself after a restart of its host, and the button that changes it.
#[component]
fn Autostart(vcluster: Signal<Vcluster>) -> impl IntoView {
    let actions = use_page_actions();
    let autostart = Memo::new(move |_| vcluster.with(|vcluster| vcluster.autostart));
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let said = move || if autostart.get() { t!("vcluster-autostart-on") } else { t!("vcluster-autostart-off") };
    let change = move || if autostart.get() { t!("vcluster-autostart-stop") } else { t!("vcluster-autostart-start") };
    view! {
        <div>
            <dt>{t!("vcluster-autostart")}</dt>
            <dd class="fact-choice">
                <span>{said}</span>
                <ActionForm action=actions.set_autostart>
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="autostart" value=move || (!autostart.get()).to_string()/>
                    <button type="submit" class="button is-ghost is-small" disabled=actions.set_autostart.pending()>
                        {change}
                    </button>
                </ActionForm>
            </dd>
        </div>
    }
}

/// A user who saw it begin may want to know when it ended and how long it took.
#[component]
fn LatestAction(vcluster: Signal<Vcluster>) -> impl IntoView {
    let finished = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let operation = &vcluster.operation;
            let at = operation.finished_at.filter(|_| operation.state != OperationState::Running)?;
            let first = operation.kind == OperationKind::Create && operation.state == OperationState::Succeeded;
            Some((
                if first { t!("vcluster-ready") } else { last_action(vcluster) },
                at,
                took(at - operation.started_at),
                first,
            ))
        })
    });
    move || {
        finished.get().map(|(what, at, took, first)| {
            // When it was created is said already.
            let when = (!first).then(|| view! { <TimeAgo at=at/> ", " });
            view! { <div><dt>{what}</dt><dd>{when} {if first { t!("vcluster-after", length = took) } else { t!("vcluster-took", length = took) }}</dd></div> }
        })
    }
}
