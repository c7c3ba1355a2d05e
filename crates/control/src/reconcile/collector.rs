//! Takes workers' reports into the record. Decides nothing itself: the vcluster's lifecycle says what a report changes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use domain::{
    NodeId, OperationId, VclusterId,
    name::WorkerName,
    node::{Generation, Node, Observation, Phase},
    operation::Operation,
    vcluster::{Change, Vcluster},
};
use futures::StreamExt;
use ipnet::Ipv4Net;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    Dispatcher,
    catch_up::was_behind,
    comeback::Comeback,
    host_lost,
    hosts::Hosts,
    notices::Notices,
    orphans::Orphans,
    progress::{Progress, record_finish},
    sweeper::{self, Sweeper},
};
use crate::{
    Error, Policy, Ports,
    admission::Admission,
    events::Events,
    ports::{
        clock::{Clock, Entropy},
        coordination::{Dispatch, Report, ReportEvent},
        store::{EventBody, Store, StoreError, StoredEvent, Transaction},
    },
    subnets,
};

/// Between two tries while coordination or the database does not answer.
const RETRY: Duration = Duration::from_millis(500);
/// A worker that has not said it is there this long after a watch has begun is lost.
const HEARD_WITHIN: Duration = Duration::from_secs(15);

pub(super) struct Collector {
    store: Arc<dyn Store>,
    dispatch: Arc<dyn Dispatch>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    events: Events,
    hosts: Hosts,
    comeback: Comeback,
    dispatcher: Dispatcher,
    /// Where another subnet is cut from when a vcluster's own is taken.
    cluster_net: Ipv4Net,
    orphans: Orphans,
    notices: Notices,
    /// When workers that have not been heard of are lost; `None` until a watch has begun, and once that is done.
    unheard_at: Option<Instant>,
    sweeper: Sweeper,
    /// The last report about each node: taken in again when its worker comes back. A cache; a snapshot fills it.
    reports: HashMap<NodeId, Report>,
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector").field("reports", &self.reports.len()).finish_non_exhaustive()
    }
}

