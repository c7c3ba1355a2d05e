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

/// Public: the sign-in page offers them without a session.
#[server(prefix = "/actions", endpoint = "ways-in", input = GetUrl)]
pub(crate) async fn read_ways_in() -> Result<WaysIn, Refused> {
    let federation = crate::visit::visit()?.control.federation;
    Ok(WaysIn { local: federation.rules().local, providers: server::providers(federation.offers().await) })
}

#[cfg(feature = "ssr")]
mod server {
    use control::federation::Offer;

    use super::ProviderOffer;

    pub(super) fn providers(offers: Vec<Offer>) -> Vec<ProviderOffer> {
        let offer = |Offer { name, label, answers }| ProviderOffer { name, label, answers };
        offers.into_iter().map(offer).collect()
    }
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

/// How the signed-in person can show again who they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WaysToConfirm {
    pub name: String,
    /// They have done so in the last minutes.
    pub fresh: bool,
    /// With their password.
    pub local: bool,
    /// Providers of their own.
    pub providers: Vec<ProviderOffer>,
}

#[server(prefix = "/actions", endpoint = "ways-to-confirm", input = GetUrl)]
pub(crate) async fn read_ways_to_confirm() -> Result<WaysToConfirm, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (actor, control) = (actor()?, visit()?.control);
    let local = control.federation.rules().local && control.accounts.has_password(&actor).await.map_err(refuse)?;
    let offers = control.federation.offers_to(&actor).await.map_err(refuse)?;
    let fresh = control.accounts.is_fresh(&actor);
    Ok(WaysToConfirm { name: actor.name.to_string(), fresh, local, providers: server::providers(offers) })
}

/// Makes the present sign-in fresh with the password. A form that was sent without our script then goes to `next`.
#[server(prefix = "/actions", endpoint = "confirm")]
pub(crate) async fn confirm(password: String, next: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let (actor, visit) = (actor()?, visit()?);
    visit.control.accounts.confirm_password(&actor, &password, visit.knock).await.map_err(refuse)?;
    visit.session.confirm().await?;
    redirect_plain_form(crate::routes::safe_next(&next));
    Ok(())
}

/// Ends the session. Fine to call without one.
#[server(prefix = "/actions", endpoint = "sign-out")]
pub(crate) async fn sign_out() -> Result<(), Refused> {
    let onward = crate::visit::visit()?.session.leave().await?;
    leptos_axum::redirect(onward.as_deref().unwrap_or(crate::routes::SIGN_IN));
    Ok(())
}

/// Remembers the language in a cookie; the form's page is loaded anew in it. Needs no sign-in: it holds no secret.
#[server(prefix = "/actions", endpoint = "language")]
pub(crate) async fn choose_language(language: String) -> Result<(), Refused> {
    use catalogue::Language;
    crate::visit::set_cookie(&Language::parse(&language).unwrap_or(Language::English).cookie())
}

/// Remembers the theme in a cookie, so that the next page is rendered in it. Needs no sign-in: it holds no secret.
#[server(prefix = "/actions", endpoint = "theme")]
pub(crate) async fn choose_theme(theme: String) -> Result<(), Refused> {
    use crate::contexts::theme::Theme;
    crate::visit::set_cookie(&Theme::parse(&theme).cookie())
}
