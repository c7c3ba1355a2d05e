//! Drops rows that are old. By the clock's time, and so not while the clock is doubted: what was dropped by a clock that ran
//! ahead does not come back.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use super::{notices::Notices, orphans::Orphans};
use crate::{
    Error, Ports,
    ports::{clock::Clock, store::Store},
};

/// How often old rows are dropped, and how old they must be.
pub(super) const EVERY: Duration = Duration::from_secs(3600);
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long the record says what was done with a vcluster.
const HISTORY_KEPT: TimeDelta = TimeDelta::days(90);
/// A clock that is this far behind or ahead of the last sweep may be wrong: it has been set, or the daemon was away that long.
const LEAP: TimeDelta = TimeDelta::days(1);
/// How long nothing is dropped then. A clock that is wrong is set right within this time, or somebody reads the notice.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

pub(super) struct Sweeper {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    orphans: Orphans,
    notices: Notices,
    /// Since when the clock is doubted.
    doubted_since: Option<Instant>,
}

impl Sweeper {
    pub(super) fn new(ports: &Ports, orphans: Orphans, notices: Notices) -> Self {
        Self { store: ports.store.clone(), clock: ports.clock.clone(), orphans, notices, doubted_since: None }
    }

    /// Drops what is old, and has the record asked again about containers it does not claim. By the clock's time, so not while
    /// the clock is doubted.
    pub(super) async fn sweep(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if self.doubts(tx.last_sweep().await?, now) {
            return Ok(());
        }
        let rows = tx.sweep(now - KEPT, now).await? + tx.sweep_operations(now - HISTORY_KEPT).await?;
        tx.set_last_sweep(now).await?;
        tx.commit().await?;
        tracing::debug!(rows, "old rows dropped");
        self.orphans.ask_again().await
    }

    fn doubts(&mut self, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
        let Some(last) = last.filter(|last| (now - *last).abs() > LEAP) else {
            self.doubted_since = None;
            return false;
        };
        let since = *self.doubted_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= DOUBT {
            self.doubted_since = None;
            return false;
        }
        let text = format!(
            "the clock of this host says {}, and the record was last in use on {}: check the clock; nothing old is dropped for a day",
            now.format("%Y-%m-%d"),
            last.format("%Y-%m-%d")
        );
        self.notices.tell(now, text);
        true
    }
}