impl Collector {
    pub(super) fn new(
        ports: &Ports,
        events: Events,
        hosts: Hosts,
        dispatcher: Dispatcher,
        policy: &Policy,
        orphans: Orphans,
        notices: Notices,
    ) -> Self {
        let Ports { store, dispatch, clock, entropy, .. } = ports.clone();
        let sweeper = Sweeper::new(ports, orphans.clone(), notices.clone());
        Self {
            comeback: Comeback::new(Admission::new(hosts.clone(), policy), entropy.clone()),
            store,
            dispatch,
            clock,
            entropy,
            events,
            hosts,
            dispatcher,
            cluster_net: policy.cluster_net,
            orphans,
            notices,
            unheard_at: None,
            sweeper,
            reports: HashMap::new(),
        }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(sweeper::EVERY);
        loop {
            // Which workers are there is not known again before the next snapshot.
            self.unheard_at = None;
            let watched = async {
                let mut events = self.dispatch.watch_reports().await?;
                loop {
                    tokio::select! {
                        event = events.next() => match event {
                            Some(event) => self.take(event?).await?,
                            None => return Ok::<(), Error>(()),
                        },
                        _ = sweep.tick() => self.sweeper.sweep().await?,
                        () = at(self.unheard_at) => {
                            // Tried again with the next watch when it fails.
                            self.lose_unheard().await?;
                            self.unheard_at = None;
                        }
                    }
                }
            };
            let ended = tokio::select! {
                () = stop.cancelled() => return,
                ended = watched => ended,
            };
            if let Err(error) = ended {
                tracing::warn!(error = %error, "reports could not be taken in; all are read again");
                metrics::counter!("docklet_reconcile_errors_total", "loop" => "collector").increment(1);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    async fn take(&mut self, event: ReportEvent) -> Result<(), Error> {
        match event {
            ReportEvent::Snapshot { reports, workers, orphans } => {
                // The watch has begun anew: whatever made it begin may have taken assignments with it.
                self.dispatcher.dispatch_everything();
                // No event names a worker whose lease ended while nothing was watched.
                self.unheard_at = Some(Instant::now() + HEARD_WITHIN);
                self.hosts.replace(workers);
                self.reports = reports.iter().map(|report| (report.node, report.clone())).collect();
                self.take_snapshot(self.of_hosts_that_answer(reports)).await?;
                self.orphans.forget_but(&orphans, &self.hosts).await?;
                self.orphans.answer(orphans, false).await
            }
            ReportEvent::Asked => {
                self.dispatcher.dispatch_everything();
                Ok(())
            }
            ReportEvent::Orphans(orphans) => self.orphans.answer(orphans, false).await,
            ReportEvent::OrphanGone(worker, node) => self.orphans.gone(worker, node).await,
            ReportEvent::Reported(reports) => {
                for report in &reports {
                    self.reports.insert(report.node, report.clone());
                }
                self.take_reports(self.of_hosts_that_answer(reports)).await
            }
            ReportEvent::Worker(info) => {
                // What did not run again because its host took no nodes is looked at once more when it does.
                let name = info.name.clone();
                let back = !self.hosts.knows(&name) || (info.unready.is_none() && !self.hosts.is_ready(&name));
                self.hosts.put(info);
                if back { self.find_again(&name).await } else { Ok(()) }
            }
            ReportEvent::WorkerLost(name) => {
                tracing::warn!(worker = %name, "worker does not answer");
                self.hosts.remove(&name);
                self.lose(&|node: &Node| node.worker == name).await
            }
        }
    }

    /// The last report of a worker that does not answer says nothing about now. It is taken in when the worker is back.
    fn of_hosts_that_answer(&self, mut reports: Vec<Report>) -> Vec<Report> {
        reports.retain(|report| self.hosts.knows(&report.worker));
        reports
    }

    /// Only what changes something is worth a transaction: after a restart nearly nothing does.
    async fn take_snapshot(&mut self, reports: Vec<Report>) -> Result<(), Error> {
        let now = self.clock.now();
        let mut known: HashMap<NodeId, Vcluster> = HashMap::new();
        for vcluster in self.store.all_vclusters().await?.vclusters {
            known.extend(vcluster.nodes.iter().map(|node| (node.id, vcluster.clone())));
        }
        let changes = |report: &Report| match known.get(&report.node) {
            Some(vcluster) => {
                is_behind(vcluster, report)
                    || vcluster.clone().observe(report.node, &report.observation, now) != Change::None
            }
            None => true,
        };
        self.take_reports(reports.into_iter().filter(changes).collect()).await
    }

    async fn take_reports(&mut self, reports: Vec<Report>) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        let mut taken: BTreeMap<VclusterId, (Vcluster, Progress)> = BTreeMap::new();
        let mut strangers = Vec::new();
        for report in reports {
            let open = taken.iter().find(|(_, (vcluster, _))| vcluster.node_by_id(report.node).is_some());
            let id = match open.map(|(id, _)| *id) {
                Some(id) => id,
                None => match tx.vcluster_of_node(report.node).await {
                    Ok(Some(vcluster)) => {
                        let id = vcluster.id;
                        taken.entry(id).or_insert_with(|| (vcluster, Progress::default()));
                        id
                    }
                    Ok(None) => {
                        strangers.push((report.worker, report.node, report.observation.generation));
                        continue;
                    }
                    // It holds up no other vcluster. The dispatcher's pass names it to administrators.
                    Err(StoreError::Unreadable { what, fault }) => {
                        tracing::debug!(node = %report.node, what, fault, "a report about what cannot be read is passed over");
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            if let Some((vcluster, progress)) = taken.get_mut(&id) {
                let now = self.clock.now();
                if is_behind(vcluster, &report) && vcluster.catch_up(report.node, report.observation.generation) {
                    self.notices.tell(now, was_behind(vcluster));
                    progress.moved();
                } else if vcluster.is_displaced(report.node, &report.observation, now)
                    && self.give_other_subnet(&mut *tx, vcluster).await?
                {
                    progress.moved();
                } else if vcluster.comes_back(report.node, &report.observation, now) {
                    match self.comeback.order(&mut *tx, vcluster, &report, now).await? {
                        None => progress.moved(),
                        Some(refused) => progress.observe(vcluster, report.node, &refused, now),
                    }
                } else {
                    progress.observe(vcluster, report.node, &report.observation, now);
                }
            }
        }
        self.keep(tx, taken.into_values().collect()).await?;
        self.forget(&strangers);
        self.dispatcher.withdraw(strangers);
        Ok(())
    }

    /// Says whether there was one. The present one is its own in the record, so it is none of those that are free.
    async fn give_other_subnet(&self, tx: &mut dyn Transaction, vcluster: &mut Vcluster) -> Result<bool, Error> {
        match subnets::free(tx, &self.hosts, self.cluster_net, vcluster.subnet.prefix_len()).await {
            Ok(subnet) => {
                let taken = vcluster.subnet;
                tracing::warn!(vcluster = %vcluster.id, %taken, %subnet, "somebody else has the subnet; it gets another one");
                vcluster.move_to(subnet);
                // Two vclusters may be moved in one transaction.
                tx.save_vcluster(vcluster, self.clock.now()).await?;
                Ok(true)
            }
            Err(Error::NoSubnet(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Saves what changed, tells watchers, and dispatches what follows.
    async fn keep(&mut self, mut tx: Box<dyn Transaction>, taken: Vec<(Vcluster, Progress)>) -> Result<(), Error> {
        let now = self.clock.now();
        let mut events = Vec::new();
        let changed: Vec<_> = taken.into_iter().filter(|(_, progress)| progress.changed).collect();
        for (vcluster, progress) in &changed {
            if progress.gone {
                tx.remove_vcluster(vcluster.id, now).await?;
            } else {
                tx.save_vcluster(vcluster, now).await?;
            }
            for (kind, what) in &progress.happened {
                let id = OperationId::new(self.entropy.id(now));
                tx.note_happening(vcluster.id, &Operation::happened(id, *kind, what.clone(), now)).await?;
            }
            for worker in &progress.came_up {
                tx.keep_home(vcluster.owner, worker, now).await?;
            }
            let usage = tx.usage(vcluster.owner).await?;
            let body = if progress.gone {
                EventBody::VclusterGone { id: vcluster.id, usage }
            } else {
                EventBody::Vcluster { vcluster: Box::new(vcluster.clone()), usage }
            };
            let sequence = tx.append_event(vcluster.owner, now, &body).await?;
            events.push(StoredEvent { sequence, owner: vcluster.owner, at: now, body });
        }
        if changed.is_empty() {
            return Ok(());
        }
        let left: Vec<_> = changed.iter().flat_map(|(_, progress)| progress.left.clone()).collect();
        let dispatcher = self.dispatcher.clone();
        // What follows from the commit follows it also when it is answered late.
        let then = move || {
            for (vcluster, progress) in changed {
                record_finish(&progress, &vcluster.operation);
                dispatcher.withdraw(progress.left);
                if progress.orders {
                    dispatcher.dispatch(vcluster.id);
                }
            }
        };
        self.events.commit(tx, events, then).await?;
        self.forget(&left);
        Ok(())
    }

    fn forget(&mut self, nodes: &[(WorkerName, NodeId, Generation)]) {
        for (_, node, _) in nodes {
            self.reports.remove(node);
        }
    }

    /// Nodes of workers that have not been heard of since the watch began.
    async fn lose_unheard(&mut self) -> Result<(), Error> {
        let hosts = self.hosts.clone();
        self.lose(&|node: &Node| !hosts.knows(&node.worker)).await
    }

    async fn lose(&mut self, which: &(dyn Fn(&Node) -> bool + Sync)) -> Result<(), Error> {
        let mut reports = Vec::new();
        for vcluster in self.store.all_vclusters().await?.vclusters {
            for node in vcluster.nodes.iter().filter(|node| which(node)) {
                let phase = Phase::Lost { reason: host_lost(&node.worker) };
                let observation = Observation::new(node.generation, phase);
                reports.push(Report { node: node.id, worker: node.worker.clone(), observation });
            }
        }
        self.take_reports(reports).await
    }

    /// A worker is back: its last reports hold again until it sends newer ones.
    async fn find_again(&mut self, worker: &WorkerName) -> Result<(), Error> {
        let reports = self.reports.values().filter(|report| report.worker == *worker).cloned().collect();
        self.take_snapshot(reports).await
    }
}

/// The worker has carried out a later order than the record knows.
fn is_behind(vcluster: &Vcluster, report: &Report) -> bool {
    vcluster.node_by_id(report.node).is_some_and(|node| node.generation < report.observation.generation)
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
