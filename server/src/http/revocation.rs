//! Ends long connections (terminals, event streams) soon after their user has signed out or was locked.
//!
//! A connection was allowed when it began. Whoever then signs out, or is locked from the command line (another process),
//! must not go on typing. One task looks at every credential in use about twice a second, however many connections stand on it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use control::Control;
use domain::UserId;
use parking_lot::Mutex;
use store::SessionStore;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower_sessions::{SessionStore as _, session};

use super::ending::Ending;

const EVERY: Duration = Duration::from_millis(400);

/// What proved who the user is. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    Session(session::Id),
    Token(Arc<str>),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session",
            Self::Token(_) => "Token",
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
}

/// One connection's watch on its credential; dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    credential: Credential,
    revoked: CancellationToken,
    all: Revocations,
}

impl Watch {
    /// Returns once the credential is not good any more.
    pub async fn revoked(&self) {
        self.revoked.cancelled().await;
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
        if entry.watches == 0 {
            watched.remove(&self.credential);
        }
    }
}

impl Revocations {
    pub fn watch(&self, credential: Credential) -> Watch {
        let mut watched = self.0.watched.lock();
        let entry = watched.entry(credential.clone()).or_default();
        entry.watches += 1;
        self.0.begun.notify_one();
        Watch { credential, revoked: entry.revoked.clone(), all: self.clone() }
    }

    /// Looks until the ending begins.
    pub async fn run(self, control: Control, sessions: SessionStore, ending: Ending) {
        let looking = async {
            loop {
                let credentials: Vec<Credential> = self.0.watched.lock().keys().cloned().collect();
                if credentials.is_empty() {
                    self.0.begun.notified().await;
                    continue;
                }
                for credential in credentials {
                    // While the database does not answer, nobody is thrown out.
                    if is_good(&credential, &control, &sessions).await == Some(false) {
                        self.revoke(&credential);
                    }
                }
                tokio::time::sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = looking => {}
            () = ending.begun() => {}
        }
    }

    fn revoke(&self, credential: &Credential) {
        let mut watched = self.0.watched.lock();
        if let Some(entry) = watched.remove(credential) {
            tracing::info!(
                connections = entry.watches,
                "closing connections of somebody who has signed out or was locked"
            );
            entry.revoked.cancel();
        }
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
}
