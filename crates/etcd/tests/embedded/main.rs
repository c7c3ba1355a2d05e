//! The etcd of our own: that it starts, stays, and ends with us; and that nothing of it is open to others.

mod ends;
mod starts;
mod survives;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use control::ports::coordination::AssignmentPublisher;
use etcd::{
    Etcd, EtcdConfig,
    embedded::{EmbeddedConfig, EmbeddedError, EmbeddedEtcd},
};
use tempfile::TempDir;
use testkit::build;

const SOON: Duration = Duration::from_secs(60);

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

async fn start(directory: &Path) -> EmbeddedEtcd {
    EmbeddedEtcd::start(EmbeddedConfig::new(directory)).await.unwrap_or_else(|error| panic!("etcd must start: {error}"))
}

async fn cannot_start(config: EmbeddedConfig) -> EmbeddedError {
    match EmbeddedEtcd::start(config).await {
        Ok(_) => panic!("etcd must not start"),
        Err(error) => error,
    }
}

fn client(etcd: &EmbeddedEtcd) -> Etcd {
    let endpoints = vec![etcd.endpoint()];
    // The same installation for every client of these tests.
    let installation = "7e577e57-0000-7000-8000-000000000001".parse().expect("an id");
    Etcd::connect(&EtcdConfig { endpoints, installation, credentials: None }).expect("an endpoint")
}

/// How many assignments it holds for the worker `here`. The snapshot is incomplete: control has not published since the
/// watch began.
async fn holds(etcd: &EmbeddedEtcd) -> usize {
    use control::ports::coordination::{AssignmentEvent, WorkerCoordination};
    use futures::StreamExt;
    let mut events = client(etcd).watch_assignments(&build::worker("here")).await.expect("a stream");
    match events.next().await.expect("an event").expect("no error") {
        AssignmentEvent::Snapshot { assignments, complete: false } => assignments.len(),
        other => panic!("a snapshot that may be an older copy, not {other:?}"),
    }
}

async fn publish(etcd: &EmbeddedEtcd, nodes: u8) {
    client(etcd).assign_all(&build::assignments("here", nodes)).await.expect("to publish");
}

fn is_alive(pid: u32) -> bool {
    // A zombie has ended too.
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn aside(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.to_string_lossy().contains("data.unreadable-")).collect()
}
