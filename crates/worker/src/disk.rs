//! What owners' containers and homes take on this host: counted seldom and one count at a time, because the engine walks
//! through every file for it. A request is answered with the last count.

use std::{sync::Arc, time::Duration};

use control::ports::usage::DiskSample;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::host::Host;

/// Beside what a count has taken, so that counting never takes more than a small part of the disk's time.
const REST: u32 = 20;

/// What was counted last.
#[derive(Debug, Default)]
pub(crate) struct Disk(Mutex<Option<DiskSample>>);

impl Disk {
    pub(crate) fn last(&self) -> Option<DiskSample> {
        self.0.lock().clone()
    }
}

/// Never ends by itself.
pub(crate) async fn run(host: Arc<Host>) {
    // Not together with everything else that begins.
    let mut pause = host.config.disk_every.min(Duration::from_secs(30));
    loop {
        tokio::time::sleep(pause).await;
        let began = Instant::now();
        match host.engine.disk_use(host.config.installation).await {
            Ok(owners) => *host.disk.0.lock() = Some(DiskSample { at: host.now(), owners }),
            Err(error) => tracing::warn!(%error, "what nodes and homes take on the disk cannot be counted"),
        }
        pause = host.config.disk_every.max(began.elapsed() * REST);
    }
}
