//! What watchers see: a feed of changes per owner, live, and from any point that is still kept.
//!
//! The record keeps the events; the channel here only spares watchers from reading it again and again.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use domain::UserId;
use futures::{Stream, stream};
use tokio::sync::{Mutex, broadcast};

use crate::{
    Error,
    actor::Actor,
    ports::store::{BoxedError, Store, StoreError, StoredEvent, Transaction},
};

/// How many events a watcher may be behind before it reads the record again.
const CHANNEL: usize = 1024;
/// How many events are read from the record at a time.
const BATCH: u32 = 200;
/// How long a caller waits for a commit.
const COMMIT: Duration = Duration::from_secs(10);

/// One thing a watcher gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed {
    Event(StoredEvent),
    /// Events were missed that are not kept any more; continue behind `sequence` and read the lists again.
    Resync {
        sequence: i64,
    },
}

#[derive(Clone)]
pub struct Events {
    store: Arc<dyn Store>,
    live: broadcast::Sender<Arc<StoredEvent>>,
    /// Held from commit to send, so that watchers see events in the order of their sequence.
    order: Arc<Mutex<()>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("watchers", &self.live.receiver_count()).finish_non_exhaustive()
    }
}

impl Events {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, live: broadcast::channel(CHANNEL).0, order: Arc::default() }
    }

    /// Commits the transaction that appended these events, shows them to watchers, then does what follows from the commit.
    ///
    /// In a task of its own: a caller that is dropped in the middle (its client has gone away) must not leave a commit
    /// behind that no watcher hears of. For the same reason a caller who has waited long enough leaves while the task
    /// goes on finding out, with a database that was lost, what has become of the commit.
    pub(crate) async fn commit(
        &self,
        tx: Box<dyn Transaction>,
        events: Vec<StoredEvent>,
        then: impl FnOnce() + Send + 'static,
    ) -> Result<(), StoreError> {
        let (order, live) = (self.order.clone(), self.live.clone());
        let commit = tokio::spawn(async move {
            let _in_order = order.lock().await;
            tx.commit().await?;
            for event in events {
                // Fails only when there is no watcher.
                let _ = live.send(Arc::new(event));
            }
            then();
            Ok(())
        });
        let unknown = |ended: BoxedError| Err(StoreError::Unavailable(ended));
        match tokio::time::timeout(COMMIT, commit).await {
            Ok(committed) => committed.unwrap_or_else(|ended| unknown(ended.into())),
            Err(late) => unknown(late.into()),
        }
    }

    /// Every owner's events from now on, for control itself.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<StoredEvent>> {
        self.live.subscribe()
    }

    /// Where the feed is now. Read it before a list, then subscribe behind it: nothing is missed in between.
    pub async fn position(&self) -> Result<i64, Error> {
        Ok(self.store.last_event().await?)
    }

    /// The actor's events behind `after`, then live; with `None` only live ones.
    pub async fn subscribe(
        &self,
        actor: &Actor,
        after: Option<i64>,
    ) -> Result<impl Stream<Item = Result<Feed, Error>> + Send + use<>, Error> {
        // Subscribed before the record is read, so that nothing falls between.
        let live = self.live.subscribe();
        let now = self.store.last_event().await?;
        let (last, reread) = match after {
            None => (now, false),
            Some(after) => (after, after != now),
        };
        let watcher =
            Watcher { store: self.store.clone(), owner: actor.user, live, last, reread, ready: VecDeque::new() };
        Ok(stream::unfold(watcher, |mut watcher| async move { watcher.next().await.map(|item| (item, watcher)) }))
    }
}

struct Watcher {
    store: Arc<dyn Store>,
    owner: UserId,
    live: broadcast::Receiver<Arc<StoredEvent>>,
    /// The sequence of the last event that was passed on.
    last: i64,
    /// There may be events behind `last` that come only from the record.
    reread: bool,
    ready: VecDeque<StoredEvent>,
}

impl Watcher {
    async fn next(&mut self) -> Option<Result<Feed, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.last = event.sequence;
                return Some(Ok(Feed::Event(event)));
            }
            if self.reread {
                match self.read_record().await {
                    Ok(None) => continue,
                    Ok(Some(feed)) => return Some(Ok(feed)),
                    Err(error) => return Some(Err(error)),
                }
            }
            match self.live.recv().await {
                Ok(event) if event.owner == self.owner && event.sequence > self.last => {
                    self.last = event.sequence;
                    return Some(Ok(Feed::Event((*event).clone())));
                }
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => self.reread = true,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// Fills `ready` from the record; a `Resync` when the record does not reach back that far.
    async fn read_record(&mut self) -> Result<Option<Feed>, Error> {
        let newest = self.store.last_event().await?;
        // A position from the future is one of another record: this one was restored or begun anew.
        let kept =
            if self.last > newest { None } else { self.store.events_after(self.owner, self.last, BATCH).await? };
        let Some(events) = kept else {
            self.last = newest;
            self.reread = false;
            return Ok(Some(Feed::Resync { sequence: newest }));
        };
        self.reread = u32::try_from(events.len()).is_ok_and(|read| read == BATCH);
        self.ready.extend(events);
        Ok(None)
    }
}
