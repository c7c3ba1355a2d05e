//! One's own account: password, API tokens, browser sessions. Every form works without our script, too: what a script would
//! show in place is then shown by the page the answer leads to.

#[cfg(feature = "ssr")]
use domain::user::Scope;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::profile::{NewToken, Profile};

use super::Refused;

/// With the address under which this browser has us, which other programs need.
#[server(prefix = "/actions", endpoint = "profile", input = GetUrl)]
pub(crate) async fn read_profile() -> Result<(Profile, String), Refused> {
    use crate::request_context::{api, request_context};
    // Before the answer is waited for: then it may be gone (request_context).
    let address = request_context()?.address;
    Ok((api()?.profile().await?, address))
}

/// Whether one signs in with a password: there is one, and passwords are good here.
#[server(prefix = "/actions", endpoint = "has-password", input = GetUrl)]
pub(crate) async fn has_password() -> Result<bool, Refused> {
    Ok(crate::request_context::api()?.has_password().await?)
}

/// Sets a new password and ends every other session.
#[server(prefix = "/actions", endpoint = "change-password")]
pub(crate) async fn change_password(present: String, new: String, again: String) -> Result<(), Refused> {
    use crate::request_context::{api, redirect_plain_form, request_context};
    if new != again {
        let fault = domain::Violation::new("again", "is not the same as the new password");
        return Err(::api::Refusal::invalid(vec![fault]).into());
    }
    api()?.change_password(&wire::profile::ChangePassword { present, new }, request_context()?.knock).await?;
    redirect_plain_form(crate::routes::PASSWORD_CHANGED);
    Ok(())
}

/// Makes a token for what is ticked. Without script, the page the answer leads to shows it once.
#[server(prefix = "/actions", endpoint = "create-token")]
pub(crate) async fn create_token(
    name: String,
    days: i64,
    #[server(default)] vclusters: bool,
    #[server(default)] ssh: bool,
    #[server(default)] admin: bool,
) -> Result<NewToken, Refused> {
    use crate::request_context::{accepts_html, api, refuse, request_context};
    let (api, scopes) = (api()?, Some(ticked(vclusters, ssh, admin)));
    let new = api.create_token(&wire::profile::CreateToken { name, days, scopes }).await?;
    if accepts_html() {
        let key = request_context()?.control.accounts.show_once(api.actor(), new.text.clone()).map_err(refuse)?;
        leptos_axum::redirect(&crate::routes::new_token_shown(&key));
    }
    Ok(new)
}

/// What the boxes of a form say (`components::scope_choice`).
#[cfg(feature = "ssr")]
pub(super) fn ticked(vclusters: bool, ssh: bool, admin: bool) -> Vec<Scope> {
    let boxes = [(vclusters, Scope::Vclusters), (ssh, Scope::Ssh), (admin, Scope::Admin)];
    boxes.into_iter().filter_map(|(ticked, scope)| ticked.then_some(scope)).collect()
}

/// The secret the last answer has left for this page; `None` when it was shown already.
#[server(prefix = "/actions", endpoint = "shown-once", input = GetUrl)]
pub(crate) async fn take_shown(key: String) -> Result<Option<String>, Refused> {
    use crate::request_context::{api, refuse, request_context};
    let (context, api) = (request_context()?, api()?);
    context.taken.or_take(&key, || context.control.accounts.take_shown(api.actor(), &key)).map_err(refuse)
}

#[server(prefix = "/actions", endpoint = "revoke-token")]
pub(crate) async fn revoke_token(id: String) -> Result<(), Refused> {
    crate::request_context::api()?.revoke_token(::api::id(&id, "token")?).await?;
    crate::request_context::redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

/// Ends one of one's sessions; the present one leads to the sign-in page.
#[server(prefix = "/actions", endpoint = "end-session")]
pub(crate) async fn end_session(id: String) -> Result<(), Refused> {
    crate::request_context::api()?.end_session(&::api::id(&id, "session")?).await?;
    crate::request_context::redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

#[server(prefix = "/actions", endpoint = "end-other-sessions")]
pub(crate) async fn end_other_sessions() -> Result<(), Refused> {
    crate::request_context::api()?.end_other_sessions().await?;
    crate::request_context::redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

/// Takes an identity from one's account; refused when it is the only way in.
#[server(prefix = "/actions", endpoint = "unlink-identity")]
pub(crate) async fn unlink(issuer: String, subject: String) -> Result<(), Refused> {
    use crate::request_context::{api, redirect_plain_form, refuse, request_context};
    let (api, control) = (api()?, request_context()?.control);
    let confirmed = control.accounts.confirm(api.actor()).map_err(|error| {
        redirect_plain_form(&crate::routes::confirm_then(crate::routes::PROFILE));
        refuse(error)
    })?;
    control.federation.unlink(confirmed, &issuer, &subject).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}
