//! Pages between Docklet and an OpenID provider: why a sign-in did not work and what to do, and those that lead on to the
//! provider. They work without any script. Server only.

use catalogue::t;
use control::federation::Refusal;
use leptos::prelude::*;

use crate::routes;
pub use crate::shell::Frame;

/// Why a sign-in did not come about, in words that say what to do.
///
/// A person who `is_signed_in` wanted to link an identity or to confirm who they are: the button of a sign-in would make them a
/// second account.
pub fn refused(frame: &Frame<'_>, refusal: &Refusal, provider: &str, label: &str, is_signed_in: bool) -> String {
    frame.page(None, || {
        let (title, text) = said(refusal, label);
        let onward = if is_signed_in || matches!(refusal, Refusal::SessionChanged) {
            Some((routes::PROFILE.to_owned(), t!("oidc-to-profile")))
        } else {
            may_help(refusal).then(|| (routes::sign_in_through(provider, routes::HOME), t!("common-try-again")))
        };
        let button = onward.map(|(address, text)| view! { <a class="button is-primary" href=address>{text}</a> });
        let body = view! {
            <h1>{title.clone()}</h1>
            <p class="sub">{text}</p>
            {frame.request.map(|id| view! { <p class="sub plain-request">{t!("problem-request", id = id)}</p> })}
            <p class="plain-actions">{button} <a class="button" href=routes::SIGN_IN>{t!("oidc-to-sign-in")}</a></p>
        };
        (title, body.into_any())
    })
}

/// Leads on to the provider by itself, and with a link where a browser does not.
pub fn to_provider(frame: &Frame<'_>, label: &str, address: &str) -> String {
    onward(frame, address, || {
        (t!("oidc-onward-title", provider = label), t!("oidc-onward", provider = label), t!("oidc-onward-go"))
    })
}

/// The same after signing out here.
pub fn provider_logout(frame: &Frame<'_>, label: &str, address: &str) -> String {
    onward(frame, address, || {
        (t!("oidc-farewell-title"), t!("oidc-farewell", provider = label), t!("oidc-farewell-go", provider = label))
    })
}

fn onward(frame: &Frame<'_>, address: &str, texts: impl FnOnce() -> (String, String, String)) -> String {
    frame.page(Some(address), || {
        let (title, text, go) = texts();
        let body = view! {
            <h1>{title.clone()}</h1>
            <p class="sub">{text}</p>
            <p class="plain-actions"><a class="button is-primary" href=address.to_owned()>{go}</a></p>
        };
        (title, body.into_any())
    })
}

/// Whether doing the same again may end otherwise.
fn may_help(refusal: &Refusal) -> bool {
    !matches!(
        refusal,
        Refusal::Pending | Refusal::Locked | Refusal::LinkedElsewhere | Refusal::NotAllowed | Refusal::EmailUnverified
    )
}

/// Title and sentence.
fn said(refusal: &Refusal, label: &str) -> (String, String) {
    match refusal {
        Refusal::UnknownProvider | Refusal::NotBegunHere => {
            (t!("oidc-not-begun-title"), t!("oidc-not-begun", provider = label))
        }
        Refusal::AnotherPerson => (t!("oidc-another-title"), t!("oidc-another", provider = label)),
        Refusal::NotAskedAgain(_) => (t!("oidc-not-asked-title"), t!("oidc-not-asked", provider = label)),
        Refusal::SessionChanged => (t!("oidc-session-changed-title"), t!("oidc-session-changed")),
        Refusal::Unavailable(_) => (t!("oidc-down-title", provider = label), t!("oidc-down", provider = label)),
        Refusal::Control(_) => (t!("oidc-busy-title"), t!("oidc-busy")),
        Refusal::Denied => (t!("oidc-denied-title"), t!("oidc-denied", provider = label)),
        Refusal::LoginRequired(_) => (t!("oidc-login-required-title"), t!("oidc-login-required", provider = label)),
        Refusal::CodeRefused => (t!("oidc-code-title"), t!("oidc-code", provider = label)),
        Refusal::Pending => (t!("oidc-pending-title"), t!("oidc-pending")),
        Refusal::Locked => (t!("oidc-locked-title"), t!("oidc-locked")),
        Refusal::NotAllowed => (t!("oidc-not-allowed-title"), t!("oidc-not-allowed", provider = label)),
        Refusal::EmailUnverified => (t!("oidc-email-title"), t!("oidc-email", provider = label)),
        Refusal::LinkedElsewhere => (t!("oidc-linked-title"), t!("oidc-linked")),
        Refusal::Clock(_) => (t!("oidc-clock-title"), t!("oidc-clock", provider = label)),
        Refusal::Audience(_) => (t!("oidc-audience-title"), t!("oidc-audience", provider = label)),
        Refusal::ProviderRefused(code) => {
            (t!("oidc-refused-title", provider = label), t!("oidc-refused", provider = label, code = code.as_str()))
        }
        Refusal::Untrusted(_) => (t!("oidc-untrusted-title"), t!("oidc-untrusted", provider = label)),
    }
}
