//! Ends long connections (terminals, event streams) soon after their user has signed out or was locked.
//!
//! A connection was allowed when it began. A user who then signs out, or is locked from the command line (another process),
//! must not go on typing. One task looks at every credential in use about twice a second, however many connections stand on it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use control::{Control, ports::clock::Clock};
use domain::UserId;
use futures::{StreamExt as _, stream};
use parking_lot::Mutex;
use store::SessionStore;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use tower_sessions::{SessionStore as _, session};

use super::{session::written_every, shutdown::Shutdown};

const EVERY: Duration = Duration::from_millis(400);
// What people are promised is a second, and a look takes time, too.
const _: () = assert!(EVERY.as_millis() <= 500);
/// So many credentials are looked at at the same time.
const AT_ONCE: usize = 32;
/// For what goes through connections of apps when dockletd ends.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// What proved who the user is. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    Session(session::Id),
    Token(Arc<str>),
    /// The visit of an app, by the digest of its cookie.
    App(Arc<str>),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session",
            Self::Token(_) => "Token",
            Self::App(_) => "App",
        })
    }
}

#[derive(Debug, Clone, Default)]
pub struct Revocations(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    watched: Mutex<HashMap<Credential, Entry>>,
    /// Told when the first watch begins.
    begun: Notify,
}

#[derive(Debug, Default)]
struct Entry {
    revoked: CancellationToken,
    watches: usize,
    /// A person has done something over one of the connections since that was last written down.
    used: Arc<AtomicBool>,
    /// Connections that are use for as long as they are open.
    open: usize,
    /// When use was last written down.
    written: Option<Instant>,
}

/// How use of a long connection keeps its session alive: typing in a terminal is no request.
#[derive(Clone)]
pub struct Renewal {
    pub clock: Arc<dyn Clock>,
    /// How long a session lives without being used.
    pub idle: Duration,
}

impl std::fmt::Debug for Renewal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renewal").field("idle", &self.idle).finish_non_exhaustive()
    }
}

/// One connection's watch on its credential; dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    credential: Credential,
    revoked: CancellationToken,
    used: Arc<AtomicBool>,
    /// Counted in [`Entry::open`].
    open: bool,
    all: Revocations,
}

impl Watch {
    /// Returns once the credential is not good any more.
    pub async fn revoked(&self) {
        self.revoked.cancelled().await;
    }

    /// Cancelled then.
    pub fn ended(&self) -> CancellationToken {
        self.revoked.clone()
    }

    /// The person has just done something over this connection: their session lives on. Costs nothing worth counting.
    pub fn used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.all.0.watched.lock();
        // Then its entry is gone already, and one under the same credential is of later connections.
        if self.revoked.is_cancelled() {
            return;
        }
        let Some(entry) = watched.get_mut(&self.credential) else { return };
        entry.watches -= 1;
        entry.open -= usize::from(self.open);
        if entry.watches == 0 {
            watched.remove(&self.credential);
        }
    }
}

impl Revocations {
    pub fn watch(&self, credential: Credential) -> Watch {
        self.begin(credential, false)
    }

    /// For a connection that is use of its session for as long as it is open, such as a page that shows what happens.
    pub fn watch_open(&self, credential: Credential) -> Watch {
        self.begin(credential, true)
    }

    fn begin(&self, credential: Credential, open: bool) -> Watch {
        let mut watched = self.0.watched.lock();
        let entry = watched.entry(credential.clone()).or_default();
        entry.watches += 1;
        entry.open += usize::from(open);
        self.0.begun.notify_one();
        Watch { credential, revoked: entry.revoked.clone(), used: entry.used.clone(), open, all: self.clone() }
    }

    /// Looks until the shutdown begins.
    pub async fn run(self, control: Control, sessions: SessionStore, renewal: Renewal, shutdown: Shutdown) {
        tokio::select! {
            () = self.keep_looking(&control, &sessions) => {}
            // Beside it: a write may have to wait for another one, and no end must wait with it.
            () = self.keep_putting_off(&sessions, &renewal) => {}
            () = shutdown.begun() => {}
        }
        self.end_apps().await;
    }

