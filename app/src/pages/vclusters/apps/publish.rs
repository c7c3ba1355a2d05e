//! Giving a port its address before anything listens there.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::{problem::Problem, vcluster::Vcluster};

use super::actions::use_app_actions;
use crate::{
    components::{
        field::Fault,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
    },
    wording::problem::{Said, about, ours},
};

/// Faults of these stand beside their fields.
const FIELDS: &[&str] = &["port", "name"];

#[component]
pub(super) fn Publish(vcluster: Memo<Vcluster>) -> impl IntoView {
    let actions = use_app_actions();
    let problem = Signal::derive(move || actions.publish.value().get().and_then(Result::err).map(Problem::from));
    // That it is no number is said in the page's language, what else is wrong with it in the server's: it stays unmarked.
    let port_fault = Signal::derive(move || problem.with(|problem| problem.as_ref()?.about("port").map(ours)));
    let name_fault = Signal::derive(move || problem.with(|problem| about(problem.as_ref(), "name")));
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let pending = actions.publish.pending();
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| vcluster.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <details class="card publish" open=problem.get_untracked().is_some()>
            <summary><Glyph icon=Icon::Publish/> {t!("tabs-apps-publish")} <Glyph icon=Icon::Chevron/></summary>
            <ActionForm action=actions.publish attr:class="publish-form">
                <p class="sub">{t!("tabs-apps-publish-text")}</p>
                <ProblemNote problem=problem besides=FIELDS/>
                <input type="hidden" name="id" value=id/>
                <div class="publish-fields">
                    <div class="field">
                        <label for="publish-node">{t!("tabs-apps-publish-node")}</label>
                        <select id="publish-node" name="node" class="input">
                            <For each=move || nodes.get() key=String::clone children=|name| {
                                view! { <option value=name.clone()>{name.clone()}</option> }
                            }/>
                        </select>
                    </div>
                    <Field id="publish-port" name="port" label=t!("tabs-apps-publish-port") fault=port_fault required=true/>
                    <Field id="publish-name" name="name" label=t!("tabs-apps-publish-name") fault=name_fault required=false/>
                    <button type="submit" class="button is-primary" disabled=pending>
                        {move || if pending.get() { t!("tabs-apps-publishing") } else { t!("tabs-apps-publish-submit") }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

#[component]
fn Field(
    id: &'static str,
    name: &'static str,
    label: String,
    fault: Signal<Option<Said>>,
    required: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                class="input"
                inputmode=if required { "numeric" } else { "text" }
                maxlength="40"
                autocomplete="off"
                required=required
                aria-invalid=move || fault.get().is_some().then_some("true")
                aria-describedby=format!("{id}-fault")
            />
            <Fault name=id fault=fault/>
        </div>
    }
}
