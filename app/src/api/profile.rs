//! One's own account: password, API tokens, browser sessions. Every form works without our script, too: what a script would
//! show in place is then shown by the page the answer leads to.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::profile::{BrowserSession, Identity, NewToken, Token};

use super::Refused;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Newest first.
    pub tokens: Vec<Token>,
    /// The last used first.
    pub sessions: Vec<BrowserSession>,
    pub identities: Identities,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Identities {
    /// The oldest first.
    pub linked: Vec<Identity>,
    /// Providers of which there is none yet: name and label.
    pub offered: Vec<(String, String)>,
}

#[server(prefix = "/actions", endpoint = "profile", input = GetUrl)]
pub(crate) async fn read_profile() -> Result<Profile, Refused> {
    use super::dto;
    use crate::visit::{actor, refuse, visit};
    use control::ports::clock::{Clock, SystemClock};
    let (actor, control) = (actor()?, visit()?.control);
    let identities = control.federation.identities(&actor).await.map_err(refuse)?;
    let identities = dto::identities(identities, control.federation.rules());
    let accounts = control.accounts;
    let tokens = accounts.my_tokens(&actor).await.map_err(refuse)?;
    let sessions = accounts.sessions(&actor).await.map_err(refuse)?;
    let now = SystemClock.now();
    Ok(Profile {
        tokens: tokens.iter().map(|token| dto::token(token, now)).collect(),
        sessions: sessions.iter().map(|session| dto::browser_session(session, &actor)).collect(),
        identities,
    })
}

/// Whether one signs in with a password: there is one, and passwords are good here.
#[server(prefix = "/actions", endpoint = "has-password", input = GetUrl)]
pub(crate) async fn has_password() -> Result<bool, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (actor, control) = (actor()?, visit()?.control);
    Ok(control.federation.rules().local && control.accounts.has_password(&actor).await.map_err(refuse)?)
}

/// Sets a new password and ends every other session.
#[server(prefix = "/actions", endpoint = "change-password")]
pub(crate) async fn change_password(present: String, new: String, again: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let (actor, visit) = (actor()?, visit()?);
    if new != again {
        let fault = domain::Violation::new("again", "is not the same as the new password");
        return Err(refuse(control::Error::Invalid(vec![fault])));
    }
    let changed = visit.control.accounts.change_password(&actor, &present, &new, visit.knock).await;
    changed.map_err(refuse)?;
    redirect_plain_form(crate::routes::PASSWORD_CHANGED);
    Ok(())
}

/// Makes a token. Without script, the page the answer leads to shows it once.
#[server(prefix = "/actions", endpoint = "create-token")]
pub(crate) async fn create_token(name: String, days: i64) -> Result<NewToken, Refused> {
    use super::dto;
    use crate::visit::{accepts_html, actor, refuse, visit};
    let (actor, accounts) = (actor()?, visit()?.control.accounts);
    let issued = accounts.create_token(accounts.confirm(&actor).map_err(refuse)?, &name, days).await.map_err(refuse)?;
    let token = dto::token(&issued.token, issued.token.created_at);
    if accepts_html() {
        let key = accounts.show_once(&actor, issued.text.clone()).map_err(refuse)?;
        leptos_axum::redirect(&crate::routes::new_token_shown(&key));
    }
    Ok(NewToken { token, text: issued.text })
}

/// The secret the last answer has left for this page; `None` when it was shown already.
#[server(prefix = "/actions", endpoint = "shown-once", input = GetUrl)]
pub(crate) async fn take_shown(key: String) -> Result<Option<String>, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (visit, actor) = (visit()?, actor()?);
    visit.taken.or_take(&key, || visit.control.accounts.take_shown(&actor, &key)).map_err(refuse)
}

#[server(prefix = "/actions", endpoint = "revoke-token")]
pub(crate) async fn revoke_token(id: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let id = id.parse().map_err(|_| refuse(control::Error::NotFound("token")))?;
    visit()?.control.accounts.revoke_my_token(&actor()?, id).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

/// Ends one of one's sessions; the present one leads to the sign-in page.
#[server(prefix = "/actions", endpoint = "end-session")]
pub(crate) async fn end_session(id: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let id = id.parse().map_err(|_| refuse(control::Error::NotFound("session")))?;
    visit()?.control.accounts.end_session(&actor()?, &id).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

#[server(prefix = "/actions", endpoint = "end-other-sessions")]
pub(crate) async fn end_other_sessions() -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    visit()?.control.accounts.end_other_sessions(&actor()?).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}

/// Takes an identity from one's account; refused when it is the only way in.
#[server(prefix = "/actions", endpoint = "unlink-identity")]
pub(crate) async fn unlink(issuer: String, subject: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let (actor, control) = (actor()?, visit()?.control);
    let confirmed = control.accounts.confirm(&actor).map_err(|error| {
        redirect_plain_form(&crate::routes::confirm_then(crate::routes::PROFILE));
        refuse(error)
    })?;
    control.federation.unlink(confirmed, &issuer, &subject).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::PROFILE);
    Ok(())
}
