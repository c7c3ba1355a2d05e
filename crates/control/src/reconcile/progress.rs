//! What a batch of reports did to one vcluster, and to tasks: what is to be saved, told and ordered because of it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    InstanceId, NodeId, TaskId,
    job::Job,
    name::WorkerName,
    node::{Generation, NodeState, Observation},
    operation::{Operation, OperationKind},
    task::{TaskChange, TaskState},
    vcluster::{Change, Vcluster},
};

use crate::{
    jobs,
    ports::{
        coordination::Report,
        store::{StoreError, Transaction},
    },
};

#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) changed: bool,
    pub(super) orders: bool,
    pub(super) gone: bool,
    /// The operation was running before and is not any more.
    pub(super) finished: bool,
    pub(super) left: Vec<(WorkerName, InstanceId, Generation)>,
    /// What is to stand in the history besides operations.
    pub(super) happened: Vec<(OperationKind, String)>,
    /// Where nodes have come up: the owner's home is there.
    pub(super) came_up: BTreeSet<WorkerName>,
}

impl Progress {
    pub(super) fn moved(&mut self) {
        (self.changed, self.orders) = (true, true);
    }

    pub(super) fn observe(
        &mut self,
        vcluster: &mut Vcluster,
        node: NodeId,
        observation: &Observation,
        now: DateTime<Utc>,
    ) {
        let worker = vcluster.node_by_id(node).map(|node| node.worker.clone());
        let before = vcluster.node_by_id(node).map(|node| node.notes.clone()).unwrap_or_default();
        let was_running = vcluster.operation.is_running();
        match vcluster.observe(node, observation, now) {
            Change::None => return,
            Change::Changed { orders } => self.orders |= orders,
            Change::Gone => self.gone = true,
        }
        self.changed = true;
        if let Some(node) = vcluster.node_by_id(node) {
            let news = node.notes.news(&before).into_iter();
            self.happened.extend(news.map(|(kind, what)| (kind, format!("{}: {what}", node.name))));
        }
        self.finished |= was_running && (self.gone || !vcluster.operation.is_running());
        let Some(worker) = worker else { return };
        match vcluster.node_by_id(node).map(|node| node.state) {
            Some(NodeState::Running) => {
                self.came_up.insert(worker);
            }
            Some(_) => {}
            None => self.left.push((worker, node.into(), observation.generation)),
        }
    }
}

/// What a batch of reports did to tasks.
#[derive(Debug)]
pub(super) struct TaskProgress {
    pub(super) changed: bool,
    /// Those that their workers have something to do about.
    pub(super) orders: BTreeSet<TaskId>,
    /// What their jobs are now, one after the other: their owners are to be told.
    pub(super) jobs: Vec<Job>,
    /// In which time half of what users have used is forgotten.
    half_life: TimeDelta,
}

impl TaskProgress {
    pub(super) const fn new(half_life: TimeDelta) -> Self {
        Self { changed: false, orders: BTreeSet::new(), jobs: Vec::new(), half_life }
    }

    /// What a job held is free.
    pub(super) fn freed(&self) -> bool {
        self.jobs.iter().any(|job| !job.state.holds())
    }

    /// Takes in a report about an instance that is no node. Returns whether its assignment can be withdrawn.
    pub(super) async fn take(
        &mut self,
        tx: &mut dyn Transaction,
        report: &Report,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut task = match tx.task(report.instance.as_task()).await {
            Ok(Some(task)) => task,
            Ok(None) => return Ok(true),
            // It holds up nothing else. The dispatcher's pass names it to administrators.
            Err(StoreError::Unreadable { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let change = task.observe(&report.observation, now);
        if change == TaskChange::None {
            return Ok(false);
        }
        if change == (TaskChange::Changed { orders: true }) {
            self.orders.insert(task.id);
        }
        self.changed = true;
        if matches!(task.state, TaskState::Running { .. } | TaskState::Ended(_)) {
            tx.keep_home(task.owner, &task.worker, now).await?;
        }
        tx.save_task(&task).await?;
        self.jobs.extend(jobs::follow(tx, &task, now, self.half_life).await?);
        Ok(change == TaskChange::Cleared)
    }
}

/// Counts and logs an operation that is over.
pub(super) fn record_finish(progress: &Progress, operation: &Operation) {
    if !progress.finished {
        return;
    }
    let state = if progress.gone { "succeeded" } else { operation.state.as_str() };
    let kind = operation.kind.as_str();
    metrics::counter!("docklet_operations_finished_total", "kind" => kind, "state" => state).increment(1);
    if let Some(took) = operation.finished_at.and_then(|end| (end - operation.started_at).to_std().ok()) {
        metrics::histogram!("docklet_operation_seconds", "kind" => kind).record(took.as_secs_f64());
    }
    tracing::info!(operation = kind, state, reason = operation.reason.as_deref(), "operation finished");
}
