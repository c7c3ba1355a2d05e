//! Signing in: through an OpenID provider, or with a name and a password. Works before WASM has loaded, and without it.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use wire::problem::Problem;

use crate::{
    api::session::{ProviderOffer, SignIn, WaysIn, read_ways_in},
    components::{field::TextField, language_switch::LanguageSwitch, problem_note::ProblemNote},
    layouts::plain::Plain,
    routes,
};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = Memo::new(move |_| query.with(|query| query.get("next").unwrap_or_else(|| routes::HOME.to_owned())));
    let again = query.with_untracked(|query| query.get("again").is_some());
    #[cfg(feature = "ssr")]
    if !again {
        crate::visit::pass_on_if_signed_in(&next.get_untracked());
    }
    let ways = Resource::new_blocking(|| (), |()| read_ways_in());
    view! {
        <Title text=t!("common-page-title", page = t!("sign-in-title"))/>
        <Plain>
            <h1>{t!("sign-in-title")}</h1>
            <p class="sub">{if again { t!("sign-in-again") } else { t!("sign-in-subtitle") }}</p>
            <Suspense>
                {move || Suspend::new(async move {
                    // Whoever has a password can sign in, whatever else cannot be found out.
                    let ways = ways.await.unwrap_or(WaysIn { local: true, providers: Vec::new() });
                    view! { <Ways ways=ways next=next again=again sign_in=sign_in/> }.into_any()
                })}
            </Suspense>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}

#[component]
fn Ways(ways: WaysIn, next: Memo<String>, again: bool, sign_in: ServerAction<SignIn>) -> impl IntoView {
    let WaysIn { local, providers } = ways;
    let some = !providers.is_empty();
    let nobody = (!local && providers.iter().all(|provider| !provider.answers))
        .then(|| view! { <p class="sub" role="status">{t!("oidc-none")}</p> });
    let or = (some && local).then(|| view! { <p class="sub is-centred">{t!("oidc-or")}</p> });
    let form = local.then(|| view! { <PasswordForm next=next sign_in=sign_in first=!some/> });
    let no_account = (!some).then(|| view! { <p class="sub is-centred">{t!("sign-in-no-account")}</p> });
    let providers = providers.into_iter().map(|offer| view! { <ProviderButton offer=offer next=next again=again/> });
    view! {
        {some.then(|| view! { <div class="form">{providers.collect_view()}</div> })}
        {nobody}
        {or}
        {form}
        {no_account}
    }
    .into_any()
}

/// A link: it leads to another site, with and without script. One that would lead nowhere is a sentence.
#[component]
fn ProviderButton(offer: ProviderOffer, next: Memo<String>, again: bool) -> impl IntoView {
    let ProviderOffer { name, label, answers } = offer;
    if !answers {
        return view! { <p class="sub" role="status">{t!("oidc-silent", provider = label.as_str())}</p> }.into_any();
    }
    let through = if again { routes::sign_in_again_through } else { routes::sign_in_through };
    let address = move || through(&name, &next.get());
    view! {
        <a class="button is-wide" href=address rel="external">{t!("oidc-with", provider = label.as_str())}</a>
    }
    .into_any()
}

#[component]
fn PasswordForm(
    next: Memo<String>,
    sign_in: ServerAction<SignIn>,
    /// It is the only way in, so the cursor goes there.
    first: bool,
) -> impl IntoView {
    let problem = Signal::derive(move || sign_in.value().get().and_then(Result::err).map(Problem::from));
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
