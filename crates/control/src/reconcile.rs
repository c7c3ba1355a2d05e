//! Brings orders to workers and their reports back into the record, for as long as the daemon runs.
//!
//! Three loops. The dispatcher publishes what the record wants; after every failure, at the start, when a worker asks for it and
//! every half minute it publishes everything again. The collector takes reports in, those of one answer in one transaction, and
//! answers workers that have found a container without an assignment. The starter begins the jobs whose turn has come. All can be
//! killed at any moment: what was not done is found again in the record and in the workers' reports.

mod catch_up;
mod collector;
mod comeback;
mod dispatcher;
pub mod hosts;
pub(crate) mod notices;
pub(crate) mod orphans;
mod progress;
mod queue;
mod sweeper;

use domain::name::WorkerName;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use dispatcher::Dispatcher;
pub use notices::Notice;
pub use orphans::UNCLAIMED_KEPT;
pub(crate) use queue::why_never;

use self::{
    catch_up::CatchUp, collector::Collector, dispatcher::Work, hosts::Hosts, notices::Notices, orphans::Orphans,
    queue::Starter,
};
use crate::{Policy, Ports, events::Events, images::Images, jobs::Queue};

/// The background half of control; runs until it is cancelled.
#[derive(Debug)]
pub struct Reconciler {
    collector: Collector,
    publisher: dispatcher::Publisher,
    starter: Starter,
}

impl Reconciler {
    pub(crate) fn new(
        ports: &Ports,
        events: Events,
        hosts: Hosts,
        (dispatcher, orders, queue): (Dispatcher, mpsc::UnboundedReceiver<Work>, Queue),
        images: Images,
        policy: &Policy,
        notices: Notices,
    ) -> Self {
        let catch_up = CatchUp::new(ports, events.clone(), notices.clone(), policy.jobs.half_life);
        let orphans = Orphans::new(ports, dispatcher.clone(), notices.clone());
        Self {
            publisher: dispatcher::Publisher::new(ports, catch_up, notices.clone(), orders, images),
            starter: Starter::new(ports, policy, events.clone(), hosts.clone(), dispatcher.clone(), queue.clone()),
            collector: Collector::new(ports, events, hosts, (dispatcher, queue), policy, orphans, notices),
        }
    }

    pub async fn run(self, stop: CancellationToken) {
        let publish = self.publisher.run(stop.clone());
        let collect = self.collector.run(stop.clone());
        let start = self.starter.run(stop);
        futures::future::join3(publish, collect, start).await;
    }
}

/// The sentence for nodes of a host that does not answer.
pub(crate) fn host_lost(worker: &WorkerName) -> String {
    format!("host {worker} does not answer")
}
