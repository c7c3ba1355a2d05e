//! Answers workers that ask about containers without an assignment. Nothing is removed because it is missing somewhere: only
//! what the record has let go of, and, after a long time, what no record claims.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{NodeId, name::WorkerName};

use super::{Dispatcher, hosts::Hosts, notices::Notices};
use crate::{
    Error, Ports,
    ports::{
        clock::Clock,
        coordination::{Answer, Dispatch, Orphan, Verdict},
        store::{Store, StoreError, Transaction, Unclaimed},
    },
};

/// How long a container that no record claims is kept.
pub const UNCLAIMED_KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Clone)]
pub(super) struct Orphans {
    store: Arc<dyn Store>,
    dispatch: Arc<dyn Dispatch>,
    clock: Arc<dyn Clock>,
    dispatcher: Dispatcher,
    notices: Notices,
}

/// What the record says about an orphan.
enum Said {
    /// It has an assignment, which is published again.
    Claimed,
    Verdict(Verdict),
    /// Its rows cannot be read: whatever is there stays as it is.
    Nothing,
}

impl Orphans {
    pub(super) fn new(ports: &Ports, dispatcher: Dispatcher, notices: Notices) -> Self {
        let Ports { store, dispatch, clock, .. } = ports.clone();
        Self { store, dispatch, clock, dispatcher, notices }
    }

    pub(super) async fn answer(&self, orphans: Vec<Orphan>, may_expire: bool) -> Result<(), Error> {
        let (mut answers, mut claimed) = (Vec::new(), Vec::new());
        for orphan in orphans {
            let mut tx = self.store.begin().await?;
            let said = self.ask_record(&mut *tx, &orphan, may_expire).await?;
            tx.commit().await?;
            match said {
                Said::Claimed => claimed.push((orphan.worker, orphan.node)),
                Said::Verdict(verdict) => answers.push(Answer { node: orphan.node, worker: orphan.worker, verdict }),
                Said::Nothing => {}
            }
        }
        self.dispatch.take_back(&claimed).await?;
        self.dispatch.answer(&answers).await?;
        Ok(())
    }

    async fn ask_record(&self, tx: &mut dyn Transaction, orphan: &Orphan, may_expire: bool) -> Result<Said, Error> {
        match tx.vcluster_of_node(orphan.node).await {
            Ok(Some(vcluster)) if vcluster.node_by_id(orphan.node).is_some_and(|node| node.worker == orphan.worker) => {
                tx.remove_unclaimed(orphan.node).await?;
                self.dispatcher.dispatch(vcluster.id);
                return Ok(Said::Claimed);
            }
            // The node is another host's: this container is none of the record's.
            Ok(_) => {}
            Err(StoreError::Unreadable { .. }) => return Ok(Said::Nothing),
            Err(error) => return Err(error.into()),
        }
        let departed = match tx.departed(orphan.node).await {
            // It was unreadable when it was deleted: nothing says which of its containers may go.
            Err(StoreError::Unreadable { .. }) => None,
            departed => departed?,
        };
        if let Some(generation) = departed.filter(|last| *last >= orphan.generation) {
            tx.remove_unclaimed(orphan.node).await?;
            return Ok(Said::Verdict(Verdict::Remove { generation }));
        }
        let now = self.clock.now();
        let known = match tx.unclaimed(orphan.node).await {
            // It is written down anew.
            Err(StoreError::Unreadable { .. }) => None,
            known => known?,
        };
        let found_at = match known {
            Some(known) => known.found_at,
            // By a clock that runs behind, as on a host that has just booted, it would look old once the clock is right.
            None => tx.last_sweep().await?.map_or(now, |last| now.max(last)),
        };
        let unclaimed = Unclaimed {
            node: orphan.node,
            worker: orphan.worker.clone(),
            vcluster: orphan.vcluster,
            owner: orphan.owner,
            generation: orphan.generation,
            found_at,
        };
        if may_expire && now - found_at > UNCLAIMED_KEPT {
            self.notices.tell(now, format!("{} and is removed now", unclaimed_for(&unclaimed)));
            return Ok(Said::Verdict(Verdict::Remove { generation: orphan.generation }));
        }
        tx.save_unclaimed(&unclaimed).await?;
        Ok(Said::Verdict(Verdict::Keep))
    }

    /// Asks the record again about everything unclaimed: its time may be over.
    pub(super) async fn ask_again(&self) -> Result<(), Error> {
        let unclaimed = self.store.unclaimed().await?.into_iter().map(|unclaimed| Orphan {
            node: unclaimed.node,
            worker: unclaimed.worker,
            vcluster: unclaimed.vcluster,
            owner: unclaimed.owner,
            generation: unclaimed.generation,
        });
        self.answer(unclaimed.collect(), true).await
    }

    /// Of hosts that are there, drops what their workers do not ask about any more: they took it back while control was away.
    pub(super) async fn forget_but(&self, asked: &[Orphan], hosts: &Hosts) -> Result<(), Error> {
        let is_asked = |node: NodeId, worker: &WorkerName| {
            asked.iter().any(|orphan| orphan.node == node && orphan.worker == *worker)
        };
        for Unclaimed { node, worker, .. } in self.store.unclaimed().await? {
            if hosts.knows(&worker) && !is_asked(node, &worker) {
                self.gone(worker, node).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn gone(&self, worker: WorkerName, node: NodeId) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        tx.remove_unclaimed(node).await?;
        tx.commit().await?;
        self.dispatch.take_back(&[(worker, node)]).await?;
        Ok(())
    }
}

fn unclaimed_for(unclaimed: &Unclaimed) -> String {
    let Unclaimed { node, worker, .. } = unclaimed;
    format!(
        "the container of node {node} on host {worker} was claimed by no record for {} days",
        UNCLAIMED_KEPT.num_days()
    )
}

/// For the administrator's page.
pub(crate) fn sentence(unclaimed: &Unclaimed) -> String {
    let Unclaimed { node, worker, vcluster, owner, .. } = unclaimed;
    format!(
        "host {worker} has a container that no record claims: node {node} of vcluster {vcluster} of user {owner}. It is paused, \
         and kept until {}; copy out of it what is needed (docker cp), or remove it",
        (unclaimed.found_at + UNCLAIMED_KEPT).format("%Y-%m-%d")
    )
}
