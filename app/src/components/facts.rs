//! What is true of a vcluster for as long as it lives, in one line, and its latest action.

use catalogue::t;
use domain::operation::{OperationKind, OperationState};
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use super::time_ago::TimeAgo;
use crate::wording::{
    time::took,
    vcluster::{last_action, size},
};

#[component]
pub(crate) fn Facts(#[prop(into)] vcluster: Signal<Vcluster>) -> impl IntoView {
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
            <LatestAction vcluster=vcluster/>
        </dl>
    }
}

/// Who saw it begin may want to know when it ended and how long it took.
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
