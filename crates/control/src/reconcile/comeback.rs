//! Orders what went down with its host to run again, without its owner: through the same admission as a start by hand, with
//! the reason shown when there is no room.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{
    OperationId,
    node::{Node, Observation, Phase},
    operation::Operation,
    resources::Resources,
    vcluster::Vcluster,
};

use crate::{
    Error,
    admission::Admission,
    ports::{clock::Entropy, coordination::Report, store::Transaction},
};

pub(super) struct Comeback {
    admission: Admission,
    entropy: Arc<dyn Entropy>,
}

impl Comeback {
    pub(super) fn new(admission: Admission, entropy: Arc<dyn Entropy>) -> Self {
        Self { admission, entropy }
    }

    /// `None` when it has got its order. Else what is to be taken in instead of the report: a node that was called failed
    /// before control knew of the restart has given back what it held, and others may have it now.
    pub(super) async fn order(
        &self,
        tx: &mut dyn Transaction,
        vcluster: &mut Vcluster,
        report: &Report,
        now: DateTime<Utc>,
    ) -> Result<Option<Observation>, Error> {
        let (node, worker, phase) = (report.instance.as_node(), &report.worker, &report.observation.phase);
        let needs: Vec<&Node> = vcluster.node_by_id(node).filter(|node| !node.reserved).into_iter().collect();
        let takes = !needs.is_empty();
        // Its processes it had before; those of an earlier Docklet have twice as many as is counted for a new one.
        let as_before = Vcluster { resources: Resources { pids: 0, ..vcluster.resources }, ..vcluster.clone() };
        match self.admission.again(tx, &as_before, &needs).await {
            Ok(()) => {}
            Err(full @ (Error::LimitExceeded(_) | Error::NoRoom(_) | Error::NoHost)) => {
                tracing::info!(vcluster = %vcluster.id, %node, %worker, error = %full, "a node is not started again");
                return Ok(Some(left_down(&report.observation, &full)));
            }
            Err(error) => return Err(error),
        }
        let id = OperationId::new(self.entropy.id(now));
        vcluster.bring_back(node, phase, Operation::recover(id, worker.clone(), now), now);
        if takes {
            // Nodes that come back in the same transaction find it taken.
            tx.save_vcluster(vcluster, now).await?;
        }
        tracing::info!(vcluster = %vcluster.id, %node, %worker, ?phase, "a node is started again after a restart of its host");
        Ok(None)
    }
}

/// What was reported, with why the node was not started again.
fn left_down(observation: &Observation, full: &Error) -> Observation {
    let what = match &observation.phase {
        Phase::Interrupted { reason, .. } | Phase::Failed { reason } => reason,
        // Nothing else brings a node back.
        _ => "it does not run",
    };
    let reason = format!("{what}; there was no room to start it again ({full}); make room, then start the vcluster");
    Observation { phase: Phase::Failed { reason }, ..observation.clone() }
}
