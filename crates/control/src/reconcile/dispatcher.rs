//! Publishes assignments: what the record wants of every node and task, as soon as it is committed, and again every now and then,
//! whether something is known to be missing or not. Knows no report.

use std::{sync::Arc, time::Duration};

use domain::{
    InstanceId, TaskId, UserId,
    image::{ImageRef, Source},
    name::WorkerName,
    node::{Generation, Node},
    task::{Task, TaskIntent},
    vcluster::Vcluster,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{catch_up::CatchUp, notices::Notices};
use crate::{
    Error, Ports,
    images::Images,
    ports::{
        coordination::{Assignment, AssignmentPublisher, Member, Newer, Subject, Workload},
        store::{FoundHomes, FoundVclusters, Store, StoreError},
    },
    vclusters::unreadable::sentence,
};

/// Between two tries while coordination does not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Between two looks at the whole record. What was committed and not published, whatever the reason, is found by then.
const PASS: Duration = Duration::from_secs(30);
/// How often in a row what is published may turn out to be newer than the record.
const MOST_RAISES: u32 = 4;

/// What is waiting to be published.
#[derive(Debug)]
pub(crate) enum Work {
    Everything,
    Assign(Subject),
    Withdraw(Vec<(WorkerName, InstanceId, Generation)>),
}

/// Hands work to the publisher; never waits.
#[derive(Debug, Clone)]
pub struct Dispatcher(mpsc::UnboundedSender<Work>);

impl Dispatcher {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<Work>) {
        // Unbounded, because every item is one committed transaction: the database is the brake.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Publishes the orders that stand in the record when its turn comes. When the daemon is ending, the next start does it.
    pub(crate) fn dispatch(&self, subject: Subject) {
        let _ = self.0.send(Work::Assign(subject));
    }

    /// Publishes what the whole record wants: coordination may have lost some of it.
    pub(crate) fn dispatch_everything(&self) {
        let _ = self.0.send(Work::Everything);
    }

    /// Takes back the assignments of what is gone.
    pub(crate) fn withdraw(&self, instances: Vec<(WorkerName, InstanceId, Generation)>) {
        if !instances.is_empty() {
            let _ = self.0.send(Work::Withdraw(instances));
        }
    }
}

pub(super) struct Publisher {
    store: Arc<dyn Store>,
    publisher: Arc<dyn AssignmentPublisher>,
    catch_up: CatchUp,
    notices: Notices,
    work: mpsc::UnboundedReceiver<Work>,
    images: Images,
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Publisher").finish_non_exhaustive()
    }
}