    async fn keep_looking(&self, control: &Control, sessions: &SessionStore) {
        loop {
            let credentials: Vec<Credential> = self.0.watched.lock().keys().cloned().collect();
            if credentials.is_empty() {
                self.0.begun.notified().await;
                continue;
            }
            // One after the other, a user who holds many open would put off the end of other users' connections.
            let look = |credential| async move {
                // While the database does not answer, no connection is ended.
                if is_good(&credential, control, sessions).await == Some(false) {
                    self.revoke(&credential);
                }
            };
            stream::iter(credentials).for_each_concurrent(AT_ONCE, look).await;
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn keep_putting_off(&self, sessions: &SessionStore, renewal: &Renewal) {
        let every = written_every(renewal.idle);
        loop {
            tokio::time::sleep(EVERY).await;
            let mut credentials: Vec<Credential> = self.0.watched.lock().keys().cloned().collect();
            credentials.retain(|credential| self.take_used(credential, every));
            for credential in &credentials {
                put_off(credential, sessions, renewal).await;
            }
        }
    }

    /// What goes through an app's connection is not ours to end politely: it is given a moment, then it is cut.
    async fn end_apps(&self) {
        tokio::time::sleep(LAST_MOMENT).await;
        let mut watched = self.0.watched.lock();
        watched.retain(|credential, entry| {
            let is_app = matches!(credential, Credential::App(_));
            if is_app {
                entry.revoked.cancel();
            }
            !is_app
        });
    }

    /// Whether there is use to be written down now; it counts as written then.
    fn take_used(&self, credential: &Credential, every: Duration) -> bool {
        let mut watched = self.0.watched.lock();
        let Some(entry) = watched.get_mut(credential) else { return false };
        let due = entry.written.is_none_or(|written| written.elapsed() >= every);
        let used = due && (entry.open > 0 || entry.used.load(Ordering::Relaxed));
        if used {
            entry.used.store(false, Ordering::Relaxed);
            entry.written = Some(Instant::now());
        }
        used
    }

    fn revoke(&self, credential: &Credential) {
        let mut watched = self.0.watched.lock();
        if let Some(entry) = watched.remove(credential) {
            tracing::info!(
                connections = entry.watches,
                "closing connections of a user who has signed out or was locked"
            );
            entry.revoked.cancel();
        }
    }
}

/// Writes down that a session was used, as often as requests through it do.
async fn put_off(credential: &Credential, sessions: &SessionStore, renewal: &Renewal) {
    let Credential::Session(id) = credential else { return };
    let now = renewal.clock.now();
    let until = chrono::TimeDelta::from_std(renewal.idle).ok().and_then(|idle| now.checked_add_signed(idle));
    if let Err(error) = sessions.put_off(id, now, until.unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)).await {
        // The next use tries again; until then the session ends when it would have.
        tracing::warn!(%error, "cannot write down that a session is used");
    }
}

/// `None` when it cannot be found out now.
async fn is_good(credential: &Credential, control: &Control, sessions: &SessionStore) -> Option<bool> {
    match credential {
        Credential::Token(token) => match control.accounts.actor_by_token(token).await {
            Ok(_) => Some(true),
            Err(control::Error::BadToken) => Some(false),
            Err(_) => None,
        },
        Credential::App(session) => control.apps.admitted(session).await.ok(),
        Credential::Session(id) => {
            let record = sessions.load(id).await.ok()?;
            let user = record.and_then(|record| record.data.get(store::SESSION_USER).cloned());
            let Some(user) = user.and_then(|user| serde_json::from_value::<UserId>(user).ok()) else {
                return Some(false);
            };
            control.accounts.actor(user).await.ok().map(|actor| actor.is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(text: &str) -> Credential {
        Credential::Token(text.into())
    }

    #[tokio::test]
    async fn every_watch_on_a_revoked_credential_ends_and_no_other() {
        let all = Revocations::default();
        let (first, second, other) =
            (all.watch(credential("a")), all.watch(credential("a")), all.watch(credential("b")));
        all.revoke(&credential("a"));
        first.revoked().await;
        second.revoked().await;
        assert!(futures::poll!(std::pin::pin!(other.revoked())).is_pending());
    }

    #[test]
    fn nothing_is_kept_for_connections_that_have_ended() {
        let all = Revocations::default();
        let (first, second) = (all.watch(credential("a")), all.watch(credential("a")));
        drop(first);
        assert_eq!(all.0.watched.lock().len(), 1);
        drop(second);
        assert!(all.0.watched.lock().is_empty());
    }

    #[test]
    fn a_watch_from_before_a_revocation_does_not_end_one_from_after() {
        let all = Revocations::default();
        let old = all.watch(credential("a"));
        all.revoke(&credential("a"));
        let new = all.watch(credential("a"));
        drop(old);
        assert_eq!(all.0.watched.lock().len(), 1);
        assert!(!new.revoked.is_cancelled());
    }

    #[test]
    fn debug_shows_no_token() {
        assert!(!format!("{:?}", credential("dkl_secret")).contains("secret"));
    }

    #[tokio::test(start_paused = true)]
    async fn use_is_written_down_once_in_a_while_and_only_when_there_was_some() {
        let every = Duration::from_secs(60);
        let all = Revocations::default();
        let typing = all.watch(credential("a"));
        assert!(!all.take_used(&credential("a"), every), "nobody has typed");
        typing.used();
        assert!(all.take_used(&credential("a"), every));
        typing.used();
        assert!(!all.take_used(&credential("a"), every), "written a moment ago");
        tokio::time::advance(every).await;
        assert!(all.take_used(&credential("a"), every), "nothing was lost");
        tokio::time::advance(every).await;
        assert!(!all.take_used(&credential("a"), every));
        let stream = all.watch_open(credential("a"));
        assert!(all.take_used(&credential("a"), every), "an open page is use by itself");
        drop(stream);
        tokio::time::advance(every).await;
        assert!(!all.take_used(&credential("a"), every));
    }
}
