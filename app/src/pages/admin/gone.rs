//! The form that declares a host gone for good. The host's name is typed, so that no click alone does it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};

use crate::{
    api::installation::ForgetHost,
    components::{field::TextField, problem_note::ProblemNote, section::Section},
    forms::Answers,
};

#[component]
pub(super) fn GoneSection(forget: ServerAction<ForgetHost>, answers: Answers) -> impl IntoView {
    let Answers { problem, fault, pending } = answers;
    view! {
        <Section id="gone" title=t!("admin-gone") about=t!("admin-gone-about")>
            <ActionForm action=forget attr:class="form">
                <div class="section-body">
                    <ProblemNote problem=problem besides=&["host"]/>
                    <TextField id="gone-host" name="host" label=t!("admin-gone-host") value="" longest=63 fault=fault/>
                </div>
                <footer class="section-foot">
                    <p class="sub">{t!("admin-gone-back")}</p>
                    <button type="submit" class="button is-danger" disabled=pending aria-busy=move || pending.get().then_some("true")>
                        {t!("admin-gone-now")}
                    </button>
                </footer>
            </ActionForm>
        </Section>
    }
}
