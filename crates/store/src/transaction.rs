//! The Transaction port: one writer at a time. Dropped without commit, it rolls back.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::store::{
    Account, AllowedImage, AppSession, Attempts, EntryPass, EventBody, IdempotencyRecord, SessionKey, StoreError,
    Token, Transaction, Unclaimed,
};
use domain::{
    AppId, NodeId, SessionHandle, TokenId, UserId, VclusterId,
    allowance::Standing,
    app::{App, AppLabel},
    name::{GroupName, UserName, VclusterName, WorkerName},
    node::Generation,
    operation::Operation,
    quota::{OwnLimits, Usage},
    user::Role,
    vcluster::Vcluster,
};
use ipnet::Ipv4Net;
use sea_orm::DatabaseTransaction;

use crate::{
    SqlStore, accounts, apps, entries, events, fault::fault, images, operations, patient::Patient, people, replies,
    sweep, term, unclaimed, vclusters,
};

#[derive(Debug)]
pub(crate) struct SqlTransaction(Patient<DatabaseTransaction>, SqlStore);

impl SqlTransaction {
    pub(crate) const fn new(exclusive: Patient<DatabaseTransaction>, store: SqlStore) -> Self {
        Self(exclusive, store)
    }

    /// Before a statement that may be refused for what people choose: Postgres then goes on only from a savepoint.
    async fn point(&self) -> Result<Point, StoreError> {
        if !self.1.is_postgres() {
            return Ok(Point(None));
        }
        self.0.savepoint().await.map(Some).map(Point).map_err(fault("transaction"))
    }
}

/// Where a transaction goes on after a refused statement.
struct Point(Option<Patient<DatabaseTransaction>>);

impl Point {
    fn within<'a>(&'a self, whole: &'a SqlTransaction) -> &'a Patient<DatabaseTransaction> {
        self.0.as_ref().unwrap_or(&whole.0)
    }

    async fn end(self, done: Result<(), StoreError>) -> Result<(), StoreError> {
        let Some(point) = self.0 else { return done };
        match done {
            Ok(()) => point.commit().await.map_err(fault("transaction")),
            // Whether or not there is a way back: what was refused is what the caller is told.
            Err(error) => {
                if let Err(lost) = point.rollback().await {
                    tracing::debug!(error = %lost, "a transaction is lost after a refused statement");
                }
                Err(error)
            }
        }
    }
}

impl SqlTransaction {
    pub(crate) const fn db(&self) -> &Patient<DatabaseTransaction> {
        &self.0
    }
}

#[async_trait]
impl Transaction for SqlTransaction {
    async fn insert_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let point = self.point().await?;
        let done = accounts::insert(point.within(self), account).await;
        point.end(done).await
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

    async fn set_role(&mut self, user: UserId, role: Role) -> Result<(), StoreError> {
        people::set_role(&self.0, user, role).await
    }

    async fn standing(&mut self, user: UserId) -> Result<Standing, StoreError> {
        people::standing(&self.0, user).await
    }

    async fn set_group(&mut self, user: UserId, group: Option<&GroupName>) -> Result<(), StoreError> {
        people::set_group(&self.0, user, group).await
    }

    async fn set_own_limits(&mut self, user: UserId, limits: OwnLimits) -> Result<(), StoreError> {
        people::set_own_limits(&self.0, user, limits).await
    }

    async fn set_last_sign_in(&mut self, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        people::set_last_sign_in(&self.0, user, at).await
    }

    async fn administrators(&mut self) -> Result<Vec<UserId>, StoreError> {
        people::administrators(&self.0).await
    }

    async fn end_sessions_but(&mut self, user: UserId, kept: &SessionHandle) -> Result<(), StoreError> {
        people::end_sessions_but(&self.0, user, kept).await
    }

    async fn end_session(&mut self, user: UserId, session: &SessionHandle) -> Result<bool, StoreError> {
        people::end_session(&self.0, user, session).await
    }

    async fn set_token_used(&mut self, token: TokenId, at: DateTime<Utc>) -> Result<(), StoreError> {
        people::set_token_used(&self.0, token, at).await
    }

    async fn revoke_tokens(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), StoreError> {
        people::revoke_tokens(&self.0, user, now).await
    }

    async fn end_sessions(&mut self, user: UserId) -> Result<(), StoreError> {
        accounts::end_sessions(&self.0, user).await
    }

    async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError> {
        accounts::insert_token(&self.0, token).await
    }

