//! How much of what all share is taken: requests under way of one client behind a proxy, streams and terminals of one user.
//! Counts, and refuses; knows no limit by itself.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::Body;
use bytes::Bytes;
use domain::{UserId, quota_policy::Shares as Limits};
use http::Response;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

/// What is taken, and the client or user it counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A request under way, or what it was upgraded to.
    Client(IpAddr),
    /// A connection that lasts: terminals, feeds, exchanges with apps.
    Streams(UserId),
    Terminals(UserId),
}

/// How long what a user may take is remembered: every request to an app asks.
const GOOD_FOR: Duration = Duration::from_secs(5);
const MOST_REMEMBERED: usize = 8192;

/// All that is taken. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shares(Arc<Mutex<HashMap<Kind, u32>>>, Arc<Mutex<HashMap<UserId, (Instant, Limits)>>>);

impl Shares {
    /// What was said of the user a moment ago.
    pub(crate) fn limits(&self, user: UserId) -> Option<Limits> {
        let limits = self.1.lock();
        limits.get(&user).filter(|(since, _)| since.elapsed() < GOOD_FOR).map(|(_, limits)| *limits)
    }

    pub(crate) fn remember(&self, user: UserId, said: Limits) {
        let mut limits = self.1.lock();
        if limits.len() >= MOST_REMEMBERED {
            limits.clear();
        }
        limits.insert(user, (Instant::now(), said));
    }

    /// One more; `None` when there are as many as may be.
    pub(crate) fn take(&self, kind: Kind, most: u32) -> Option<Share> {
        let mut taken = self.0.lock();
        let count = taken.entry(kind).or_default();
        if *count >= most {
            if *count == 0 {
                taken.remove(&kind);
            }
            return None;
        }
        *count += 1;
        Some(Share(Arc::new(One { kind, all: self.clone() })))
    }
}

/// What is taken until the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Share(#[expect(dead_code, reason = "it is held, not read")] Arc<One>);

#[derive(Debug)]
struct One {
    kind: Kind,
    all: Shares,
}

impl Drop for One {
    fn drop(&mut self) {
        let mut taken = self.all.0.lock();
        if let Some(count) = taken.get_mut(&self.kind) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.kind);
            }
        }
    }
}

/// The same answer, which keeps something until its body is sent.
pub(crate) fn keep(response: Response<Body>, kept: impl Send + Unpin + 'static) -> Response<Body> {
    response.map(|body| Body::new(Keeping { body, _kept: kept }))
}

/// A body that keeps something until it is dropped.
#[derive(Debug)]
pub(super) struct Keeping<T> {
    pub(super) body: Body,
    pub(super) _kept: T,
}

impl<T: Unpin> hyper::body::Body for Keeping<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_given_as_may_be_and_one_more_when_one_has_ended() {
        let shares = Shares::default();
        let kind = Kind::Streams(UserId::new(uuid::Uuid::nil()));
        let first = shares.take(kind, 2).expect("room");
        let second = shares.take(kind, 2).expect("room");
        assert!(shares.take(kind, 2).is_none());
        assert!(shares.take(Kind::Terminals(UserId::new(uuid::Uuid::nil())), 2).is_some(), "of another kind");
        let clone = second.clone();
        drop(second);
        assert!(shares.take(kind, 2).is_none(), "a clone is the same one");
        drop((first, clone));
        assert!(shares.0.lock().is_empty(), "nothing is kept of what has ended");
        assert!(shares.take(kind, 0).is_none());
        assert!(shares.0.lock().is_empty());
    }
}
