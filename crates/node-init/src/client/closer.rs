//! Closing what a node may have made slow to close, on a thread of that node's own.
//!
//! The kernel releases a descriptor in the thread that closes its last copy, and some releases wait: a TCP socket that
//! lingers (SO_LINGER) for its unsent data, a unix socket with such a socket unread in its queue. So nothing that a node has
//! passed, or that it may have filled, is closed on a thread of the runtime. A close that does not end holds up the closes
//! of its own node only, and a node with too many of them is not read from any more.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Two messages full of descriptors. What was not asked for is rare, so a node with more of it waiting has jammed its thread.
const MOST_UNASKED: usize = 512;
/// A node whose connections all end at once has some thousand to close; they are gone within milliseconds.
const MOST: usize = 8192;
/// Enough for a system call.
const STACK: usize = 64 * 1024;

/// One for each node that is talked to, by its run directory.
static CLOSERS: Mutex<Closers> = Mutex::new(Closers { of: BTreeMap::new(), tidy_at: 64 });

#[derive(Debug)]
struct Closers {
    of: BTreeMap<PathBuf, Arc<Closer>>,
    /// When there are that many, those without work and without users are forgotten.
    tidy_at: usize,
}

/// The closer of one node.
#[derive(Debug, Default)]
pub struct Closer(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(OwnedFd, Origin)>,
    /// Those of the waiting that were not asked for.
    unasked: usize,
    at_work: bool,
}

/// Where a descriptor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A connection of ours.
    Connection,
    /// The node passed it unasked.
    Unasked,
}

impl Closer {
    pub(super) fn of(run_dir: &Path) -> Arc<Self> {
        let mut closers = lock(&CLOSERS);
        if let Some(closer) = closers.of.get(run_dir) {
            return Arc::clone(closer);
        }
        if closers.of.len() >= closers.tidy_at {
            closers.of.retain(|_, closer| Arc::strong_count(closer) > 1 || !lock(&closer.0).waiting.is_empty());
            closers.tidy_at = 2 * closers.of.len() + 64;
        }
        Arc::clone(closers.of.entry(run_dir.to_owned()).or_default())
    }

    /// Closes it soon, elsewhere.
    pub(super) fn close(self: &Arc<Self>, descriptor: OwnedFd, origin: Origin) {
        let mut queue = lock(&self.0);
        queue.waiting.push_back((descriptor, origin));
        queue.unasked += usize::from(origin == Origin::Unasked);
        if !queue.at_work {
            let closer = Arc::clone(self);
            let thread = std::thread::Builder::new().name("node-closer".into()).stack_size(STACK);
            // Where no thread is to be had, the next close tries again. Until then it waits here.
            queue.at_work = thread.spawn(move || closer.work()).is_ok();
        }
    }

    /// Whether so much waits to be closed that no more may be received.
    pub(super) fn is_overrun(&self) -> bool {
        let queue = lock(&self.0);
        queue.unasked > MOST_UNASKED || queue.waiting.len() > MOST
    }

    fn work(&self) {
        while let Some((descriptor, origin)) = self.next() {
            drop(descriptor);
            if origin == Origin::Unasked {
                lock(&self.0).unasked -= 1;
            }
        }
    }

    fn next(&self) -> Option<(OwnedFd, Origin)> {
        let mut queue = lock(&self.0);
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.at_work = false;
            queue.waiting.shrink_to(16);
        }
        next
    }
}

/// Nothing panics while it holds one of these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
