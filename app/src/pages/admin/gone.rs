//! The form that declares a host gone for good. The host's name is typed, so that no click alone does it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};

use crate::{
    api::installation::ForgetHost,
    components::{field::TextField, problem_note::ProblemNote, section::Section},
    forms::{emptied_by, refusal},
};

#[component]
pub(super) fn GoneSection() -> impl IntoView {
    let forget = ServerAction::<ForgetHost>::new();
    let problem = refusal(forget);
    let pending = forget.pending();
    let form = emptied_by(forget);
    view! {
        <Section id="gone" title=t!("admin-gone") about=t!("admin-gone-about")>
            <ActionForm action=forget attr:class="form" node_ref=form>
                <div class="section-body">
                    <ProblemNote problem=problem/>
                    <TextField id="gone-host" name="host" label=t!("admin-gone-host") value="" longest=63 fault=None/>
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
