//! Statements about homes: which ones were made.

use chrono::{DateTime, Utc};
use control::ports::store::{FoundHomes, HomeReads, HomeWrites, StoreError};
use domain::{UserId, name::WorkerName};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use crate::{SqlStore, entity::home, fault::fault, transaction::SqlTransaction};

#[async_trait::async_trait]
impl HomeReads for SqlStore {
    async fn homes(&self, of: Option<UserId>) -> Result<FoundHomes, StoreError> {
        let mut homes = home::Entity::find();
        if let Some(owner) = of {
            homes = homes.filter(home::Column::Owner.eq(owner.as_uuid()));
        }
        let rows = homes.all(self.reader()).await.map_err(fault("home"))?;
        let mut found = FoundHomes::default();
        for home::Model { owner, worker, .. } in rows {
            let owner = UserId::new(owner);
            match worker.parse() {
                Ok(worker) => drop(found.homes.insert((owner, worker))),
                Err(fault) => drop(found.unreadable.insert(owner, format!("home: {owner}: {fault}"))),
            }
        }
        Ok(found)
    }
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
