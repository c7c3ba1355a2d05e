//! What a vcluster is: what its owner says it is for, and in one line what was ordered, what was chosen since, and its latest
//! action.

use catalogue::t;
use domain::operation::{OperationKind, OperationState};
use leptos::{
    form::ActionForm,
    html::{Details, Textarea},
    prelude::*,
};
use wire::vcluster::Vcluster;

use super::use_page_actions;
use crate::{
    components::{
        field::{Fault, area},
        time_ago::TimeAgo,
    },
    forms::{fault_of, refusal},
    wording::{
        time::took,
        vcluster::{last_action, size},
    },
};

/// The owner's text, and the form that changes it, closed until it is wanted.
#[component]
pub(super) fn Description(#[prop(into)] vcluster: Signal<Vcluster>) -> impl IntoView {
    let actions = use_page_actions();
    let description = Memo::new(move |_| vcluster.with(|vcluster| vcluster.description.clone()));
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let problem = refusal(actions.change);
    let fault = fault_of(problem, "description");
    let (form, text) = (NodeRef::<Details>::new(), NodeRef::<Textarea>::new());
    // Another choice is answered by the same action, and closes nothing that is being written.
    Effect::new(move |_| {
        if let (Some(Ok(answer)), Some(form), Some(text)) =
            (actions.change.value().get(), form.get_untracked(), text.get_untracked())
            && text.value().trim() == answer.description
        {
            form.set_open(false);
        }
    });
    let wish =
        move || if description.with(String::is_empty) { t!("vcluster-describe") } else { t!("vcluster-describe-anew") };
    view! {
        <div class="described">
            <p class="description" hidden=move || description.with(String::is_empty)>{description}</p>
            <details node_ref=form open=fault.get_untracked().is_some()>
                <summary class="button is-ghost is-small">{wish}</summary>
                <ActionForm action=actions.change attr:class="described-form">
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="describe" value="true"/>
                    <label for="description">{t!("vcluster-description")}</label>
                    <textarea
                        node_ref=text
                        id="description"
                        name="description"
                        class="input"
                        rows="3"
                        maxlength=domain::vcluster::Description::LONGEST.to_string()
                        prop:value=description
                        aria-invalid=move || fault.get().is_some().then_some("true")
                        aria-describedby="description-fault"
                        inner_html=area(&description.get_untracked())
                    ></textarea>
                    <Fault name="description" fault=fault/>
                    <button type="submit" class="button is-small" disabled=actions.change.pending()>{t!("vcluster-describe-save")}</button>
                </ActionForm>
            </details>
        </div>
    }
}

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
                <ActionForm action=actions.change>
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="autostart" value=move || (!autostart.get()).to_string()/>
                    <button type="submit" class="button is-ghost is-small" disabled=actions.change.pending()>
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
