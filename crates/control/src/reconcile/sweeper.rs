//! Drops rows that are old. By the clock's time, and so not while the clock is doubted: what was dropped by a clock that ran
//! ahead does not come back.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{notices::Notices, orphans::Orphans};
use crate::{
    Error, Ports,
    ports::{
        clock::Clock,
        store::{Store, Transaction},
    },
};

/// How often old rows are dropped, and how old they must be.
pub(super) const EVERY: Duration = Duration::from_secs(3600);
const KEPT: TimeDelta = TimeDelta::days(7);
/// How long the record says what was done with a vcluster.
const HISTORY_KEPT: TimeDelta = TimeDelta::days(90);
/// How long the record says how a job ended.
const JOBS_KEPT: TimeDelta = TimeDelta::days(180);
/// A clock that is this far behind or ahead of the last sweep may be wrong: it has been set, or the daemon was away that long.
const LEAP: TimeDelta = TimeDelta::days(1);
/// How long nothing is dropped then: time for a wrong clock to be set right or an administrator to read the notice.
const DOUBT: TimeDelta = TimeDelta::days(1);
/// A doubt that seems to be older than this is none about the present time: the clock has leapt once more.
const LONGEST_DOUBT: TimeDelta = TimeDelta::days(31);

pub(super) struct Sweeper {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    orphans: Orphans,
    notices: Notices,
}

impl Sweeper {
    pub(super) fn new(ports: &Ports, orphans: Orphans, notices: Notices) -> Self {
        Self { store: ports.store.clone(), clock: ports.clock.clone(), orphans, notices }
    }

    /// Drops what is old, and has the record asked again about containers it does not claim. By the clock's time, so not while
    /// the clock is doubted.
    pub(super) async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if self.doubts(&mut *tx, now).await? {
            return Ok(tx.commit().await?);
        }
        let rows = tx.sweep(now - KEPT, now).await?
            + tx.sweep_operations(now - HISTORY_KEPT).await?
            + tx.sweep_jobs(now - JOBS_KEPT).await?;
        tx.set_last_sweep(now).await?;
        tx.commit().await?;
        tracing::debug!(rows, "old rows dropped");
        self.orphans.ask_again().await
    }

    /// The record keeps since when: the machine may be off every night.
    async fn doubts(&self, tx: &mut dyn Transaction, now: DateTime<Utc>) -> Result<bool, Error> {
        let Some(last) = tx.last_sweep().await? else { return Ok(false) };
        let before = tx.clock_doubted_since().await?;
        let for_long = |since: DateTime<Utc>| now - since >= DOUBT;
        let known = before.filter(|since| (TimeDelta::zero()..LONGEST_DOUBT).contains(&(now - *since)));
        if (now - last).abs() <= LEAP || known.is_some_and(for_long) {
            if before.is_some() {
                tx.set_clock_doubted_since(None).await?;
                // Under a clock that was wrong, maybe: how long ago, nothing says.
                tx.find_unclaimed_again(last, now).await?;
            }
            return Ok(false);
        }
        if known.is_none() {
            tx.set_clock_doubted_since(Some(now)).await?;
        }
        let text = format!(
            "the clock of this host says {}, and the record was last in use on {}: check the clock; nothing old is dropped for a day",
            now.format("%Y-%m-%d"),
            last.format("%Y-%m-%d")
        );
        self.notices.tell(now, text);
        Ok(true)
    }
}
