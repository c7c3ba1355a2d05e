//! Deleting a vcluster: a dialog that says what is lost and asks for the name.

use leptos::{form::ActionForm, prelude::*};
use wire::{problem::Problem, vcluster::Vcluster};

use super::confirm;
use crate::{
    components::{
        dialog::RouteDialog,
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
    },
    contexts::actions::use_actions,
    routes,
    wording::amount::count,
};

/// In front of the vcluster's page, which provides the vcluster.
#[component]
pub(crate) fn DeleteDialog() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let back = routes::vcluster(&id);
    let lost = move || {
        let nodes = vcluster.with(|vcluster| u64::try_from(vcluster.nodes.len()).unwrap_or_default());
        format!(
            "Its {} and everything in them outside /root are lost, and what runs there ends. Your home stays.",
            count(nodes, "node")
        )
    };
    view! {
        <RouteDialog id="delete-dialog" title=format!("Delete {name}?") back=back.clone()>
            <div class="dialog-content"><p>{lost}</p></div>
            <DeleteForm id=id name=name back=back/>
        </RouteDialog>
    }
    .into_any()
}

#[component]
fn DeleteForm(id: String, name: String, back: String) -> impl IntoView {
    let actions = use_actions();
    Effect::new(move |_| on_cleanup(move || actions.delete.clear()));
    let typed = RwSignal::new(String::new());
    let problem = Signal::derive(move || actions.delete.value().get().and_then(Result::err).map(Problem::from));
    let fault = Signal::derive(move || problem.get().and_then(|problem| problem.about("typed").map(str::to_owned)));
    let pending = actions.delete.pending();
    // Before the script runs the button must work: the server checks the name, too.
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let wrong = {
        let name = name.clone();
        move || hydrated.get() && typed.with(|typed| confirm::check(&name, typed).is_err())
    };
    view! {
        <ActionForm action=actions.delete attr:class="form">
            <div class="dialog-content">
                <ProblemNote problem=problem besides=&["typed"]/>
                <input type="hidden" name="id" value=id/>
                <p>"To confirm, type its name: " <b class="mono">{name.clone()}</b></p>
                <TextField id="typed" name="typed" label="Name" value="" autofocus=true fault=fault typed=typed/>
            </div>
            <footer class="dialog-foot">
                <a class="button" href=back>"Cancel"</a>
                <button type="submit" class="button is-danger" disabled=move || pending.get() || wrong()>
                    <Glyph icon=Icon::Delete/>
                    {move || if pending.get() { "Deleting…".to_owned() } else { format!("Delete {name}") }}
                </button>
            </footer>
        </ActionForm>
    }
}
