//! What users reach into their nodes with, in the history of their vclusters: from where, by what, and not more often than a
//! person wants to know.
//!
//! Written in the background: opening neither waits for it nor fails with it. Knows nothing of what goes through.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    OperationId, TokenId, UserId, VclusterId,
    name::NodeName,
    operation::{Opened, OpenedKind, Operation},
};
use parking_lot::Mutex;

use crate::{
    Ports,
    actor::Actor,
    ports::{
        clock::{Clock, Entropy},
        store::{Store, StoreError},
    },
};

/// Copying many files is hundreds of connections a minute, and one thing to know.
const NOT_AGAIN_FOR: TimeDelta = TimeDelta::hours(1);
/// Per user and kind within that time: a scan of a node's ports neither fills the record nor hides a key.
const MOST: usize = 32;

#[derive(Clone)]
pub(crate) struct Openings {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    told: Arc<Told>,
    fails: Arc<AtomicBool>,
}

/// What is one thing to know, however often it happens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    user: UserId,
    /// Two tokens may have one name.
    token: Option<TokenId>,
    vcluster: VclusterId,
    opened: Opened,
}

/// What was told within the last hour, and when.
#[derive(Debug, Default)]
struct Told(Mutex<HashMap<Key, DateTime<Utc>>>);

impl Openings {
    pub(crate) fn new(ports: &Ports) -> Self {
        let Ports { store, clock, entropy, .. } = ports.clone();
        Self { store, clock, entropy, told: Arc::default(), fails: Arc::default() }
    }

    /// The actor has got in.
    pub(crate) fn note(
        &self,
        actor: &Actor,
        vcluster: VclusterId,
        node: NodeName,
        what: OpenedKind,
        port: Option<u16>,
    ) {
        let token = actor.token.as_ref();
        let opened = Opened { node, what, port, address: actor.address, token: token.map(|token| token.name.clone()) };
        let key = Key { user: actor.user, token: token.map(|token| token.id), vcluster, opened };
        let now = self.clock.now();
        if self.told.is_news(&key, now) {
            tokio::spawn(self.clone().tell(key, now));
        }
    }

    async fn tell(self, key: Key, now: DateTime<Utc>) {
        match self.write(&key, now).await {
            Ok(()) => self.fails.store(false, Ordering::Relaxed),
            Err(error) => {
                // The next one like it tries again.
                self.told.forget(&key);
                if !self.fails.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "what users open cannot be written into the activity; this is said once");
                }
            }
        }
    }

    async fn write(&self, key: &Key, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        // Deleted since: its history is over.
        let Some(vcluster) = tx.vcluster(key.vcluster).await? else { return Ok(()) };
        let opened = Operation::opened(OperationId::new(self.entropy.id(now)), key.opened.clone(), now);
        tx.note_happening(&vcluster, &opened.asked_by(key.user)).await?;
        tx.commit().await
    }
}

impl Told {
    /// Takes note of it at once: of many that come together, one is news.
    fn is_news(&self, key: &Key, now: DateTime<Utc>) -> bool {
        let mut told = self.0.lock();
        let is_recent = |at: &DateTime<Utc>| (now - *at).abs() < NOT_AGAIN_FOR;
        if told.get(key).is_some_and(is_recent) {
            return false;
        }
        // Only what is new pays for the tidying.
        told.retain(|_, at| is_recent(at));
        let is_alike = |other: &&Key| other.user == key.user && other.opened.what == key.opened.what;
        if told.keys().filter(is_alike).count() >= MOST {
            return false;
        }
        told.insert(key.clone(), now);
        true
    }

    fn forget(&self, key: &Key) {
        self.0.lock().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn port(user: u128, port: u16) -> Key {
        of_kind(user, OpenedKind::Port, port)
    }

    fn of_kind(user: u128, what: OpenedKind, port: u16) -> Key {
        let opened = Opened { node: NodeName::new(0), what, port: Some(port), address: None, token: None };
        let vcluster = VclusterId::new(Uuid::from_u128(user));
        Key { user: UserId::new(Uuid::from_u128(user)), token: None, vcluster, opened }
    }

    #[test]
    fn the_same_is_news_again_after_an_hour_or_when_it_was_not_written() {
        let told = Told::default();
        let asked = |minutes| told.is_news(&port(1, 80), at(minutes));
        assert_eq!([0, 0, 59, 60, 61].map(asked), [true, false, false, true, false]);
        told.forget(&port(1, 80));
        assert!(asked(62));
        assert!(asked(-120), "the clock was set back");
    }

    #[test]
    fn what_one_user_opens_is_bounded_and_takes_nothing_from_another() {
        let told = Told::default();
        let news =
            |user, minutes| (0..10_000).filter(|port_of| told.is_news(&port(user, *port_of), at(minutes))).count();
        assert_eq!((news(1, 0), news(2, 0), news(1, 59)), (MOST, MOST, 0));
        assert!(told.is_news(&of_kind(1, OpenedKind::SshKey, 0), at(59)), "noise hides no key");
        assert_eq!(told.0.lock().len(), 2 * MOST + 1);
        assert_eq!(news(1, 60), MOST);
        assert_eq!(told.0.lock().len(), MOST + 1, "what is old is forgotten");
    }
}
