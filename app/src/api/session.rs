//! Signing in and out, and the theme. Plain forms: they work before WASM has loaded.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use super::Refused;

/// How people can sign in here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaysIn {
    /// With a name and a password.
    pub local: bool,
    pub providers: Vec<ProviderOffer>,
}

/// An OpenID provider as the sign-in page offers it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderOffer {
    pub name: String,
    pub label: String,
    /// Whether it answers at the moment.
    pub answers: bool,
}

/// Anybody may see them: they are what the sign-in page shows.
#[server(prefix = "/actions", endpoint = "ways-in", input = GetUrl)]
pub(crate) async fn read_ways_in() -> Result<WaysIn, Refused> {
    let federation = crate::visit::visit()?.control.federation;
    let offers = federation.offers().await.into_iter();
    let providers = offers.map(|offer| ProviderOffer { name: offer.name, label: offer.label, answers: offer.answers });
    Ok(WaysIn { local: federation.rules().local, providers: providers.collect() })
}

/// Signs in with name and password, then goes to `next`.
#[server(prefix = "/actions", endpoint = "sign-in")]
pub(crate) async fn sign_in(name: String, password: String, next: String) -> Result<(), Refused> {
    use crate::visit::{refuse, visit};
    let visit = visit()?;
    let user = visit.control.accounts.sign_in(&name, &password, visit.knock).await.map_err(refuse)?;
    visit.session.enter(&user).await?;
    leptos_axum::redirect(crate::routes::safe_next(&next));
    Ok(())
}

/// Ends the session. Fine to call without one.
#[server(prefix = "/actions", endpoint = "sign-out")]
pub(crate) async fn sign_out() -> Result<(), Refused> {
    let onward = crate::visit::visit()?.session.leave().await?;
    leptos_axum::redirect(onward.as_deref().unwrap_or(crate::routes::SIGN_IN));
    Ok(())
}

/// Remembers the language in a cookie; the form's page is loaded anew in it. Anybody may: it holds no secret.
#[server(prefix = "/actions", endpoint = "language")]
pub(crate) async fn choose_language(language: String) -> Result<(), Refused> {
    use catalogue::Language;
    crate::visit::set_cookie(&Language::parse(&language).unwrap_or(Language::English).cookie())
}

/// Remembers the theme in a cookie, so that the next page is rendered in it. Anybody may: it holds no secret.
#[server(prefix = "/actions", endpoint = "theme")]
pub(crate) async fn choose_theme(theme: String) -> Result<(), Refused> {
    use crate::contexts::theme::Theme;
    crate::visit::set_cookie(&Theme::parse(&theme).cookie())
}
