//! Deleting a vcluster: a dialog that says what is lost and asks for the name.

use catalogue::t;
use domain::Violation;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::detail::use_page_actions;
use crate::{
    components::{
        dialog::RouteDialog,
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        rich::Rich,
    },
    contexts::actions::answer_anew,
    forms::refusal,
    routes,
    wording::problem::ours,
};

/// In front of the vcluster's page, which provides the vcluster.
#[component]
pub(super) fn DeleteDialog() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let back = routes::vcluster(&id);
    let lost = move || t!("vcluster-delete-lost", n = vcluster.with(|vcluster| vcluster.nodes.len()));
    view! {
        <RouteDialog id="delete-dialog" title=t!("vcluster-delete-title", name = name.as_str()) back=back.clone()>
            <div class="dialog-content"><p>{lost}</p></div>
            <DeleteForm id=id name=name back=back/>
        </RouteDialog>
    }
    .into_any()
}

#[component]
fn DeleteForm(id: String, name: String, back: String) -> impl IntoView {
    let actions = use_page_actions();
    answer_anew(actions.delete);
    let typed = RwSignal::new(String::new());
    let problem = refusal(actions.delete);
    // `confirm` says it in the page's language.
    let fault = Signal::derive(move || problem.with(|problem| problem.as_ref()?.about("typed").map(ours)));
    let pending = actions.delete.pending();
    // Before the script runs the button must work: the server checks the name, too.
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let wrong = {
        let name = name.clone();
        move || hydrated.get() && typed.with(|typed| confirm(&name, typed).is_err())
    };
    view! {
        <ActionForm action=actions.delete attr:class="form">
            <div class="dialog-content">
                <ProblemNote problem=problem besides=&["typed"]/>
                <input type="hidden" name="id" value=id/>
                <p><Rich text=t!("vcluster-delete-confirm", name = name.as_str()) mark=|_, text| view! { <b class="mono">{text}</b> }.into_any()/></p>
                <TextField id="typed" name="typed" label=t!("common-name") value="" autofocus=true fault=fault typed=typed/>
            </div>
            <footer class="dialog-foot">
                <a class="button" href=back>{t!("common-cancel")}</a>
                <button type="submit" class="button is-danger" disabled=move || pending.get() || wrong()>
                    <Glyph icon=Icon::Delete/>
                    {move || if pending.get() { t!("vcluster-deleting") } else { t!("vcluster-delete-submit", name = name.as_str()) }}
                </button>
            </footer>
        </ActionForm>
    }
}

/// Whoever types the name means it: fails unless `typed` is the name. Pure.
pub(crate) fn confirm(name: &str, typed: &str) -> Result<(), Violation> {
    if typed.trim() == name {
        Ok(())
    } else {
        Err(Violation::new("typed", t!("vcluster-delete-not-the-name", name = name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_confirms() {
        assert_eq!(confirm("lab", " lab "), Ok(()));
        for typed in ["", "la", "Lab", "lab2"] {
            assert!(confirm("lab", typed).is_err(), "{typed:?}");
        }
    }
}
