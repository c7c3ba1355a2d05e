//! Tasks: each runs one command in a container of its own, to its end and once. Knows no queue and no quota: the caller has
//! decided that the task may run, and where.

use std::sync::Arc;

use domain::{
    TaskId,
    task::{NewTask, Task},
    user::Scope,
};

use crate::{
    Error, Ports,
    actor::Actor,
    events::Events,
    ports::{
        coordination::Subject,
        store::{Store, Transaction},
    },
    reconcile::Dispatcher,
};

#[derive(Clone)]
pub struct Tasks {
    store: Arc<dyn Store>,
    events: Events,
    dispatcher: Dispatcher,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

impl Tasks {
    pub(crate) fn new(ports: &Ports, events: Events, dispatcher: Dispatcher) -> Self {
        Self { store: ports.store.clone(), events, dispatcher }
    }

    /// Writes it down before anything starts. Asked again, as after an answer that did not come, it is the same task.
    pub async fn begin(&self, actor: &Actor, new: NewTask) -> Result<Task, Error> {
        // A command beside the home, as in a node.
        actor.may(Scope::Ssh)?;
        let mut tx = self.store.begin().await?;
        if let Some(begun) = tx.task(new.id).await? {
            return actor.own(Some(begun));
        }
        let task = new.of(actor.user);
        tx.save_task(&task).await?;
        self.commit(tx, task.id).await?;
        Ok(task)
    }

    /// What follows from the commit follows it also when it is answered late.
    async fn commit(&self, tx: Box<dyn Transaction>, id: TaskId) -> Result<(), Error> {
        let dispatcher = self.dispatcher.clone();
        Ok(self.events.commit(tx, Vec::new(), move || dispatcher.dispatch(Subject::Task(id))).await?)
    }

    pub async fn get(&self, actor: &Actor, id: TaskId) -> Result<Task, Error> {
        actor.own(self.store.task(id).await?)
    }

    /// Ends it. One that is over stays as it ended.
    pub async fn cancel(&self, actor: &Actor, id: TaskId) -> Result<Task, Error> {
        actor.may(Scope::Vclusters)?;
        let mut tx = self.store.begin().await?;
        let mut task = actor.own(tx.task(id).await?)?;
        if task.cancel() {
            tx.save_task(&task).await?;
            self.commit(tx, id).await?;
        }
        Ok(task)
    }
}
