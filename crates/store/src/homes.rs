//! Statements about homes: which ones were made.

use chrono::{DateTime, Utc};
use control::ports::store::{FoundHomes, HomeReads, HomeWrites, StoreError};
use domain::{UserId, name::WorkerName};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryResult, QuerySelect,
    QueryTrait,
    prelude::Uuid,
    sea_query::{Expr, OnConflict},
};

use crate::{
    entity::home,
    fault::fault,
    sql::{Connection, Sql, SqlTransaction},
};

#[async_trait::async_trait]
impl<C: Connection> HomeReads for Sql<C> {
    async fn homes(&self, of: Option<UserId>) -> Result<FoundHomes, StoreError> {
        let mut homes = home::Entity::find().select_only().columns([home::Column::Owner, home::Column::Worker]);
        if let Some(owner) = of {
            let mut theirs = Condition::any().add(home::Column::Owner.eq(owner.as_uuid()));
            // Whose a home is may be what cannot be read; Postgres lets no other thing into the column.
            if self.db().get_database_backend() == DbBackend::Sqlite {
                theirs = theirs.add(Expr::cust("typeof(owner) <> 'blob' OR length(owner) <> 16"));
            }
            homes = homes.filter(theirs);
        }
        let mut found = FoundHomes::default();
        for row in self.db().query_all(&homes.into_query()).await.map_err(fault("home"))? {
            let owner = row.try_get::<Uuid>("", "owner").map(UserId::new);
            match read(&row, &owner) {
                Ok(home) => drop(found.homes.insert(home)),
                Err(error) => found.unreadable.push((owner.ok(), error)),
            }
        }
        Ok(found)
    }
}

fn read(row: &QueryResult, owner: &Result<UserId, DbErr>) -> Result<(UserId, WorkerName), String> {
    let owner = owner.as_ref().map_err(|error| format!("home: {error}"))?;
    let worker: String = row.try_get("", "worker").map_err(|error| format!("home: {owner}: {error}"))?;
    worker.parse().map(|worker| (*owner, worker)).map_err(|error| format!("home: {owner}: {error}"))
}

#[async_trait::async_trait]
impl HomeWrites for SqlTransaction {
    async fn keep_home(&mut self, owner: UserId, worker: &WorkerName, now: DateTime<Utc>) -> Result<(), StoreError> {
        let row = home::ActiveModel { owner: Set(owner.as_uuid()), worker: Set(worker.to_string()), made_at: Set(now) };
        let known = OnConflict::columns([home::Column::Owner, home::Column::Worker]).do_nothing().to_owned();
        let insert = home::Entity::insert(row).on_conflict(known);
        insert.exec_without_returning(self.db()).await.map_err(fault("home"))?;
        Ok(())
    }

    async fn give_up_homes(&mut self, owner: UserId) -> Result<u64, StoreError> {
        let theirs = home::Entity::delete_many().filter(home::Column::Owner.eq(owner.as_uuid()));
        Ok(theirs.exec(self.db()).await.map_err(fault("home"))?.rows_affected)
    }
}
