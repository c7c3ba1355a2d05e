//! The Store port: reads that decide nothing, and the beginning of transactions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::store::{
    Account, Admission, AllowedImage, Attempts, BrowserSession, FoundVclusters, PageRequest, Person, Store, StoreError,
    StoredEvent, Token, Transaction, Unclaimed,
};
use domain::{
    OperationId, UserId, VclusterId,
    allowance::Standing,
    app::App,
    name::{UserName, WorkerName},
    operation::Operation,
    quota::Usage,
    user::User,
    vcluster::Vcluster,
};

use crate::{
    SqlStore, accounts, apps, entries, events, images, operations, people, transaction::SqlTransaction, unclaimed,
    vclusters,
};

#[async_trait]
impl Store for SqlStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(SqlTransaction::new(self.exclusive().await?, self.clone())))
    }

    async fn account(&self, name: &UserName) -> Result<Option<Account>, StoreError> {
        accounts::account(self.reader(), name).await
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        accounts::user(self.reader(), id).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        accounts::users(self.reader()).await
    }

    async fn token(&self, digest: &str) -> Result<Option<Token>, StoreError> {
        accounts::token(self.reader(), digest).await
    }

    async fn tokens_of(&self, user: UserId) -> Result<Vec<Token>, StoreError> {
        accounts::tokens_of(self.reader(), user).await
    }

    async fn people(&self, search: &str, page: PageRequest<UserName>) -> Result<Vec<Person>, StoreError> {
        people::page(&self.snapshot().await?, search, page).await
    }

    async fn person(&self, name: &UserName) -> Result<Option<Person>, StoreError> {
        people::named(&self.snapshot().await?, name).await
    }

    async fn standing(&self, user: UserId) -> Result<Standing, StoreError> {
        people::standing(self.reader(), user).await
    }

    async fn sessions_of(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<BrowserSession>, StoreError> {
        people::sessions_of(self.reader(), user, now).await
    }

    async fn attempts(&self, key: &str) -> Result<Option<Attempts>, StoreError> {
        accounts::attempts(self.reader(), key).await
    }

    async fn vcluster(&self, id: VclusterId) -> Result<Option<Vcluster>, StoreError> {
        vclusters::load(&self.snapshot().await?, id).await
    }

    async fn vclusters_of(&self, owner: UserId, page: PageRequest<VclusterId>) -> Result<FoundVclusters, StoreError> {
        vclusters::page(&self.snapshot().await?, owner, page).await
    }

    async fn all_vclusters(&self) -> Result<FoundVclusters, StoreError> {
        vclusters::all(&self.snapshot().await?).await
    }

    async fn unclaimed(&self) -> Result<Vec<Unclaimed>, StoreError> {
        unclaimed::all(self.reader()).await
    }

    async fn operations_of(
        &self,
        id: VclusterId,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<(Operation, Option<UserName>)>, StoreError> {
        operations::page(&self.snapshot().await?, id, page).await
    }

    async fn apps_of(&self, id: VclusterId) -> Result<Vec<App>, StoreError> {
        apps::of_vcluster(self.reader(), id).await
    }

    async fn admission(&self, digest: &str) -> Result<Option<Admission>, StoreError> {
        entries::admission(&self.snapshot().await?, digest).await
    }

    async fn usage(&self, owner: UserId) -> Result<Usage, StoreError> {
        vclusters::holdings::of_owner(&self.snapshot().await?, owner).await
    }

    async fn allowed_images(&self) -> Result<Vec<AllowedImage>, StoreError> {
        images::all(self.reader()).await
    }

    async fn worker_usage(&self) -> Result<Vec<(WorkerName, Usage)>, StoreError> {
        vclusters::holdings::of_workers(self.reader()).await
    }

    async fn events_after(
        &self,
        owner: UserId,
        after: i64,
        limit: u32,
    ) -> Result<Option<Vec<StoredEvent>>, StoreError> {
        events::after(&self.snapshot().await?, owner, after, limit).await
    }

    async fn last_event(&self) -> Result<i64, StoreError> {
        events::last(self.reader()).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A read of the file: the driver's own ping only asks its thread.
        events::last(self.reader()).await.map(|_| ())
    }
}
