//! The Transaction port: one writer at a time. Dropped without commit, it rolls back.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::store::{Account, Attempts, EventBody, IdempotencyRecord, StoreError, Token, Transaction};
use domain::{
    NodeId, TokenId, UserId, VclusterId,
    name::{UserName, VclusterName, WorkerName},
    quota::Usage,
    vcluster::Vcluster,
};
use ipnet::Ipv4Net;
use sea_orm::DatabaseTransaction;

use crate::{accounts, events, fault::fault, replies, sweep, vclusters};

#[derive(Debug)]
pub(crate) struct SqlTransaction(DatabaseTransaction);

impl SqlTransaction {
    pub(crate) const fn new(exclusive: DatabaseTransaction) -> Self {
        Self(exclusive)
    }
}

#[async_trait]
impl Transaction for SqlTransaction {
    async fn insert_account(&mut self, account: &Account) -> Result<(), StoreError> {
        accounts::insert(&self.0, account).await
    }

    async fn account(&mut self, name: &UserName) -> Result<Option<Account>, StoreError> {
        accounts::account(&self.0, name).await
    }

    async fn set_password(&mut self, user: UserId, hash: &str) -> Result<(), StoreError> {
        accounts::set_password(&self.0, user, hash).await
    }

    async fn set_locked(&mut self, user: UserId, locked: bool) -> Result<(), StoreError> {
        accounts::set_locked(&self.0, user, locked).await
    }

    async fn end_sessions(&mut self, user: UserId) -> Result<(), StoreError> {
        accounts::end_sessions(&self.0, user).await
    }

    async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        accounts::insert_token(&self.0, token).await
    }

    async fn revoke_token(&mut self, token: TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
        accounts::revoke_token(&self.0, token, now).await
    }

    async fn attempts(&mut self, key: &str) -> Result<Option<Attempts>, StoreError> {
        accounts::attempts(&self.0, key).await
    }

    async fn set_attempts(&mut self, attempts: &Attempts) -> Result<(), StoreError> {
        accounts::set_attempts(&self.0, attempts).await
    }

    async fn clear_attempts(&mut self, key: &str) -> Result<(), StoreError> {
        accounts::clear_attempts(&self.0, key).await
    }

    async fn vcluster(&mut self, id: VclusterId) -> Result<Option<Vcluster>, StoreError> {
        vclusters::load(&self.0, id).await
    }

    async fn vcluster_named(&mut self, owner: UserId, name: &VclusterName) -> Result<Option<VclusterId>, StoreError> {
        vclusters::id_of(&self.0, owner, name).await
    }

    async fn vcluster_of_node(&mut self, node: NodeId) -> Result<Option<Vcluster>, StoreError> {
        vclusters::of_node(&self.0, node).await
    }

    async fn save_vcluster(&mut self, vcluster: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
        vclusters::save::save(&self.0, vcluster, now).await
    }

    async fn remove_vcluster(&mut self, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError> {
        vclusters::save::remove(&self.0, id, now).await
    }

    async fn usage(&mut self, owner: UserId) -> Result<Usage, StoreError> {
        vclusters::holdings::of_owner(&self.0, owner).await
    }

    async fn worker_usage(&mut self) -> Result<Vec<(WorkerName, Usage)>, StoreError> {
        vclusters::holdings::of_workers(&self.0).await
    }

    async fn subnets(&mut self) -> Result<Vec<Ipv4Net>, StoreError> {
        vclusters::subnets(&self.0).await
    }

    async fn idempotency(&mut self, user: UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        replies::find(&self.0, user, key).await
    }

    async fn insert_idempotency(&mut self, record: &IdempotencyRecord) -> Result<(), StoreError> {
        replies::insert(&self.0, record).await
    }

    async fn append_event(&mut self, owner: UserId, at: DateTime<Utc>, body: &EventBody) -> Result<i64, StoreError> {
        events::append(&self.0, owner, at, body).await
    }

    async fn sweep(&mut self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        sweep::sweep(&self.0, before, now).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit().await.map_err(fault("transaction"))
    }
}
