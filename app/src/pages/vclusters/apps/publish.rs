//! Giving a port its address before anything listens there.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::actions::use_app_actions;
use crate::{
    components::{
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
    },
    forms::{fault_of, refusal},
    wording::problem::ours,
};

/// Faults of these stand beside their fields.
const FIELDS: &[&str] = &["port", "name"];

#[component]
pub(super) fn Publish(vcluster: Memo<Vcluster>) -> impl IntoView {
    let actions = use_app_actions();
    let problem = refusal(actions.publish);
    // That it is no number is said in the page's language, what else is wrong with it in the server's: it stays unmarked.
    let port_fault = Signal::derive(move || problem.with(|problem| problem.as_ref()?.about("port").map(ours)));
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
                    <TextField
                        id="publish-port" name="port" label=t!("tabs-apps-publish-port") value="" inputmode="numeric" longest=40
                        fault=port_fault
                    />
                    <TextField
                        id="publish-name" name="name" label=t!("tabs-apps-publish-name") value="" optional=true longest=40
                        fault=fault_of(problem, "name")
                    />
                    <button type="submit" class="button is-primary" disabled=pending>
                        {move || if pending.get() { t!("tabs-apps-publishing") } else { t!("tabs-apps-publish-submit") }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}
