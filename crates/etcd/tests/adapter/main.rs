//! What only the etcd adapter can get wrong: leases, compaction, dead connections, lost data, values of strangers.

mod connection;
mod epoch;
mod history;
mod large;
mod lost;
mod presence;
mod strangers;

use std::{process::Command, time::Duration};

use control::ports::coordination::{AssignmentEvent, CoordinationError, ReportEvent, WorkerCoordination};
use etcd::Etcd;
use etcd_client::Client;
use futures::{StreamExt, stream::BoxStream};
use testkit::{RealEtcd, build};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(60);

type Events<E> = BoxStream<'static, Result<E, CoordinationError>>;

async fn next<E>(events: &mut Events<E>) -> E {
    item(events, SOON).await.expect("no error")
}

async fn item<E>(events: &mut Events<E>, within: Duration) -> Result<E, CoordinationError> {
    timeout(within, events.next()).await.expect("something in time").expect("a stream that goes on")
}

/// Reads to the error that ends the stream.
async fn end<E>(events: &mut Events<E>, within: Duration) -> CoordinationError {
    let reading = async {
        loop {
            match events.next().await.expect("an error before the end") {
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    };
    let error = timeout(within, reading).await.expect("the loss is noticed in time");
    assert!(events.next().await.is_none(), "the stream ends behind the error");
    error
}

async fn watch_here(etcd: &Etcd) -> Events<AssignmentEvent> {
    etcd.watch_assignments(&build::worker("here")).await.expect("a stream of assignments")
}

/// A client that is not ours, as an administrator has it.
async fn raw(etcd: &RealEtcd) -> Client {
    let endpoint = tonic::transport::Endpoint::from_shared(etcd.process().endpoint()).expect("an endpoint");
    let channel = etcd_client::Channel::Tonic(endpoint.connect_lazy());
    Client::from_channel(channel, None).await.expect("a client")
}

/// A key of this installation.
fn key(etcd: &RealEtcd, rest: &str) -> String {
    format!("/docklet/{}/{rest}", etcd.installation())
}

/// Sends a signal to etcd's process.
fn signal(etcd: &RealEtcd, name: &str) {
    let pid = etcd.process().pid().expect("a process").to_string();
    let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("to run kill");
    assert!(sent.success(), "kill -s {name} {pid}");
}

/// The first event of a stream of assignments: how many, and whether they are all.
async fn snapshot(events: &mut Events<AssignmentEvent>) -> (usize, bool) {
    match next(events).await {
        AssignmentEvent::Snapshot { assignments, complete } => (assignments.len(), complete),
        other => panic!("a snapshot, not {other:?}"),
    }
}

fn is_lost(event: &ReportEvent, worker: &str) -> bool {
    *event == ReportEvent::WorkerLost(build::worker(worker))
}
