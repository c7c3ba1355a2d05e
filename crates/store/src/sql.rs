//! The record through one kind of connection: those of a pool, which read, or that of a transaction, which also writes.
//! What may be read is written once for both.

use std::ops::Deref;

use async_trait::async_trait;
use control::ports::store::{EventReads as _, Reads, Store, StoreError, Transaction};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::{SqlStore, fault::fault, timeout::WithTimeout};

#[derive(Debug, Clone)]
pub struct Sql<C>(pub(crate) C);

pub(crate) trait Connection: Send + Sync {
    type Db: ConnectionTrait;

    /// For single statements that read.
    fn db(&self) -> &Self::Db;

    /// Several statements that see one state of the record.
    fn snapshot(&self) -> impl Future<Output = Result<Snapshot<'_>, StoreError>> + Send;
}

impl<C: Connection> Connection for Sql<C> {
    type Db = C::Db;

    fn db(&self) -> &Self::Db {
        self.0.db()
    }

    async fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        self.0.snapshot().await
    }
}

pub(crate) enum Snapshot<'a> {
    Begun(WithTimeout<DatabaseTransaction>),
    Within(&'a WithTimeout<DatabaseTransaction>),
}

impl Deref for Snapshot<'_> {
    type Target = WithTimeout<DatabaseTransaction>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Begun(transaction) => transaction,
            Self::Within(transaction) => transaction,
        }
    }
}

/// One writer at a time. Dropped without commit, it rolls back.
pub(crate) type SqlTransaction = Sql<Exclusive>;

#[derive(Debug)]
pub(crate) struct Exclusive {
    transaction: WithTimeout<DatabaseTransaction>,
    store: SqlStore,
}

impl Connection for Exclusive {
    type Db = WithTimeout<DatabaseTransaction>;

    fn db(&self) -> &Self::Db {
        &self.transaction
    }

    async fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        Ok(Snapshot::Within(&self.transaction))
    }
}

impl<C: Connection> Reads for Sql<C> {}

#[async_trait]
impl Store for SqlStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(Sql(Exclusive { transaction: self.exclusive().await?, store: self.clone() })))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        // A read of the file: the driver's own ping only asks its thread.
        self.last_event().await.map(|_| ())
    }
}

#[async_trait]
impl Transaction for SqlTransaction {
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.0.store.commit(self.0.transaction).await
    }
}

impl SqlTransaction {
    /// Before a statement that may be refused for what people choose: Postgres then goes on only from a savepoint.
    pub(crate) async fn savepoint(&self) -> Result<Savepoint<'_>, StoreError> {
        let begun = match self.0.store.is_postgres() {
            true => Some(self.db().savepoint().await.map_err(fault("transaction"))?),
            false => None,
        };
        Ok(Savepoint { whole: self.db(), begun })
    }
}

/// Where a transaction goes on after a refused statement.
pub(crate) struct Savepoint<'a> {
    whole: &'a WithTimeout<DatabaseTransaction>,
    begun: Option<WithTimeout<DatabaseTransaction>>,
}

impl Savepoint<'_> {
    pub(crate) fn db(&self) -> &WithTimeout<DatabaseTransaction> {
        self.begun.as_ref().unwrap_or(self.whole)
    }

    pub(crate) async fn end<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        let Some(begun) = self.begun else { return done };
        match done {
            Ok(done) => begun.commit().await.map(|()| done).map_err(fault("transaction")),
            // Whether or not there is a way back: what was refused is what the caller is told.
            Err(error) => {
                if let Err(lost) = begun.rollback().await {
                    tracing::debug!(error = %lost, "a transaction is lost after a refused statement");
                }
                Err(error)
            }
        }
    }
}
