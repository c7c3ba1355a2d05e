//! The queue before argon2: few work at a time, in memory that is used again and given back, and each asker has a share of
//! the places. Knows no password.

use std::{collections::HashMap, sync::Arc};

use argon2::Block;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;

/// So many work at the same time …
const AT_ONCE: usize = 2;
/// … and so many may wait for their turn: some seconds of work. Waiting costs next to nothing.
const WAITING: usize = 256;
/// glibc gives an allocation of more than 32 MiB pages of its own, always, and they go back to the system with it. What is
/// smaller may come from one of its many arenas and stay there: sixty sign-ins at once left 340 MB behind. Only pages that
/// are written count.
const MAPPED_BLOCKS: usize = 33 * 1024 * 1024 / Block::SIZE;

/// An asker's share of the places: a client that repeats a right password, or guesses at many accounts from one address, leaves
/// places to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) key: String,
    pub(super) most: usize,
}

#[derive(Clone)]
pub(super) struct Queue {
    turns: Arc<Semaphore>,
    room: Arc<Mutex<Room>>,
}

#[derive(Default)]
struct Room {
    taken: usize,
    of: HashMap<String, usize>,
    /// What is not used at the moment; dropped when no work runs or waits.
    idle: Vec<Memory>,
}

impl Default for Queue {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), room: Arc::default() }
    }
}

impl Queue {
    /// Waits for a turn. Refused when too many wait already, all together or of one share.
    pub(super) async fn turn(&self, shares: &[Share]) -> Result<Turn, Error> {
        let place = self.place(shares).ok_or(Error::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Error::Busy)?;
        Ok(Turn { _turn: turn, place })
    }

    fn place(&self, shares: &[Share]) -> Option<Place> {
        let mut room = self.room.lock();
        let full = |share: &Share| room.of.get(&share.key).is_some_and(|taken| *taken >= share.most);
        if room.taken >= AT_ONCE + WAITING || shares.iter().any(full) {
            return None;
        }
        room.taken += 1;
        for share in shares {
            *room.of.entry(share.key.clone()).or_default() += 1;
        }
        let keys = shares.iter().map(|share| share.key.clone()).collect();
        Some(Place { keys, room: self.room.clone() })
    }
}

/// A place for work that runs or waits.
struct Place {
    keys: Vec<String>,
    room: Arc<Mutex<Room>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut room = self.room.lock();
        room.taken -= 1;
        for key in &self.keys {
            if let Some(taken) = room.of.get_mut(key) {
                *taken -= 1;
                if *taken == 0 {
                    room.of.remove(key);
                }
            }
        }
        if room.taken == 0 {
            room.idle = Vec::new();
        }
    }
}

/// Leave to work now, until it is dropped; there are [`AT_ONCE`].
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    place: Place,
}

impl Turn {
    /// The turn goes with the work: a caller that stops waiting for the answer makes no room before the work is done.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<(T, Self), Error> {
        let work = move || {
            let idle = self.place.room.lock().idle.pop();
            let mut memory = idle.unwrap_or_default();
            let done = work(&mut memory);
            self.place.room.lock().idle.push(memory);
            (done, self)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Busy)
    }
}

/// What argon2 works in.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, with whatever was left in them: argon2 writes each before it reads it.
    pub(super) fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.reserve_exact(count.max(MAPPED_BLOCKS) - self.0.len());
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(key: &str, most: usize) -> Share {
        Share { key: key.into(), most }
    }

    #[tokio::test]
    async fn a_flood_is_refused_instead_of_queued_without_end() {
        let queue = Queue::default();
        let places: Vec<_> = (0..1000).filter_map(|_| queue.place(&[])).collect();
        assert_eq!(places.len(), AT_ONCE + WAITING);
        assert!(matches!(queue.turn(&[]).await, Err(Error::Busy)));
        drop(places);
        queue.turn(&[]).await.expect("every place is free again");
    }

    #[test]
    fn nobody_s_flood_takes_the_places_of_others() {
        let queue = Queue::default();
        let (ada, address) = (share("ada", 4), share("192.0.2.7", 6));
        let flood: Vec<_> = (0..100).filter_map(|_| queue.place(&[ada.clone(), address.clone()])).collect();
        assert_eq!(flood.len(), 4, "one account");
        let more: Vec<_> =
            (0..100).filter_map(|n| queue.place(&[share(&format!("user {n}"), 4), address.clone()])).collect();
        assert_eq!(more.len(), 2, "one address");
        assert!(queue.place(&[share("bob", 4), share("198.51.100.1", 6)]).is_some());
        drop((flood, more));
        let room = queue.room.lock();
        assert!(room.taken == 0 && room.of.is_empty(), "nothing is kept of those who have left");
    }

    #[tokio::test]
    async fn few_work_at_a_time_in_the_same_memory_and_nothing_is_kept_when_all_have_left() {
        let queue = Queue::default();
        let work = |_| async {
            let turn = queue.turn(&[]).await.expect("a turn");
            let (used, turn) = turn.run(|memory| memory.blocks(64).len()).await.expect("done");
            let idle = turn.place.room.lock().idle.len();
            (used, idle)
        };
        let done = futures::future::join_all((0..40).map(work)).await;
        assert!(done.iter().all(|(used, idle)| *used == 64 && *idle <= AT_ONCE), "{done:?}");
        assert!(queue.room.lock().idle.is_empty());
    }
}
