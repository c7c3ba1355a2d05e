//! Signing in: through an OpenID provider, or with a name and a password, which works before WASM has loaded, and without it.
//! Confirming it later, and the way back into an app after it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_location, use_navigate, use_query_map},
};

use crate::{
    api::session::{Confirm, ProviderOffer, SignIn, SignInMethods, read_confirm_methods, read_sign_in_methods},
    components::{
        confirm_form::{self, ConfirmForm},
        field::TextField,
        language_switch::LanguageSwitch,
        problem_note::ProblemNote,
        provider_link::ProviderLink,
        skeleton::ListSkeleton,
    },
    forms::refusal,
    layouts::plain::Plain,
    routes,
};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = Memo::new(move |_| query.with(|query| query.get("next").unwrap_or_else(|| routes::HOME.to_owned())));
    #[cfg(feature = "ssr")]
    crate::request_context::pass_on_if_signed_in(&next.get_untracked());
    let methods = Resource::new_blocking(|| (), |()| read_sign_in_methods());
    view! {
        <Title text=t!("common-page-title", page = t!("sign-in-title"))/>
        <Plain>
            <h1>{t!("sign-in-title")}</h1>
            <p class="sub">{t!("sign-in-subtitle")}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    // A password opens, whatever else cannot be found out.
                    let methods = methods.await.unwrap_or(SignInMethods { local: true, providers: Vec::new() });
                    view! { <Methods methods=methods next=next sign_in=sign_in/> }.into_any()
                })}
            </Suspense>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}

#[component]
fn Methods(methods: SignInMethods, next: Memo<String>, sign_in: ServerAction<SignIn>) -> impl IntoView {
    let SignInMethods { local, providers } = methods;
    let some = !providers.is_empty();
    let none = (!local && providers.iter().all(|provider| !provider.answers))
        .then(|| view! { <p class="sub" role="status">{t!("sign-in-none")}</p> });
    let or = (some && local).then(|| view! { <p class="sub is-centred">{t!("sign-in-or")}</p> });
    let form = local.then(|| view! { <PasswordForm next=next sign_in=sign_in first=!some/> });
    let no_account = (!some).then(|| view! { <p class="sub is-centred">{t!("sign-in-no-account")}</p> });
    let providers = providers.into_iter().map(|offer| view! { <ProviderButton offer=offer next=next/> });
    view! {
        {some.then(|| view! { <div class="form">{providers.collect_view()}</div> })}
        {none}
        {or}
        {form}
        {no_account}
    }
    .into_any()
}

#[component]
fn ProviderButton(offer: ProviderOffer, next: Memo<String>) -> impl IntoView {
    let ProviderOffer { name, label, answers } = offer;
    let text = t!("sign-in-with", provider = label.as_str());
    let address = Signal::derive(move || routes::sign_in_through(&name, &next.get()));
    view! { <ProviderLink label=label answers=answers address=address text=text/> }
}

#[component]
fn PasswordForm(
    next: Memo<String>,
    sign_in: ServerAction<SignIn>,
    /// It is the only way in, so the cursor goes there.
    first: bool,
) -> impl IntoView {
    let problem = refusal(sign_in);
    let pending = sign_in.pending();
    view! {
        <ActionForm action=sign_in attr:class="form">
            <input type="hidden" name="next" value=move || next.get()/>
            <ProblemNote problem=problem/>
            <TextField
                id="name"
                name="name"
                label=t!("sign-in-name")
                value=""
                autocomplete="username"
                autofocus=first
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
    }
}

/// Confirming a sign-in on a page of its own: where a form leads that needs a fresh one.
#[component]
pub(crate) fn ConfirmPage() -> impl IntoView {
    let confirm = ServerAction::<Confirm>::new();
    let answers = confirm_form::answers(confirm);
    let query = use_query_map().get_untracked();
    let next = routes::safe_next(&query.get("next").unwrap_or_default()).to_owned();
    let methods = Resource::new_blocking(|| (), |()| read_confirm_methods());
    let navigate = use_navigate();
    let onward = next.clone();
    Effect::new(move |_| {
        if let Some(Ok(())) = confirm.value().get() {
            // The way back does not lead to a form that is done.
            navigate(&onward, NavigateOptions { replace: true, ..Default::default() });
        }
    });
    view! {
        <Title text=t!("common-page-title", page = t!("confirm-title"))/>
        <Plain>
            <h1>{t!("confirm-title")}</h1>
            <p class="sub">{t!("confirm-about")}</p>
            <Suspense>
                {move || {
                    let next = next.clone();
                    Suspend::new(async move {
                        match methods.await {
                            Ok(methods) if methods.fresh => view! { <Redirect path=next/> }.into_any(),
                            Ok(methods) => view! { <ConfirmForm methods=methods next=next confirm=confirm answers=answers/> }.into_any(),
                            Err(refused) if refused.needs_sign_in() => {
                                view! { <Redirect path=routes::sign_in_then(&next)/> }.into_any()
                            }
                            Err(refused) => view! { <ProblemNote problem=Signal::stored(Some(refused.into()))/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}

/// The way back into an app after signing in: the server knows the way on, so the browser asks it. Shown for a moment, where
/// the console's own router was sent to this address.
#[component]
pub(crate) fn EnterApp() -> impl IntoView {
    let here = use_location();
    Effect::new(move || {
        let address = format!("{}{}", here.pathname.get(), here.search.with(|search| question(search)));
        // Fails only where there is no window.
        let _ = window().location().replace(&address);
    });
    view! { <ListSkeleton/> }
}

/// The router gives the query without its question mark.
fn question(search: &str) -> String {
    if search.is_empty() || search.starts_with('?') { search.to_owned() } else { format!("?{search}") }
}
