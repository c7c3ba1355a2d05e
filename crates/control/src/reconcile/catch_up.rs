//! The record is an older copy of itself: what is published, or a worker, knows later orders than it does. Its orders stay what
//! they are and get numbers above those that are known, so that workers carry them out.

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use domain::{
    TaskId,
    node::{Generation, Node},
    task::Task,
    vcluster::Vcluster,
};

use super::notices::Notices;
use crate::{
    Error, Ports,
    events::Events,
    jobs::follow,
    ports::{
        clock::Clock,
        coordination::{Newer, Order, Subject},
        store::{Store, StoreError, Transaction},
    },
    unit_of_work::UnitOfWork,
};

#[derive(Clone)]
pub(super) struct CatchUp {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    events: Events,
    notices: Notices,
    half_life: TimeDelta,
}

impl CatchUp {
    pub(super) fn new(ports: &Ports, events: Events, notices: Notices, half_life: TimeDelta) -> Self {
        Self { store: ports.store.clone(), clock: ports.clock.clone(), events, notices, half_life }
    }

    /// Returns what is to be published again.
    pub(super) async fn raise(&self, newer: Vec<Newer>) -> Result<BTreeSet<Subject>, Error> {
        let mut raised = BTreeSet::new();
        for newer in newer {
            match self.raise_one(newer).await {
                Ok(subject) => raised.extend(subject),
                // One of those that are said to be unreadable.
                Err(Error::Store(StoreError::Unreadable { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(raised)
    }

    async fn raise_one(&self, Newer { instance, generation, order }: Newer) -> Result<Option<Subject>, Error> {
        let (now, node) = (self.clock.now(), instance.as_node());
        let tx = self.store.begin().await?;
        let Some(mut vcluster) = tx.vcluster_of_node(node).await? else {
            return self.raise_task(tx, instance.as_task(), generation, order).await;
        };
        // By now the record may say what is published.
        let is_same = |node: &Node| node.generation == generation && Order::from(node.intent) == order;
        if vcluster.node_by_id(node).is_some_and(is_same) || !vcluster.catch_up(node, generation) {
            return Ok(None);
        }
        let mut work = UnitOfWork::new(tx, now);
        work.save(&vcluster).await?;
        work.commit(&self.events, || ()).await?;
        self.notices.tell(now, was_behind(&vcluster));
        Ok(Some(Subject::Vcluster(vcluster.id)))
    }

    async fn raise_task(
        &self,
        tx: Box<dyn Transaction>,
        id: TaskId,
        generation: Generation,
        order: Order,
    ) -> Result<Option<Subject>, Error> {
        // Gone meanwhile, or by now the record says what is published.
        let is_same = |task: &Task| task.generation == generation && Order::from(task.intent) == order;
        let Some(mut task) = tx.task(id).await?.filter(|task| !is_same(task)) else { return Ok(None) };
        let mut work = UnitOfWork::new(tx, self.clock.now());
        if !task.catch_up(generation, work.now) {
            return Ok(None);
        }
        work.tx.save_task(&task).await?;
        for job in follow(&mut *work.tx, &task, work.now, self.half_life).await? {
            work.tell_job(&job).await?;
        }
        work.commit(&self.events, || ()).await?;
        Ok(Some(Subject::Task(id)))
    }
}

pub(super) fn was_behind(vcluster: &Vcluster) -> String {
    format!(
        "the record was older than what hosts have carried out for vcluster {} ({}), as after a restore; what the record says \
         holds again",
        vcluster.name, vcluster.id
    )
}
