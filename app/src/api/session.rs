//! Signing in and out, and the theme. Plain forms: they work before WASM has loaded.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};

use super::Refused;

/// How people can sign in here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInMethods {
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
pub(crate) async fn read_sign_in_methods() -> Result<SignInMethods, Refused> {
    let federation = crate::request_context::request_context()?.control.federation;
    Ok(SignInMethods { local: federation.rules().local, providers: server::providers(federation.offers().await) })
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
    use crate::request_context::{refuse, request_context};
    let context = request_context()?;
    let user = context.control.accounts.sign_in(&name, &password, context.knock).await.map_err(refuse)?;
    context.session.enter(&user).await?;
    leptos_axum::redirect(crate::routes::safe_next(&next));
    Ok(())
}

/// How the signed-in person can show again who they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfirmMethods {
    pub name: String,
    /// They have done so in the last minutes.
    pub fresh: bool,
    /// With their password.
    pub local: bool,
    /// Providers of their own.
    pub providers: Vec<ProviderOffer>,
}

#[server(prefix = "/actions", endpoint = "ways-to-confirm", input = GetUrl)]
pub(crate) async fn read_confirm_methods() -> Result<ConfirmMethods, Refused> {
    use crate::request_context::{api, refuse, request_context};
    let (api, control) = (api()?, request_context()?.control);
    let actor = api.actor();
    let local = api.has_password().await?;
    let offers = control.federation.offers_to(actor).await.map_err(refuse)?;
    let fresh = control.accounts.is_fresh(actor);
    Ok(ConfirmMethods { name: actor.name.to_string(), fresh, local, providers: server::providers(offers) })
}

/// Makes the present sign-in fresh with the password. A form that was sent without our script then goes to `next`.
#[server(prefix = "/actions", endpoint = "confirm")]
pub(crate) async fn confirm(password: String, next: String) -> Result<(), Refused> {
    use crate::request_context::{api, redirect_plain_form, refuse, request_context};
    let (api, context) = (api()?, request_context()?);
    context.control.accounts.confirm_password(api.actor(), &password, context.knock).await.map_err(refuse)?;
    context.session.confirm().await?;
    redirect_plain_form(crate::routes::safe_next(&next));
    Ok(())
}

/// Ends the session. Fine to call without one.
#[server(prefix = "/actions", endpoint = "sign-out")]
pub(crate) async fn sign_out() -> Result<(), Refused> {
    let onward = crate::request_context::request_context()?.session.leave().await?;
    leptos_axum::redirect(onward.as_deref().unwrap_or(crate::routes::SIGN_IN));
    Ok(())
}

/// Remembers the language in a cookie; the form's page is loaded anew in it. Needs no sign-in: it holds no secret.
#[server(prefix = "/actions", endpoint = "language")]
pub(crate) async fn choose_language(language: String) -> Result<(), Refused> {
    use catalogue::Language;
    crate::request_context::set_cookie(&Language::parse(&language).unwrap_or(Language::English).cookie())
}

/// Remembers the theme in a cookie, so that the next page is rendered in it. Needs no sign-in: it holds no secret.
#[server(prefix = "/actions", endpoint = "theme")]
pub(crate) async fn choose_theme(theme: String) -> Result<(), Refused> {
    use crate::contexts::theme::Theme;
    crate::request_context::set_cookie(&Theme::parse(&theme).cookie())
}
