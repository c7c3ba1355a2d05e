//! Statements about events. They are dropped from the front only and the newest is always kept, so the oldest one that is
//! left says what a watcher may have missed, and the newest one what the last number was.

use chrono::{DateTime, Utc};
use control::ports::store::{EventBody, EventReads, EventWrites, StoreError, StoredEvent};
use domain::UserId;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    entity::event,
    event_body,
    fault::{fault, unreadable},
    sql::{Connection, Sql, SqlTransaction},
};

#[async_trait::async_trait]
impl<C: Connection> EventReads for Sql<C> {
    async fn events_after(
        &self,
        owner: UserId,
        after: i64,
        limit: u32,
    ) -> Result<Option<Vec<StoredEvent>>, StoreError> {
        let db = &*self.snapshot().await?;
        let oldest = end(db, Order::Asc).await?;
        let newest = end(db, Order::Desc).await?;
        if after < oldest - 1 || after > newest {
            return Ok(None);
        }
        let wanted = event::Entity::find()
            .filter(event::Column::Owner.eq(owner.as_uuid()))
            .filter(event::Column::Sequence.gt(after));
        let rows = wanted.order_by_asc(event::Column::Sequence).limit(u64::from(limit)).all(db).await;
        rows.map_err(fault("event"))?.into_iter().map(stored).collect::<Result<_, _>>().map(Some)
    }

    async fn last_event(&self) -> Result<i64, StoreError> {
        last(self.db()).await
    }
}

#[async_trait::async_trait]
impl EventWrites for SqlTransaction {
    async fn append_event(&mut self, owner: UserId, at: DateTime<Utc>, body: &EventBody) -> Result<i64, StoreError> {
        let row = event::ActiveModel {
            sequence: NotSet,
            owner: Set(owner.as_uuid()),
            at: Set(at),
            body: Set(event_body::written(body)?),
        };
        let appended = event::Entity::insert(row).exec(self.db()).await.map_err(fault("event"))?;
        Ok(appended.last_insert_id)
    }
}

async fn last(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    end(db, Order::Desc).await
}

/// The first sequence number in this order; 0 when there is none.
async fn end(db: &impl ConnectionTrait, order: Order) -> Result<i64, StoreError> {
    let first =
        event::Entity::find().select_only().column(event::Column::Sequence).order_by(event::Column::Sequence, order);
    Ok(first.into_tuple::<i64>().one(db).await.map_err(fault("event"))?.unwrap_or_default())
}

/// Drops events from before `before`, and with them everything that was appended earlier. Returns how many.
pub(crate) async fn drop_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let old = event::Entity::find().select_only().column(event::Column::Sequence).filter(event::Column::At.lt(before));
    let newest_old =
        old.order_by_desc(event::Column::Sequence).into_tuple::<i64>().one(db).await.map_err(fault("event"))?;
    let Some(newest_old) = newest_old else { return Ok(0) };
    // The newest stays, however old it is.
    let upto = newest_old.min(last(db).await? - 1);
    let dropped = event::Entity::delete_many().filter(event::Column::Sequence.lte(upto)).exec(db).await;
    Ok(dropped.map_err(fault("event"))?.rows_affected)
}

fn stored(row: event::Model) -> Result<StoredEvent, StoreError> {
    let body = event_body::read(row.body).map_err(|fault| unreadable("event", row.sequence, fault))?;
    Ok(StoredEvent { sequence: row.sequence, owner: UserId::new(row.owner), at: row.at, body })
}
