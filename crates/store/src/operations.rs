//! Statements about the history of vclusters. The latest operation is read and written with its vcluster.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use control::ports::store::{PageRequest, StoreError};
use domain::{OperationId, VclusterId, name::UserName, operation::Operation};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    prelude::Uuid,
};

use crate::{
    entity::{operation, user, vcluster},
    fault::{fault, unreadable},
};

/// Newest first, with the user who asked.
pub(crate) async fn page(
    db: &impl ConnectionTrait,
    id: VclusterId,
    page: PageRequest<OperationId>,
) -> Result<Vec<(Operation, Option<UserName>)>, StoreError> {
    let older = page.after.map(|id| operation::Column::Id.lt(id.as_uuid()));
    let listed = operation::Entity::find()
        .filter(Condition::all().add(operation::Column::Vcluster.eq(id.as_uuid())).add_option(older))
        .order_by_desc(operation::Column::Id)
        .limit(u64::from(page.limit));
    let rows = listed.all(db).await.map_err(fault("operation"))?;
    let names = names(db, rows.iter().filter_map(|row| row.by).collect()).await?;
    let named = |row: operation::Model| {
        let by = row.by.and_then(|id| names.get(&id).cloned());
        Ok((Operation::try_from(row)?, by))
    };
    rows.into_iter().map(named).collect()
}

async fn names(db: &impl ConnectionTrait, ids: BTreeSet<Uuid>) -> Result<HashMap<Uuid, UserName>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named = user::Entity::find().select_only().columns([user::Column::Id, user::Column::Name]);
    let rows = named.filter(user::Column::Id.is_in(ids)).into_tuple::<(Uuid, String)>().all(db).await;
    let parsed = |(id, name): (Uuid, String)| {
        let name = name.parse().map_err(|fault| unreadable("user", id, fault))?;
        Ok((id, name))
    };
    rows.map_err(fault("user"))?.into_iter().map(parsed).collect()
}

/// Drops what began before `before`, but never a vcluster's latest operation. Returns how many.
pub(crate) async fn drop_before(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let latest = vcluster::Entity::find().select_only().column(vcluster::Column::Operation).into_query();
    let old = operation::Entity::delete_many()
        .filter(operation::Column::StartedAt.lt(before))
        .filter(operation::Column::Id.not_in_subquery(latest));
    Ok(old.exec(db).await.map_err(fault("operation"))?.rows_affected)
}
