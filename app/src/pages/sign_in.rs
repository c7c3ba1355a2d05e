//! Signing in. A form that works before WASM has loaded.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use wire::problem::Problem;

use crate::{
    api::session::SignIn,
    components::{field::TextField, language_switch::LanguageSwitch, problem_note::ProblemNote},
    layouts::plain::Plain,
    routes,
};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = move || query.with(|query| query.get("next").unwrap_or_else(|| routes::HOME.to_owned()));
    #[cfg(feature = "ssr")]
    crate::visit::pass_on_if_signed_in(&next());
    let problem = Signal::derive(move || sign_in.value().get().and_then(Result::err).map(Problem::from));
    let pending = sign_in.pending();
    view! {
        <Title text=t!("common-page-title", page = t!("sign-in-title"))/>
        <Plain>
            <h1>{t!("sign-in-title")}</h1>
            <p class="sub">{t!("sign-in-subtitle")}</p>
            <ActionForm action=sign_in attr:class="form">
                <input type="hidden" name="next" value=next/>
                <ProblemNote problem=problem/>
                <TextField
                    id="name"
                    name="name"
                    label=t!("sign-in-name")
                    value=""
                    autocomplete="username"
                    autofocus=true
                    longest=64
                    fault=None
                />
                <TextField
                    id="password"
                    name="password"
                    label=t!("sign-in-password")
                    value=""
                    kind="password"
                    autocomplete="current-password"
                    longest=1024
                    fault=None
                />
                <button
                    type="submit"
                    class="button is-primary is-wide"
                    disabled=pending
                    aria-busy=move || pending.get().then_some("true")
                >
                    {move || if pending.get() { t!("sign-in-pending") } else { t!("sign-in-submit") }}
                </button>
            </ActionForm>
            <p class="sub is-centred">{t!("sign-in-no-account")}</p>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}
