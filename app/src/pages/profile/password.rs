//! Changing one's password: the present one, and the new one twice.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use super::ProfileActions;
use crate::{
    components::{
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        section::Section,
    },
    forms::{emptied_by, fault_of, refusal},
};

const FIELDS: &[&str] = &["present", "new", "again"];

#[component]
pub(super) fn PasswordSection(name: String) -> impl IntoView {
    view! {
        <Section id="password" title=t!("profile-password") about=t!("profile-password-about")>
            <PasswordForm name=name/>
        </Section>
    }
}

#[component]
fn PasswordForm(name: String) -> impl IntoView {
    let ProfileActions { change_password: action, .. } = expect_context();
    let problem = refusal(action);
    let pending = action.pending();
    // Without the script the answer leads to an address that says so.
    let query = use_query_map();
    let done = move || match action.value().get() {
        Some(answer) => answer.is_ok(),
        None => query.with(|query| query.get("changed").as_deref() == Some("password")),
    };
    let form = emptied_by(action);
    view! {
        <ActionForm action=action attr:class="form" node_ref=form>
            <div class="section-body">
                <div class="notes" role="status">
                    {move || done().then(|| view! {
                        <div class="note tone-good"><Glyph icon=Icon::Check/><div><p>{t!("profile-password-changed")}</p></div></div>
                    })}
                </div>
                <ProblemNote problem=problem besides=FIELDS/>
                // For password managers, which keep the two together.
                <input type="hidden" name="username" autocomplete="username" value=name/>
                <TextField
                    id="present" name="present" label=t!("profile-password-present") value="" kind="password"
                    autocomplete="current-password" longest=1024 fault=fault_of(problem, "present")
                />
                <div class="form-pair is-even">
                    <TextField
                        id="new-password" name="new" label=t!("profile-password-new") value="" kind="password"
                        autocomplete="new-password" longest=1024 fault=fault_of(problem, "new")
                    />
                    <TextField
                        id="again" name="again" label=t!("profile-password-again") value="" kind="password"
                        autocomplete="new-password" longest=1024 fault=fault_of(problem, "again")
                    />
                </div>
            </div>
            <footer class="section-foot">
                <p class="sub">{t!("profile-password-ends")}</p>
                <button type="submit" class="button is-primary" disabled=pending aria-busy=move || pending.get().then_some("true")>
                    {move || if pending.get() { t!("profile-password-pending") } else { t!("profile-password-submit") }}
                </button>
            </footer>
        </ActionForm>
    }
}
