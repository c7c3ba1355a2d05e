//! A host that is gone for good. An administrator says so, because nothing else can, and its nodes leave the record without
//! their worker's word. Whether the host answers is the caller's to find out.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    InstanceId, NodeId, TaskId,
    name::WorkerName,
    node::{Generation, NodeIntent, NodeState},
    task::TaskState,
    vcluster::{Change, Vcluster},
};

use crate::{
    Error,
    jobs::follow,
    ports::store::{Store, StoreError},
    unit_of_work::UnitOfWork,
};

/// What has left the record with a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoneHost {
    /// By worker, with their last orders.
    pub nodes: Vec<(WorkerName, NodeId, Generation)>,
    /// Of how many vclusters.
    pub vclusters: usize,
    pub tasks: Vec<(WorkerName, TaskId, Generation)>,
}

impl GoneHost {
    pub(super) fn instances(&self) -> Vec<(WorkerName, InstanceId, Generation)> {
        let nodes = self.nodes.iter().map(|(worker, node, last)| (worker.clone(), InstanceId::from(*node), *last));
        let tasks = self.tasks.iter().map(|(worker, task, last)| (worker.clone(), InstanceId::from(*task), *last));
        nodes.chain(tasks).collect()
    }
}

/// Takes the host's nodes out of the record, as the command line does it: open pages hear of it when they are loaded again.
/// `half_life`: of what jobs have used, as the daemon has it.
pub async fn forget_host(
    store: &dyn Store,
    host: &WorkerName,
    now: DateTime<Utc>,
    half_life: TimeDelta,
) -> Result<GoneHost, Error> {
    let (work, gone) = prepare(store, host, now, half_life).await?;
    work.tx.commit().await?;
    Ok(gone)
}

/// The same, not committed yet, with what watchers are to be told.
pub(super) async fn prepare(
    store: &dyn Store,
    host: &WorkerName,
    now: DateTime<Utc>,
    half_life: TimeDelta,
) -> Result<(UnitOfWork, GoneHost), Error> {
    let there = store.vclusters_on(host).await?.vclusters;
    let (mut work, mut gone) = (UnitOfWork::new(store.begin().await?, now), GoneHost::default());
    for id in there.iter().map(|vcluster| vcluster.id) {
        if let Some(vcluster) = work.tx.vcluster(id).await? {
            // After a start, or while coordination is away, no host has been heard yet: that alone says nothing.
            if vcluster.nodes.iter().any(|node| node.worker == *host && node.state == NodeState::Running) {
                return Err(Error::HostNotLost(host.clone()));
            }
            forget(&mut work, vcluster, host, &mut gone).await?;
        }
    }
    for mut task in work.tx.tasks_on(Some(host)).await?.tasks {
        if matches!(task.state, TaskState::Running { .. }) {
            return Err(Error::HostNotLost(host.clone()));
        }
        task.lose_host(&format!("host {host} was declared gone"), now);
        work.tx.save_task(&task).await?;
        for job in follow(&mut *work.tx, &task, now, half_life).await? {
            work.tell_job(&job).await?;
        }
        gone.tasks.push((task.worker, task.id, task.generation));
    }
    if gone.nodes.is_empty() && gone.tasks.is_empty() { Err(Error::NotFound("host")) } else { Ok((work, gone)) }
}

async fn forget(
    work: &mut UnitOfWork,
    mut vcluster: Vcluster,
    host: &WorkerName,
    gone: &mut GoneHost,
) -> Result<(), StoreError> {
    let leaving: Vec<_> = vcluster.nodes.iter().filter(|node| node.worker == *host).cloned().collect();
    match vcluster.forget_host(host, work.now) {
        Change::None => return Ok(()),
        Change::Changed { .. } => work.save(&vcluster).await?,
        Change::Gone => work.remove(vcluster.id, vcluster.owner).await?,
    }
    // Their owners have not let go of them: should the host come back, what it has of them is kept.
    let missed = leaving.iter().filter(|node| node.intent != NodeIntent::Absent).map(|node| node.id);
    work.tx.forget_departed(&missed.collect::<Vec<_>>()).await?;
    gone.vclusters += 1;
    gone.nodes.extend(leaving.into_iter().map(|node| (node.worker, node.id, node.generation)));
    Ok(())
}
