//! What a batch of reports did to one vcluster: what is to be saved, told and ordered because of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::{
    NodeId,
    name::WorkerName,
    node::{Generation, NodeState, Observation},
    operation::{Operation, OperationKind},
    vcluster::{Change, Vcluster},
};

#[derive(Debug, Default)]
pub(super) struct Progress {
    pub(super) changed: bool,
    pub(super) orders: bool,
    pub(super) gone: bool,
    /// The operation was running before and is not any more.
    pub(super) finished: bool,
    pub(super) left: Vec<(WorkerName, NodeId, Generation)>,
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
            None => self.left.push((worker, node, observation.generation)),
        }
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
