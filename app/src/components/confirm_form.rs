//! Confirming a sign-in: with the password, or at a provider. Asked for before a way into the account is added.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};

use super::{field::TextField, problem_note::ProblemNote, provider_link::ProviderLink};
use crate::{
    api::session::{Confirm, ConfirmMethods, ProviderOffer},
    forms::Answers,
    routes,
};

const FIELD: &str = "password";

/// What the form shows of the action.
pub(crate) fn answers(confirm: ServerAction<Confirm>) -> Answers {
    Answers::of(confirm, FIELD)
}

#[component]
pub(crate) fn ConfirmForm(
    methods: ConfirmMethods,
    /// Where it leads without script, and from a provider.
    #[prop(into)]
    next: String,
    confirm: ServerAction<Confirm>,
    answers: Answers,
) -> impl IntoView {
    let ConfirmMethods { name, local, providers, .. } = methods;
    let none = (!local && providers.iter().all(|provider| !provider.answers))
        .then(|| view! { <p class="sub" role="status">{t!("confirm-none")}</p> });
    let some = !providers.is_empty();
    let or = (some && local).then(|| view! { <p class="sub is-centred">{t!("confirm-or")}</p> });
    let form = local.then(|| view! { <PasswordForm name=name next=next.clone() confirm=confirm answers=answers/> });
    let providers = providers.into_iter().map(|ProviderOffer { name, label, answers }| {
        let text = t!("confirm-with", provider = label.as_str());
        let address = routes::confirm_through(&name, &next);
        view! { <ProviderLink label=label answers=answers address=address text=text/> }
    });
    view! {
        {form}
        {or}
        {some.then(|| view! { <div class="form">{providers.collect_view()}</div> })}
        {none}
    }
    .into_any()
}

#[component]
fn PasswordForm(name: String, next: String, confirm: ServerAction<Confirm>, answers: Answers) -> impl IntoView {
    let Answers { problem, fault, pending } = answers;
    view! {
        <ActionForm action=confirm attr:class="form">
            <input type="hidden" name="next" value=next/>
            // For password managers, which keep the two together.
            <input type="hidden" name="username" autocomplete="username" value=name/>
            <ProblemNote problem=problem besides=&[FIELD]/>
            <TextField
                id="confirm-password" name=FIELD label=t!("confirm-password") value="" kind="password"
                autocomplete="current-password" autofocus=true longest=1024 fault=fault
            />
            <button
                type="submit"
                class="button is-primary is-wide"
                disabled=pending
                aria-busy=move || pending.get().then_some("true")
            >
                {move || if pending.get() { t!("confirm-pending") } else { t!("confirm-submit") }}
            </button>
        </ActionForm>
    }
}
