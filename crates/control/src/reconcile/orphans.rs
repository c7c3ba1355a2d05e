//! Answers workers that ask about containers without an assignment. Nothing is removed because it is missing somewhere: only
//! what the record has let go of, and, after a long time, what no record claims.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{InstanceId, name::WorkerName, node::Generation};

use super::{Dispatcher, hosts::Hosts, notices::Notices};
use crate::{
    Error, Ports,
    ports::{
        clock::Clock,
        coordination::{Answer, AssignmentPublisher, Orphan, Subject, Verdict},
        store::{Store, StoreError, Transaction, Unclaimed},
    },
};

/// How long a container that no record claims is kept.
pub const UNCLAIMED_KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Clone)]
pub(super) struct Orphans {
    store: Arc<dyn Store>,
    publisher: Arc<dyn AssignmentPublisher>,
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
        let Ports { store, publisher, clock, .. } = ports.clone();
        Self { store, publisher, clock, dispatcher, notices }
    }

    pub(super) async fn answer(&self, orphans: Vec<Orphan>, may_expire: bool) -> Result<(), Error> {
        let (mut answers, mut claimed) = (Vec::new(), Vec::new());
        for orphan in orphans {
            let mut tx = self.store.begin().await?;
            let said = self.ask_record(&mut *tx, &orphan, may_expire).await?;
            tx.commit().await?;
            match said {
                Said::Claimed => claimed.push((orphan.worker, orphan.instance)),
                Said::Verdict(verdict) => {
                    answers.push(Answer { instance: orphan.instance, worker: orphan.worker, verdict })
                }
                Said::Nothing => {}
            }
        }
        self.publisher.take_back(&claimed).await?;
        self.publisher.answer(&answers).await?;
        Ok(())
    }

    async fn ask_record(&self, tx: &mut dyn Transaction, orphan: &Orphan, may_expire: bool) -> Result<Said, Error> {
        let departed = match of_record(tx, orphan).await {
            Ok(OfRecord::Claimed(subject)) => {
                tx.remove_unclaimed(orphan.instance).await?;
                self.dispatcher.dispatch(subject);
                return Ok(Said::Claimed);
            }
            Ok(OfRecord::LetGo(last)) => Some(last),
            Ok(OfRecord::Unknown) => None,
            Err(StoreError::Unreadable { .. }) => return Ok(Said::Nothing),
            Err(error) => return Err(error.into()),
        };
        if let Some(generation) = departed.filter(|last| *last >= orphan.generation) {
            tx.remove_unclaimed(orphan.instance).await?;
            return Ok(Said::Verdict(Verdict::Remove { generation }));
        }
        let now = self.clock.now();
        let known = match tx.unclaimed(orphan.instance).await {
            // It is written down anew.
            Err(StoreError::Unreadable { .. }) => {
                tx.remove_unclaimed(orphan.instance).await?;
                None
            }
            known => known?,
        };
        let found_at = match known {
            Some(known) => known.found_at,
            // By a clock that runs behind, as on a host that has just booted, it would look old once the clock is right.
            None => tx.last_sweep().await?.map_or(now, |last| now.max(last)),
        };
        let unclaimed = Unclaimed {
            instance: orphan.instance,
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
        let unclaimed = self.store.all_unclaimed().await?.into_iter().map(|unclaimed| Orphan {
            instance: unclaimed.instance,
            worker: unclaimed.worker,
            vcluster: unclaimed.vcluster,
            owner: unclaimed.owner,
            generation: unclaimed.generation,
        });
        self.answer(unclaimed.collect(), true).await
    }

    /// Of hosts that are there, drops what their workers do not ask about any more: they took it back while control was away.
    pub(super) async fn forget_but(&self, asked: &[Orphan], hosts: &Hosts) -> Result<(), Error> {
        let is_asked = |instance: InstanceId, worker: &WorkerName| {
            asked.iter().any(|orphan| orphan.instance == instance && orphan.worker == *worker)
        };
        for Unclaimed { instance, worker, .. } in self.store.all_unclaimed().await? {
            if hosts.knows(&worker) && !is_asked(instance, &worker) {
                self.gone(worker, instance).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn gone(&self, worker: WorkerName, instance: InstanceId) -> Result<(), Error> {
        let mut tx = self.store.begin().await?;
        tx.remove_unclaimed(instance).await?;
        tx.commit().await?;
        self.publisher.take_back(&[(worker, instance)]).await?;
        Ok(())
    }
}

/// What the record has of an orphan's instance.
enum OfRecord {
    Claimed(Subject),
    /// It has let go of it, in this order.
    LetGo(Generation),
    /// Nothing; or the instance is another host's.
    Unknown,
}

async fn of_record(tx: &dyn Transaction, orphan: &Orphan) -> Result<OfRecord, StoreError> {
    let node = orphan.instance.as_node();
    if let Some(vcluster) = tx.vcluster_of_node(node).await? {
        let is_here = vcluster.node_by_id(node).is_some_and(|node| node.worker == orphan.worker);
        return Ok(if is_here { OfRecord::Claimed(Subject::Vcluster(vcluster.id)) } else { OfRecord::Unknown });
    }
    if let Some(task) = tx.task(orphan.instance.as_task()).await? {
        return Ok(match task.worker == orphan.worker {
            true if task.cleared => OfRecord::LetGo(task.generation),
            true => OfRecord::Claimed(Subject::Task(task.id)),
            false => OfRecord::Unknown,
        });
    }
    match tx.departed(node).await {
        // It was unreadable when it was deleted: nothing says which of its containers may go.
        Err(StoreError::Unreadable { .. }) => Ok(OfRecord::Unknown),
        departed => Ok(departed?.map_or(OfRecord::Unknown, OfRecord::LetGo)),
    }
}

fn unclaimed_for(unclaimed: &Unclaimed) -> String {
    let worker = &unclaimed.worker;
    format!(
        "the container of {} on host {worker} was claimed by no record for {} days",
        instance_of(unclaimed),
        UNCLAIMED_KEPT.num_days()
    )
}

fn instance_of(Unclaimed { instance, vcluster, .. }: &Unclaimed) -> String {
    match vcluster {
        Some(vcluster) => format!("node {instance} of vcluster {vcluster}"),
        None => format!("task {instance}"),
    }
}

/// For the administrator's page.
pub(crate) fn sentence(unclaimed: &Unclaimed) -> String {
    let Unclaimed { worker, owner, .. } = unclaimed;
    format!(
        "host {worker} has a container that no record claims: {} of user {owner}. It is paused, \
         and kept until {}; copy out of it what is needed (docker cp), or remove it",
        instance_of(unclaimed),
        (unclaimed.found_at + UNCLAIMED_KEPT).format("%Y-%m-%d")
    )
}
