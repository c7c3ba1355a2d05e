//! The way in: a one-time code from the portal, which the app's host turns into a session of its own.
//!
//! The code travels in an address, so it must be worth nothing to a stranger who reads the address: it is good for one
//! use within half a minute, for one app, and only together with a nonce that the browser got from the app's host and
//! keeps in a cookie there.

use chrono::TimeDelta;
use domain::{
    app::{App, AppLabel},
    operation::OpenedKind,
    user::Scope,
};
use subtle::ConstantTimeEq;

use super::{Apps, is_wanted};
use crate::{
    Error,
    actor::Actor,
    ports::store::{AppSession, EntryPass, SessionKey, Transaction},
    secret,
};

/// A redirect takes milliseconds; a slow phone a few seconds.
const CODE_KEPT: TimeDelta = TimeDelta::seconds(30);
/// A browser that is opened with many tabs asks for all of them at once.
const MOST_CODES: u32 = 64;
/// Of one app in one browser: tabs that enter at the same time each get one, and only the last one's cookie stays.
const MOST_SESSIONS: u32 = 8;

/// A one-time code. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct EntryCode {
    pub text: String,
    pub app: App,
}

impl std::fmt::Debug for EntryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryCode").field("app", &self.app.id).finish_non_exhaustive()
    }
}

/// An app that was entered. `secret` is the only copy of what its cookie says; `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    pub secret: String,
    pub session: AppSession,
    pub app: App,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("app", &self.app.id).finish_non_exhaustive()
    }
}

impl Apps {
    /// A code for the actor's app of this label, good in the browser that has the nonce with this digest.
    pub async fn enter(
        &self,
        actor: &Actor,
        session: &SessionKey,
        label: &str,
        nonce_digest: &str,
    ) -> Result<EntryCode, Error> {
        // An app is a port of a node.
        actor.may(Scope::Ssh)?;
        let unknown = || Error::NotFound("app");
        let label: AppLabel = label.parse().map_err(|_| unknown())?;
        if !secret::is_digest(nonce_digest) {
            return Err(Error::EntryRefused);
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let app = actor.own(living(&mut *tx, &label).await?)?;
        if !app.enabled {
            return Err(Error::AppOff(app.title()));
        }
        if tx.session_user(session, now).await? != Some(actor.user) {
            return Err(Error::NoAppSession);
        }
        let text = secret::draw(&*self.entropy);
        let pass = EntryPass {
            digest: secret::cookie_digest(&text),
            app: app.id,
            user: actor.user,
            session: session.clone(),
            nonce: nonce_digest.to_owned(),
            expires_at: now + CODE_KEPT,
        };
        tx.insert_entry_pass(&pass, MOST_CODES, now).await?;
        tx.commit().await?;
        self.openings.note(actor, app.vcluster, app.node, OpenedKind::App, Some(app.port));
        tracing::info!(user = %actor.name, app = %app.id, vcluster = %app.vcluster, "entering an app");
        Ok(EntryCode { text, app })
    }

    /// Takes a code at the host of this label, from the browser with this nonce. Whatever is wrong with it, it is used up.
    pub async fn redeem(&self, label: &str, code: &str, nonce: &str) -> Result<Opened, Error> {
        let label: AppLabel = label.parse().map_err(|_| Error::EntryRefused)?;
        if !secret::is_well_formed(code) {
            return Err(Error::EntryRefused);
        }
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        let Some(pass) = tx.take_entry_pass(&secret::cookie_digest(code)).await? else {
            return Err(Error::EntryRefused);
        };
        let app = living(&mut *tx, &label)
            .await?
            .filter(|app| app.id == pass.app && app.enabled && app.owner == pass.user && pass.expires_at > now);
        let same_browser = bool::from(pass.nonce.as_bytes().ct_eq(secret::nonce_digest(nonce).as_bytes()));
        let signed_in = tx.session_user(&pass.session, now).await? == Some(pass.user);
        let Some(app) = app.filter(|_| same_browser && signed_in) else {
            tx.commit().await?;
            tracing::warn!(app = %pass.app, same_browser, signed_in, "a code for an app was refused, and is used up");
            return Err(Error::EntryRefused);
        };
        let secret = secret::draw(&*self.entropy);
        let digest = secret::cookie_digest(&secret);
        let session = AppSession { digest, app: app.id, session: pass.session, created_at: now };
        tx.insert_app_session(&session, MOST_SESSIONS).await?;
        tx.commit().await?;
        Ok(Opened { secret, session, app })
    }
}

/// The app of this label, unless its node or vcluster is being removed.
async fn living(tx: &mut dyn Transaction, label: &AppLabel) -> Result<Option<App>, Error> {
    let Some(app) = tx.app_labelled(label).await? else { return Ok(None) };
    let vcluster = tx.vcluster(app.vcluster).await?;
    let lives = vcluster.is_some_and(|vcluster| vcluster.node_by_id(app.node_id).is_some_and(is_wanted));
    Ok(lives.then_some(app))
}
