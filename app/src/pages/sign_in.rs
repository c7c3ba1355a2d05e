//! Signing in: through an OpenID provider, or with a name and a password. Works before WASM has loaded, and without it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::session::{ProviderOffer, SignIn, WaysIn, read_ways_in},
    components::{
        field::TextField, language_switch::LanguageSwitch, problem_note::ProblemNote, provider_link::ProviderLink,
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
    crate::visit::pass_on_if_signed_in(&next.get_untracked());
    let ways = Resource::new_blocking(|| (), |()| read_ways_in());
    view! {
        <Title text=t!("common-page-title", page = t!("sign-in-title"))/>
        <Plain>
            <h1>{t!("sign-in-title")}</h1>
            <p class="sub">{t!("sign-in-subtitle")}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    // A password opens, whatever else cannot be found out.
                    let ways = ways.await.unwrap_or(WaysIn { local: true, providers: Vec::new() });
                    view! { <Ways ways=ways next=next sign_in=sign_in/> }.into_any()
                })}
            </Suspense>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}

#[component]
fn Ways(ways: WaysIn, next: Memo<String>, sign_in: ServerAction<SignIn>) -> impl IntoView {
    let WaysIn { local, providers } = ways;
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