    async fn drop_dead_tokens(&mut self, user: UserId, now: DateTime<Utc>, kept: u64) -> Result<(), StoreError> {
        accounts::drop_dead_tokens(&self.0, user, now, kept).await
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

    async fn owner_of_vcluster(&mut self, id: VclusterId) -> Result<Option<UserId>, StoreError> {
        vclusters::owner_of(&self.0, id).await
    }

    async fn vcluster_named(&mut self, owner: UserId, name: &VclusterName) -> Result<Option<VclusterId>, StoreError> {
        vclusters::id_of(&self.0, owner, name).await
    }

    async fn vcluster_of_node(&mut self, node: NodeId) -> Result<Option<Vcluster>, StoreError> {
        vclusters::of_node(&self.0, node).await
    }

    async fn save_vcluster(&mut self, vcluster: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError> {
        let point = self.point().await?;
        let done = vclusters::save::save(point.within(self), vcluster, now).await;
        point.end(done).await
    }

    async fn note_happening(&mut self, id: VclusterId, happened: &Operation) -> Result<(), StoreError> {
        vclusters::save::note(&self.0, id, happened).await
    }

    async fn departed(&mut self, node: NodeId) -> Result<Option<Generation>, StoreError> {
        unclaimed::departed(&self.0, node).await
    }

    async fn forget_departed(&mut self, nodes: &[NodeId]) -> Result<(), StoreError> {
        unclaimed::forget_departed(&self.0, nodes).await
    }

    async fn unclaimed(&mut self, node: NodeId) -> Result<Option<Unclaimed>, StoreError> {
        unclaimed::one(&self.0, node).await
    }

    async fn save_unclaimed(&mut self, unclaimed: &Unclaimed) -> Result<(), StoreError> {
        unclaimed::save(&self.0, unclaimed).await
    }

    async fn find_unclaimed_again(&mut self, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
        unclaimed::find_again(&self.0, from, now).await
    }

    async fn remove_unclaimed(&mut self, node: NodeId) -> Result<(), StoreError> {
        unclaimed::remove(&self.0, node).await
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

    async fn allowed_images(&mut self) -> Result<Vec<AllowedImage>, StoreError> {
        images::all(&self.0).await
    }

    async fn save_allowed_image(&mut self, image: &AllowedImage) -> Result<(), StoreError> {
        images::save(&self.0, image).await
    }

    async fn remove_allowed_image(&mut self, pattern: &str) -> Result<bool, StoreError> {
        images::remove(&self.0, pattern).await
    }

    async fn subnets(&mut self) -> Result<Vec<Ipv4Net>, StoreError> {
        vclusters::subnets(&self.0).await
    }

    async fn apps_of(&mut self, id: VclusterId) -> Result<Vec<App>, StoreError> {
        apps::of_vcluster(&self.0, id).await
    }

    async fn app(&mut self, id: AppId) -> Result<Option<App>, StoreError> {
        apps::load(&self.0, id).await
    }

    async fn pinned_apps(&mut self, owner: UserId) -> Result<u64, StoreError> {
        apps::pinned(&self.0, owner).await
    }

    async fn app_labelled(&mut self, label: &AppLabel) -> Result<Option<App>, StoreError> {
        apps::labelled(&self.0, label).await
    }

    async fn insert_app(&mut self, app: &App) -> Result<(), StoreError> {
        let point = self.point().await?;
        let done = apps::insert(point.within(self), app).await;
        point.end(done).await
    }

    async fn save_app(&mut self, app: &App) -> Result<(), StoreError> {
        apps::save(&self.0, app).await
    }

    async fn remove_app(&mut self, id: AppId) -> Result<(), StoreError> {
        apps::remove(&self.0, id).await
    }

    async fn session_user(&mut self, session: &SessionKey, now: DateTime<Utc>) -> Result<Option<UserId>, StoreError> {
        entries::session_user(&self.0, session, now).await
    }

    async fn insert_entry_pass(&mut self, pass: &EntryPass, most: u32, now: DateTime<Utc>) -> Result<(), StoreError> {
        entries::insert_pass(&self.0, pass, most, now).await
    }

    async fn take_entry_pass(&mut self, digest: &str) -> Result<Option<EntryPass>, StoreError> {
        entries::take_pass(&self.0, digest).await
    }

    async fn insert_app_session(&mut self, session: &AppSession, most: u32) -> Result<(), StoreError> {
        entries::insert_session(&self.0, session, most).await
    }

    async fn end_app_sessions(&mut self, app: AppId) -> Result<(), StoreError> {
        entries::end(&self.0, app).await
    }

    async fn idempotency(&mut self, user: UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError> {
        replies::find(&self.0, user, key).await
    }

    async fn insert_idempotency(&mut self, record: &IdempotencyRecord) -> Result<(), StoreError> {
        let point = self.point().await?;
        let done = replies::insert(point.within(self), record).await;
        point.end(done).await
    }

    async fn append_event(&mut self, owner: UserId, at: DateTime<Utc>, body: &EventBody) -> Result<i64, StoreError> {
        events::append(&self.0, owner, at, body).await
    }

    async fn last_sweep(&mut self) -> Result<Option<DateTime<Utc>>, StoreError> {
        term::last_sweep(&self.0).await
    }

    async fn clock_doubted_since(&mut self) -> Result<Option<DateTime<Utc>>, StoreError> {
        term::clock_doubted_since(&self.0).await
    }

    async fn set_clock_doubted_since(&mut self, since: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        term::set_clock_doubted_since(&self.0, since).await
    }

    async fn set_last_sweep(&mut self, at: DateTime<Utc>) -> Result<(), StoreError> {
        term::set_last_sweep(&self.0, at).await
    }

    async fn sweep_operations(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(operations::drop_before(&self.0, before).await? + unclaimed::drop_departed_before(&self.0, before).await?)
    }

    async fn sweep(&mut self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        sweep::sweep(&self.0, before, now).await
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.1.commit(self.0).await
    }
}
