//! The real docklet-init, started for a test and ended with it; a viewer that speaks the real frames; containers.

mod container;
mod node;
mod viewer;

pub(crate) use container::{Container, Network, Volume, docker, installation};
pub(crate) use node::{Node, binary};
pub(crate) use viewer::{Viewer, client_id};

use std::time::{Duration, Instant};

/// How long a test waits for something that happens at once on a healthy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is yes.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
