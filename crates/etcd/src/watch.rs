//! Lists, then watches from the very next revision, so nothing is missed and nothing comes twice. Knows neither assignments
//! nor reports; a [`View`] makes the port's events of what is seen.

pub(crate) mod assignments;
pub(crate) mod reports;

use std::collections::VecDeque;

use control::ports::coordination::CoordinationError;
use etcd_client::{EventType, WatchOptions, WatchResponse, WatchStream};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use crate::{
    etcd::Etcd,
    fault::unavailable,
    keys::Range,
    link::watcher,
    record::{Stored, Unreadables},
};

/// One key that was written or deleted. Of a deleted one there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) stored: Stored,
    pub(crate) deleted: bool,
}

/// What follows from changes.
#[derive(Debug)]
pub(crate) struct Outcome<E> {
    pub(crate) events: Vec<Result<E, CoordinationError>>,
    /// Something changed that only a new snapshot can tell.
    pub(crate) look_again: bool,
}

/// Makes a port's events of keys and values. Pure, but for what it remembers as told.
pub(crate) trait View: Send + 'static {
    type Event: Send + 'static;

    /// What to list and to watch.
    fn ranges(&self) -> Vec<Range>;

    fn snapshot(&self, listed: &[Stored], unreadables: &Unreadables) -> Vec<Result<Self::Event, CoordinationError>>;

    fn changes(&self, changes: &[Change], unreadables: &Unreadables) -> Outcome<Self::Event>;
}

pub(crate) type Events<E> = BoxStream<'static, Result<E, CoordinationError>>;

/// The view's events from now on. The stream ends behind its first [`CoordinationError::Unavailable`].
pub(crate) async fn begin<V: View + Sync>(etcd: &Etcd, view: V) -> Result<Events<V::Event>, CoordinationError> {
    let mut queue = VecDeque::new();
    let (stream, since) = open(etcd, &view, &mut queue).await?;
    let watch = Watch { etcd: etcd.clone(), view, stream, since, queue, ended: false };
    Ok(stream::unfold(watch, |mut watch| async move { watch.next().await.map(|item| (item, watch)) }).boxed())
}

type Queue<E> = VecDeque<Result<E, CoordinationError>>;

struct Watch<V: View> {
    etcd: Etcd,
    view: V,
    stream: WatchStream,
    /// The revision of the last snapshot: older changes are in it already.
    since: i64,
    queue: Queue<V::Event>,
    ended: bool,
}

impl<V: View + Sync> Watch<V> {
    async fn next(&mut self) -> Option<Result<V::Event, CoordinationError>> {
        loop {
            if self.ended {
                return None;
            }
            if let Some(item) = self.queue.pop_front() {
                self.ended |= matches!(item, Err(CoordinationError::Unavailable(_)));
                return Some(item);
            }
            if let Err(error) = self.receive().await {
                self.ended = true;
                return Some(Err(error));
            }
        }
    }

    async fn receive(&mut self) -> Result<(), CoordinationError> {
        let response = match self.stream.message().await {
            Ok(Some(response)) => response,
            Ok(None) => return Err(CoordinationError::Unavailable("etcd has ended the watch".into())),
            Err(error) => return Err(unavailable(&error)),
        };
        if response.canceled() && response.compact_revision() > 0 {
            // We were away, or too slow, for longer than etcd keeps its history: begin anew.
            tracing::info!(
                compacted = response.compact_revision(),
                "the watch fell behind etcd's history and begins anew"
            );
            (self.stream, self.since) = open(&self.etcd, &self.view, &mut self.queue).await?;
            return Ok(());
        }
        if response.canceled() {
            return Err(CoordinationError::Unavailable(format!(
                "etcd has cancelled the watch: {}",
                response.cancel_reason()
            )));
        }
        let outcome = self.view.changes(&changes(&response, self.since), &self.etcd.unreadables);
        self.queue.extend(outcome.events);
        if outcome.look_again {
            let (listed, revision) = self.etcd.list(&self.view.ranges()).await?;
            if revision < response.header().map(etcd_client::ResponseHeader::revision).unwrap_or_default() {
                return Err(CoordinationError::Unavailable("etcd has come back with an older copy of its data".into()));
            }
            self.queue.extend(self.view.snapshot(&listed, &self.etcd.unreadables));
            self.since = revision;
        }
        Ok(())
    }
}

/// Lists into the queue and opens a watch that continues exactly there; returns it with the revision of the list.
async fn open<V: View>(
    etcd: &Etcd,
    view: &V,
    queue: &mut Queue<V::Event>,
) -> Result<(WatchStream, i64), CoordinationError> {
    let ranges = view.ranges();
    let (listed, revision) = etcd.list(&ranges).await?;
    let ranges = ranges.as_slice();
    let stream = etcd.link.call(|client| async move {
        let from_next =
            |range: &Range| WatchOptions::new().with_range(range.to.as_str()).with_start_revision(revision + 1);
        let (first, others) =
            ranges.split_first().ok_or_else(|| etcd_client::Error::Internal("nothing to watch".into()))?;
        let mut stream = watcher(&client).watch(first.from.as_str(), Some(from_next(first))).await?;
        for range in others {
            stream.watch(range.from.as_str(), Some(from_next(range))).await?;
        }
        Ok(stream)
    });
    let stream = stream.await?;
    queue.extend(view.snapshot(&listed, &etcd.unreadables));
    Ok((stream, revision))
}

/// What happened after `since`, in order.
fn changes(response: &WatchResponse, since: i64) -> Vec<Change> {
    let events = response.events().iter().filter_map(|event| {
        let kv = event.kv().filter(|kv| kv.mod_revision() > since)?;
        Some(Change { stored: Stored::from(kv), deleted: event.event_type() == EventType::Delete })
    });
    events.collect()
}
