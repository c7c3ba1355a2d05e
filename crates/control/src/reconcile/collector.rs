//! Takes workers' reports into the record, and says that nodes and tasks are lost whose worker does not answer, until it is back. What a
//! report changes is for the lifecycle of the vcluster or task to say.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use domain::{
    InstanceId, NodeId, OperationId, TaskId, VclusterId,
    name::WorkerName,
    node::{Generation, Observation, Phase},
    operation::Operation,
    task::{Task, TaskChange},
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
    progress::{Progress, TaskProgress, record_finish},
    sweeper::{self, Sweeper},
};
use crate::{
    Error, Policy, Ports,
    admission::Admission,
    events::Events,
    jobs::Queue,
    ports::{
        clock::{Clock, Entropy},
        coordination::{AssignmentPublisher, Report, ReportEvent, Subject},
        store::{Store, StoreError, Transaction},
    },
    subnets,
    unit_of_work::UnitOfWork,
};

/// Between two tries while coordination or the database does not answer.
const RETRY: Duration = Duration::from_millis(500);
/// A worker that has not said it is there this long after a watch has begun is lost.
const HEARD_WITHIN: Duration = Duration::from_secs(15);

pub(super) struct Collector {
    store: Arc<dyn Store>,
    publisher: Arc<dyn AssignmentPublisher>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    events: Events,
    hosts: Hosts,
    comeback: Comeback,
    dispatcher: Dispatcher,
    queue: Queue,
    half_life: TimeDelta,
    /// Where another subnet is cut from when a vcluster's own is taken.
    cluster_net: Ipv4Net,
    orphans: Orphans,
    notices: Notices,
    /// When workers that have not been heard of are lost; `None` until a watch has begun, and once that is done.
    unheard_at: Option<Instant>,
    sweeper: Sweeper,
    /// The last report about each instance: taken in again when its worker comes back. A cache; a snapshot fills it.
    reports: HashMap<InstanceId, Report>,
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
        (dispatcher, queue): (Dispatcher, Queue),
        policy: &Policy,
        orphans: Orphans,
        notices: Notices,
    ) -> Self {
        let Ports { store, publisher, clock, entropy, .. } = ports.clone();
        let sweeper = Sweeper::new(ports, orphans.clone(), notices.clone());
        Self {
            comeback: Comeback::new(Admission::new(hosts.clone(), policy), entropy.clone()),
            store,
            publisher,
            clock,
            entropy,
            events,
            hosts,
            dispatcher,
            queue,
            half_life: policy.jobs.half_life,
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
                let mut events = self.publisher.watch_reports().await?;
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
                self.queue.wake();
                self.reports = reports.iter().map(|report| (report.instance, report.clone())).collect();
                self.take_snapshot(self.of_hosts_that_answer(reports)).await?;
                self.orphans.forget_but(&orphans, &self.hosts).await?;
                self.orphans.answer(orphans, false).await
            }
            ReportEvent::Asked => {
                self.dispatcher.dispatch_everything();
                Ok(())
            }
            ReportEvent::Orphans(orphans) => self.orphans.answer(orphans, false).await,
            ReportEvent::OrphanGone(worker, instance) => self.orphans.gone(worker, instance).await,
            ReportEvent::Reported(reports) => {
                for report in &reports {
                    self.reports.insert(report.instance, report.clone());
                }
                self.take_reports(self.of_hosts_that_answer(reports)).await
            }
            ReportEvent::Worker(info) => {
                // What did not run again because its host took no nodes is looked at once more when it does.
                let name = info.name.clone();
                let back = !self.hosts.knows(&name) || (info.unready.is_none() && !self.hosts.is_ready(&name));
                self.hosts.put(info);
                self.queue.wake();
                if back { self.find_again(&name).await } else { Ok(()) }
            }
            ReportEvent::WorkerLost(name) => {
                tracing::warn!(worker = %name, "worker does not answer");
                self.hosts.remove(&name);
                self.queue.wake();
                self.lose(&name).await
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
        let nodes: Vec<_> = reports.iter().map(|report| report.instance.as_node()).collect();
        for vcluster in self.store.vclusters_with(&nodes).await?.vclusters {
            known.extend(vcluster.nodes.iter().map(|node| (node.id, vcluster.clone())));
        }
        let others = reports.iter().map(|report| report.instance);
        let others = others.filter(|instance| !known.contains_key(&instance.as_node())).map(InstanceId::as_task);
        let tasks: HashMap<TaskId, Task> =
            self.store.tasks(&others.collect::<Vec<_>>()).await?.into_iter().map(|task| (task.id, task)).collect();
        let changes = |report: &Report| {
            if let Some(vcluster) = known.get(&report.instance.as_node()) {
                return is_behind(vcluster, report)
                    || vcluster.clone().observe(report.instance.as_node(), &report.observation, now) != Change::None;
            }
            let task = tasks.get(&report.instance.as_task());
            task.is_none_or(|task| task.clone().observe(&report.observation, now) != TaskChange::None)
        };
        self.take_reports(reports.into_iter().filter(changes).collect()).await
    }

    async fn take_reports(&mut self, reports: Vec<Report>) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        let mut taken: BTreeMap<VclusterId, (Vcluster, Progress)> = BTreeMap::new();
        let (mut strangers, mut tasks) = (Vec::new(), TaskProgress::new(self.half_life));
        for report in reports {
            let node = report.instance.as_node();
            let open = taken.iter().find(|(_, (vcluster, _))| vcluster.node_by_id(node).is_some());
            let id = match open.map(|(id, _)| *id) {
                Some(id) => id,
                None => match tx.vcluster_of_node(node).await {
                    Ok(Some(vcluster)) => {
                        let id = vcluster.id;
                        taken.entry(id).or_insert_with(|| (vcluster, Progress::default()));
                        id
                    }
                    Ok(None) => {
                        let gone = tasks.take(&mut *tx, &report, self.clock.now()).await?;
                        strangers.extend(gone.then_some((
                            report.worker,
                            report.instance,
                            report.observation.generation,
                        )));
                        continue;
                    }
                    // It holds up no other vcluster. The dispatcher's pass names it to administrators.
                    Err(StoreError::Unreadable { what, fault }) => {
                        tracing::debug!(instance = %report.instance, what, fault, "a report about what cannot be read is passed over");
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                },
            };
            if let Some((vcluster, progress)) = taken.get_mut(&id) {
                let now = self.clock.now();
                if is_behind(vcluster, &report) && vcluster.catch_up(node, report.observation.generation) {
                    self.notices.tell(now, was_behind(vcluster));
                    progress.moved();
                } else if vcluster.is_displaced(node, &report.observation, now)
                    && self.give_other_subnet(&mut *tx, vcluster).await?
                {
                    progress.moved();
                } else if vcluster.comes_back(node, &report.observation, now) {
                    match self.comeback.order(&mut *tx, vcluster, &report, now).await? {
                        None => progress.moved(),
                        Some(refused) => progress.observe(vcluster, node, &refused, now),
                    }
                } else {
                    progress.observe(vcluster, node, &report.observation, now);
                }
            }
        }
        self.keep(tx, taken.into_values().collect(), tasks).await?;
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
    async fn keep(
        &mut self,
        tx: Box<dyn Transaction>,
        taken: Vec<(Vcluster, Progress)>,
        tasks: TaskProgress,
    ) -> Result<(), Error> {
        let mut work = UnitOfWork::new(tx, self.clock.now());
        let now = work.now;
        let changed: Vec<_> = taken.into_iter().filter(|(_, progress)| progress.changed).collect();
        for (vcluster, progress) in &changed {
            for (kind, what) in &progress.happened {
                let id = OperationId::new(self.entropy.id(now));
                work.tx.note_happening(vcluster, &Operation::happened(id, *kind, what.clone(), now)).await?;
            }
            for worker in &progress.came_up {
                work.tx.keep_home(vcluster.owner, worker, now).await?;
            }
            if progress.gone {
                work.remove(vcluster.id, vcluster.owner).await?;
            } else {
                work.save(vcluster).await?;
            }
        }
        if changed.is_empty() && !tasks.changed {
            return Ok(());
        }
        for job in &tasks.jobs {
            work.tell_job(job).await?;
        }
        let freed = tasks.freed() || changed.iter().any(|(_, progress)| progress.finished);
        let left: Vec<_> = changed.iter().flat_map(|(_, progress)| progress.left.clone()).collect();
        let (dispatcher, queue) = (self.dispatcher.clone(), self.queue.clone());
        // What follows from the commit follows it also when it is answered late.
        let then = move || {
            queue.ended(&tasks.jobs);
            tasks.orders.into_iter().for_each(|task| dispatcher.dispatch(Subject::Task(task)));
            for (vcluster, progress) in changed {
                record_finish(&progress, &vcluster.operation);
                dispatcher.withdraw(progress.left);
                if progress.orders {
                    dispatcher.dispatch(Subject::Vcluster(vcluster.id));
                }
            }
            if freed {
                queue.wake();
            }
        };
        work.commit(&self.events, then).await?;
        self.forget(&left);
        Ok(())
    }

    fn forget(&mut self, instances: &[(WorkerName, InstanceId, Generation)]) {
        for (_, instance, _) in instances {
            self.reports.remove(instance);
        }
    }

    /// Nodes of workers that have not been heard of since the watch began.
    async fn lose_unheard(&mut self) -> Result<(), Error> {
        let tasks = self.store.tasks_on(None).await?.tasks.into_iter().map(|task| task.worker);
        let workers: BTreeSet<WorkerName> = self.store.workers().await?.into_iter().chain(tasks).collect();
        for worker in workers {
            if !self.hosts.knows(&worker) {
                self.lose(&worker).await?;
            }
        }
        Ok(())
    }

    async fn lose(&mut self, worker: &WorkerName) -> Result<(), Error> {
        let phase = || Phase::Lost { reason: host_lost(worker) };
        let lost = |instance, generation| Report {
            instance,
            worker: worker.clone(),
            observation: Observation::new(generation, phase()),
        };
        let tasks = self.store.tasks_on(Some(worker)).await?.tasks;
        let mut reports: Vec<_> = tasks.iter().map(|task| lost(task.id.into(), task.generation)).collect();
        for vcluster in self.store.vclusters_on(worker).await?.vclusters {
            let nodes = vcluster.nodes.iter().filter(|node| node.worker == *worker);
            reports.extend(nodes.map(|node| lost(node.id.into(), node.generation)));
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
    vcluster.node_by_id(report.instance.as_node()).is_some_and(|node| node.generation < report.observation.generation)
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
