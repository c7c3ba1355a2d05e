//! One transaction with the events that its commit sends to watchers, in the order of the changes. What follows from the commit
//! follows it however late it is answered.

use chrono::{DateTime, Utc};
use domain::{UserId, VclusterId, job::Job, quota::Usage, vcluster::Vcluster};

use crate::{
    events::Events,
    ports::store::{EventBody, StoreError, StoredEvent, Transaction},
};

pub(crate) struct UnitOfWork {
    pub(crate) tx: Box<dyn Transaction>,
    pub(crate) now: DateTime<Utc>,
    events: Vec<StoredEvent>,
}

impl UnitOfWork {
    pub(crate) fn new(tx: Box<dyn Transaction>, now: DateTime<Utc>) -> Self {
        Self { tx, now, events: Vec::new() }
    }

    pub(crate) async fn save(&mut self, vcluster: &Vcluster) -> Result<(), StoreError> {
        self.tx.save_vcluster(vcluster, self.now).await?;
        let usage = self.tx.usage(vcluster.owner).await?;
        self.tell_saved(vcluster, usage).await
    }

    /// The first time. `usage`: what its owner holds with it.
    pub(crate) async fn insert(&mut self, vcluster: &Vcluster, usage: Usage) -> Result<(), StoreError> {
        self.tx.insert_vcluster(vcluster).await?;
        self.tell_saved(vcluster, usage).await
    }

    pub(crate) async fn remove(&mut self, id: VclusterId, owner: UserId) -> Result<(), StoreError> {
        self.tx.remove_vcluster(id, self.now).await?;
        let usage = self.tx.usage(owner).await?;
        self.tell(owner, EventBody::VclusterGone { id, usage }).await
    }

    async fn tell_saved(&mut self, vcluster: &Vcluster, usage: Usage) -> Result<(), StoreError> {
        self.tell(vcluster.owner, EventBody::Vcluster { vcluster: Box::new(vcluster.clone()), usage }).await
    }

    pub(crate) async fn save_job(&mut self, job: &Job) -> Result<(), StoreError> {
        self.tx.save_job(job).await?;
        self.tell_job(job).await
    }

    /// For one that is written down already.
    pub(crate) async fn tell_job(&mut self, job: &Job) -> Result<(), StoreError> {
        self.tell(job.owner, EventBody::Job { id: job.id, state: job.state }).await
    }

    pub(crate) async fn tell(&mut self, owner: UserId, body: EventBody) -> Result<(), StoreError> {
        let sequence = self.tx.append_event(owner, self.now, &body).await?;
        self.events.push(StoredEvent { sequence, owner, at: self.now, body });
        Ok(())
    }

    pub(crate) async fn commit(self, events: &Events, then: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        events.commit(self.tx, self.events, then).await
    }
}