impl Publisher {
    pub(super) fn new(
        ports: &Ports,
        catch_up: CatchUp,
        notices: Notices,
        work: mpsc::UnboundedReceiver<Work>,
        images: Images,
    ) -> Self {
        Self { store: ports.store.clone(), publisher: ports.publisher.clone(), catch_up, notices, work, images }
    }

    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut everything = true;
        let mut pass = Instant::now();
        loop {
            if everything {
                pass = Instant::now() + PASS;
            }
            let done = if everything { self.publish_everything().await } else { self.publish_next(&stop, pass).await };
            match done {
                // Others may have been published all the time, and something overlooked none the less.
                Ok(()) => everything = Instant::now() >= pass,
                Err(Stopped::Cancelled) => return,
                Err(Stopped::Failed(error)) => {
                    tracing::warn!(error = %error, "assignments could not be published; all are published again");
                    metrics::counter!("docklet_reconcile_errors_total", "loop" => "dispatcher").increment(1);
                    everything = true;
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(RETRY) => {}
                    }
                }
            }
        }
    }

    /// What is committed while this runs is in the queue, so it is published behind this and nothing is lost.
    async fn publish_everything(&self) -> Result<(), Stopped> {
        // Before the record is read: what another process commits and publishes meanwhile is not taken for surplus.
        let round = self.publisher.open_round().await.map_err(Error::from)?;
        let FoundVclusters { vclusters, unreadable } = self.store.all_vclusters().await.map_err(Error::from)?;
        let tasks = self.store.tasks_on(None).await.map_err(Error::from)?;
        let sources = self.images.sources().await.map_err(Error::from)?;
        let homes = self.store.homes(None).await.map_err(Error::from)?;
        let of_tasks = tasks.unreadable.iter().map(|(id, fault)| unreadable_task(*id, fault));
        let notices = unreadable.iter().map(|(id, fault)| sentence(*id, fault)).chain(of_tasks).chain(sources.remark());
        self.notices.set_unreadable(notices.chain(homes.unreadable.iter().map(|(_, fault)| doubtful(fault))).collect());
        let spared = tasks.unreadable.into_iter().map(|(id, _)| Subject::Task(id));
        let spared = unreadable.into_iter().map(|(id, _)| Subject::Vcluster(id)).chain(spared).collect();
        let of = |vcluster: &Vcluster| assignments_of(vcluster, sources.of(&vcluster.image), &homes);
        let of_task = |task: &Task| assignment_of_task(task, sources.of(&task.image), &homes);
        let assignments = vclusters.iter().flat_map(of).chain(tasks.tasks.iter().map(of_task));
        let assignments: Vec<Assignment> = assignments.collect();
        let newer = self.publisher.close_round(round, &assignments, &spared).await.map_err(Error::from)?;
        tracing::debug!(assignments = assignments.len(), "all assignments published");
        Ok(self.catch_up(newer).await?)
    }

    async fn publish_next(&mut self, stop: &CancellationToken, pass: Instant) -> Result<(), Stopped> {
        let work = tokio::select! {
            () = stop.cancelled() => return Err(Stopped::Cancelled),
            work = self.work.recv() => work.ok_or(Stopped::Cancelled)?,
            () = tokio::time::sleep_until(pass) => return Ok(()),
        };
        match work {
            Work::Everything => return self.publish_everything().await,
            Work::Assign(subject) => self.publish(subject).await?,
            Work::Withdraw(instances) => self.publisher.withdraw(&instances).await.map_err(Error::from)?,
        }
        Ok(())
    }

    /// From the record: what has waited here while coordination was away may be an earlier state than what is published.
    async fn publish(&self, subject: Subject) -> Result<(), Error> {
        let newer = self.publisher.assign(&self.assignments(subject).await?).await?;
        self.catch_up(newer).await
    }

    /// None where it is gone meanwhile, or cannot be read: a pass tells administrators of that.
    async fn assignments(&self, subject: Subject) -> Result<Vec<Assignment>, Error> {
        match self.wanted(subject).await {
            Err(Error::Store(StoreError::Unreadable { .. })) => Ok(Vec::new()),
            wanted => wanted,
        }
    }

    async fn wanted(&self, subject: Subject) -> Result<Vec<Assignment>, Error> {
        match subject {
            Subject::Vcluster(id) => {
                let Some(vcluster) = self.store.vcluster(id).await? else { return Ok(Vec::new()) };
                let (source, homes) = self.stands_on(&vcluster.image, vcluster.owner).await?;
                Ok(assignments_of(&vcluster, source, &homes))
            }
            Subject::Task(id) => {
                let task = self.store.task(id).await?.filter(|task| !task.cleared);
                let Some(task) = task else { return Ok(Vec::new()) };
                let (source, homes) = self.stands_on(&task.image, task.owner).await?;
                Ok(vec![assignment_of_task(&task, source, &homes)])
            }
        }
    }

    async fn stands_on(&self, image: &ImageRef, owner: UserId) -> Result<(Source, FoundHomes), Error> {
        Ok((self.images.source(image).await?, self.store.homes(Some(owner)).await?))
    }

    async fn catch_up(&self, mut newer: Vec<Newer>) -> Result<(), Error> {
        for _ in 0..MOST_RAISES {
            if newer.is_empty() {
                return Ok(());
            }
            let raised = self.catch_up.raise(newer).await?;
            let mut assignments = Vec::new();
            for subject in raised {
                assignments.extend(self.assignments(subject).await?);
            }
            newer = self.publisher.assign(&assignments).await?;
        }
        tracing::warn!(
            instances = newer.len(),
            "what is published is still newer than the record; the next pass looks again"
        );
        Ok(())
    }
}

enum Stopped {
    Cancelled,
    Failed(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn doubtful(fault: &str) -> String {
    format!(
        "where a user's home was made cannot be read from the record ({fault}): no new home is made for that user, and \
         nodes on a host without one do not start. Restore the record from a backup, or repair the row in the database"
    )
}

fn assignments_of(vcluster: &Vcluster, source: Source, homes: &FoundHomes) -> Vec<Assignment> {
    vcluster.nodes.iter().map(|node| assignment_of(vcluster, node, source, homes)).collect()
}

fn unreadable_task(id: TaskId, fault: &str) -> String {
    format!(
        "task {id} cannot be read from the record ({fault}): what its host has of it stays as it is. Repair its row"
    )
}

fn assignment_of_task(task: &Task, source: Source, homes: &FoundHomes) -> Assignment {
    // What is not to run any more needs no script.
    let batch = task.batch.clone().filter(|_| task.intent == TaskIntent::Run);
    Assignment {
        instance: task.id.into(),
        worker: task.worker.clone(),
        generation: task.generation,
        order: task.intent.into(),
        owner: task.owner,
        image: task.image.clone(),
        source,
        runtime: task.runtime.clone(),
        resources: task.resources,
        has_home: homes.may_be_there(task.owner, &task.worker),
        workload: Workload::Task { command: task.command.clone(), begun: task.begun, batch },
    }
}

fn assignment_of(vcluster: &Vcluster, node: &Node, source: Source, homes: &FoundHomes) -> Assignment {
    Assignment {
        instance: node.id.into(),
        worker: node.worker.clone(),
        generation: node.generation,
        order: node.intent.into(),
        owner: vcluster.owner,
        image: vcluster.image.clone(),
        source,
        runtime: node.runtime.clone(),
        resources: vcluster.resources,
        has_home: homes.may_be_there(vcluster.owner, &node.worker),
        workload: Workload::Node(Member {
            vcluster: vcluster.id,
            vcluster_name: vcluster.name.clone(),
            name: node.name,
            subnet: vcluster.subnet,
            ip: node.ip,
        }),
    }
}
