//! The form that declares a host gone for good. The host's name is typed, so that no click alone does it.

use catalogue::t;
use leptos::{form::ActionForm, html, prelude::*};
use wire::problem::Problem;

use crate::{
    api::installation::ForgetHost,
    components::{field::TextField, problem_note::ProblemNote, section::Section},
};

#[component]
pub(super) fn GoneSection() -> impl IntoView {
    let forget = ServerAction::<ForgetHost>::new();
    let problem = Signal::derive(move || forget.value().get().and_then(Result::err).map(Problem::from));
    let pending = forget.pending();
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if let (Some(Ok(())), Some(form)) = (forget.value().get(), form.get()) {
            form.reset();
        }
    });
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
