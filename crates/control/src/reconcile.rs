//! Brings orders to workers and their reports back into the record, for as long as the daemon runs.
//!
//! Two loops. The dispatcher publishes what the record wants; after every failure and at the start it publishes everything
//! again. The collector takes reports in, one vcluster per transaction. Both can be killed at any moment: what was not done
//! is found again in the record and in the workers' reports.

mod collector;
mod dispatcher;
pub mod hosts;

use domain::name::WorkerName;
use ipnet::Ipv4Net;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use dispatcher::Dispatcher;

use self::{collector::Collector, dispatcher::Work, hosts::Hosts};
use crate::{Ports, events::Events, images::Images};

/// The background half of control; runs until it is cancelled.
#[derive(Debug)]
pub struct Reconciler {
    collector: Collector,
    publisher: dispatcher::Publisher,
}

impl Reconciler {
    pub(crate) fn new(
        ports: &Ports,
        events: Events,
        hosts: Hosts,
        dispatcher: Dispatcher,
        orders: mpsc::UnboundedReceiver<Work>,
        images: Images,
        cluster_net: Ipv4Net,
    ) -> Self {
        Self {
            publisher: dispatcher::Publisher::new(ports, orders, images),
            collector: Collector::new(ports, events, hosts, dispatcher, cluster_net),
        }
    }

    pub async fn run(self, stop: CancellationToken) {
        let publish = self.publisher.run(stop.clone());
        let collect = self.collector.run(stop);
        futures::future::join(publish, collect).await;
    }
}

/// The sentence for nodes of a host that does not answer.
pub(crate) fn host_lost(worker: &WorkerName) -> String {
    format!("host {worker} does not answer")
}
