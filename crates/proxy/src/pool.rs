//! Connections to apps that are not used at the moment.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use domain::NodeId;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::connection::AppConnection;

/// A node that was restarted is another one, and so is an app that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) node: NodeId,
    pub(crate) port: u16,
    pub(crate) generation: u64,
}

#[derive(Debug)]
pub(crate) struct Pool {
    idle: Duration,
    per_app: usize,
    total: usize,
    resting: Mutex<Resting>,
}

#[derive(Debug, Default)]
struct Resting {
    connections: HashMap<Key, Vec<(Instant, Box<AppConnection>)>>,
    count: usize,
    /// A task looks after them.
    swept: bool,
}

impl Pool {
    pub(crate) fn new(idle: Duration, per_app: usize, total: usize) -> Arc<Self> {
        Arc::new(Self { idle, per_app, total, resting: Mutex::default() })
    }

    /// The connection used last, if it has rested no longer than this and still stands.
    pub(crate) fn take(&self, key: &Key, rested: Duration) -> Option<Box<AppConnection>> {
        loop {
            let (since, mut connection) = {
                let mut resting = self.resting.lock();
                let taken = resting.connections.get_mut(key)?.pop()?;
                resting.count -= 1;
                taken
            };
            if since.elapsed() > rested.min(self.idle) {
                // All below it have rested longer, but may still do for another exchange.
                return None;
            }
            if connection.is_still_free() {
                return Some(connection);
            }
        }
    }

    pub(crate) fn put(self: &Arc<Self>, key: Key, connection: Box<AppConnection>) {
        let mut resting = self.resting.lock();
        if resting.count >= self.total {
            return;
        }
        let connections = resting.connections.entry(key).or_default();
        if connections.len() >= self.per_app {
            return;
        }
        connections.push((Instant::now(), connection));
        resting.count += 1;
        if !resting.swept {
            resting.swept = true;
            tokio::spawn(sweep(Arc::downgrade(self), self.idle));
        }
    }

    pub(crate) fn forget(&self, node: NodeId) {
        let mut resting = self.resting.lock();
        resting.connections.retain(|key, _| key.node != node);
        resting.count = resting.connections.values().map(Vec::len).sum();
    }

    /// Lets go of those that have rested too long or were closed; whether there are any left.
    fn sweep_once(&self) -> bool {
        let mut gone = Vec::new();
        let mut resting = self.resting.lock();
        for connections in resting.connections.values_mut() {
            gone.extend(
                connections
                    .extract_if(.., |(since, connection)| since.elapsed() > self.idle || !connection.is_still_free()),
            );
        }
        resting.connections.retain(|_, connections| !connections.is_empty());
        resting.count = resting.connections.values().map(Vec::len).sum();
        resting.swept = resting.count > 0;
        let left = resting.swept;
        drop(resting);
        // Closing happens outside of the lock.
        drop(gone);
        left
    }
}

async fn sweep(pool: Weak<Pool>, idle: Duration) {
    loop {
        tokio::time::sleep(idle / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        if !pool.sweep_once() {
            return;
        }
    }
}
