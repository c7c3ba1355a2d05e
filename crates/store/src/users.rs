//! Users: who they are, what decides how much they may hold, and how administrators see them.

use chrono::{DateTime, Utc};
use control::ports::store::{Account, PageRequest, Person, StoreError, UserReads, UserWrites};
use domain::{
    UserId,
    name::{GroupName, UserName},
    quota::{OwnLimits, Usage},
    quota_policy::QuotaAssignment,
    user::{Role, User},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, LikeExpr, SimpleExpr},
};

use crate::{
    entity::user,
    fault::fault,
    sql::{Connection, Sql, SqlTransaction},
    vclusters::holdings,
};

#[async_trait::async_trait]
impl<C: Connection> UserReads for Sql<C> {
    async fn account(&self, name: &UserName) -> Result<Option<Account>, StoreError> {
        let row = user::Entity::find()
            .filter(user::Column::Name.eq(name.as_str()))
            .one(self.db())
            .await
            .map_err(fault("user"))?;
        row.map(Account::try_from).transpose()
    }

    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        user(self.db(), id).await
    }

    async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Name).all(self.db()).await.map_err(fault("user"))?;
        rows.into_iter().map(User::try_from).collect()
    }

    async fn people(&self, search: &str, page: PageRequest<UserName>) -> Result<Vec<Person>, StoreError> {
        let db = &*self.snapshot().await?;
        let mut found = user::Entity::find().order_by_asc(user::Column::Name).limit(u64::from(page.limit));
        if !search.is_empty() {
            found = found.filter(Expr::col((user::Entity, user::Column::Name)).like(containing(search)));
        }
        if let Some(after) = page.after {
            found = found.filter(user::Column::Name.gt(after.as_str()));
        }
        let rows = found.all(db).await.map_err(fault("user"))?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let held = holdings::of_owners(db, &ids).await?;
        rows.into_iter().map(|row| person(held.get(&row.id).copied().unwrap_or_default(), row)).collect()
    }

    async fn person(&self, name: &UserName) -> Result<Option<Person>, StoreError> {
        let db = &*self.snapshot().await?;
        let row =
            user::Entity::find().filter(user::Column::Name.eq(name.as_str())).one(db).await.map_err(fault("user"))?;
        let Some(row) = row else { return Ok(None) };
        let held = holdings::of_owner(db, UserId::new(row.id)).await?;
        person(held, row).map(Some)
    }

    async fn quota_assignment(&self, id: UserId) -> Result<QuotaAssignment, StoreError> {
        let row = user::Entity::find_by_id(id.as_uuid()).one(self.db()).await.map_err(fault("user"))?;
        row.map_or_else(|| Ok(QuotaAssignment::default()), |row| row.quota_assignment())
    }

    async fn administrators(&self) -> Result<Vec<UserId>, StoreError> {
        let ids = user::Entity::find()
            .select_only()
            .column(user::Column::Id)
            .filter(user::Column::Role.eq(Role::Admin.as_str()))
            .filter(user::Column::Locked.eq(false));
        let ids = ids.into_tuple::<Uuid>().all(self.db()).await.map_err(fault("user"))?;
        Ok(ids.into_iter().map(UserId::new).collect())
    }
}

#[async_trait::async_trait]
impl UserWrites for SqlTransaction {
    async fn insert_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let savepoint = self.savepoint().await?;
        let insert = user::Entity::insert(user::ActiveModel::from(account));
        let done = insert.exec_without_returning(savepoint.db()).await.map(drop).map_err(fault("user"));
        savepoint.end(done).await
    }

    async fn set_password(&mut self, id: UserId, hash: &str) -> Result<(), StoreError> {
        let change = user::Entity::update_many().col_expr(user::Column::PasswordHash, Expr::value(hash));
        change.filter(user::Column::Id.eq(id.as_uuid())).exec(self.db()).await.map_err(fault("user"))?;
        Ok(())
    }

    async fn set_locked(&mut self, id: UserId, locked: bool) -> Result<(), StoreError> {
        // Either value also settles a pending approval: to unlock is to approve, to lock is to refuse for good.
        let change = user::Entity::update_many()
            .col_expr(user::Column::Locked, Expr::value(locked))
            .col_expr(user::Column::Pending, Expr::value(false));
        change.filter(user::Column::Id.eq(id.as_uuid())).exec(self.db()).await.map_err(fault("user"))?;
        Ok(())
    }

    async fn set_pending(&mut self, id: UserId) -> Result<(), StoreError> {
        let change = [(user::Column::Pending, Expr::value(true)), (user::Column::Locked, Expr::value(true))];
        change_user(self.db(), id, change).await
    }

    async fn set_group(&mut self, id: UserId, group: Option<&GroupName>) -> Result<(), StoreError> {
        change_user(self.db(), id, [(user::Column::Group, Expr::value(group.map(ToString::to_string)))]).await
    }

    async fn set_own_limits(&mut self, id: UserId, limits: OwnLimits) -> Result<(), StoreError> {
        use user::Column::{LimitCpuMilli, LimitMemoryMib, LimitNodes, LimitVclusters};
        // Limits are checked to be far below what the column holds.
        let wide = |limit: Option<u64>| Expr::value(limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)));
        let change = [
            (LimitVclusters, wide(limits.vclusters.map(u64::from))),
            (LimitNodes, wide(limits.nodes.map(u64::from))),
            (LimitCpuMilli, wide(limits.cpu_milli)),
            (LimitMemoryMib, wide(limits.memory_mib)),
        ];
        change_user(self.db(), id, change).await
    }

    async fn set_role(&mut self, id: UserId, role: Role) -> Result<(), StoreError> {
        change_user(self.db(), id, [(user::Column::Role, Expr::value(role.as_str()))]).await
    }

    async fn set_last_sign_in(&mut self, id: UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        change_user(self.db(), id, [(user::Column::LastSignIn, Expr::value(at))]).await
    }
}

pub(crate) async fn user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<User>, StoreError> {
    let row = user::Entity::find_by_id(id.as_uuid()).one(db).await.map_err(fault("user"))?;
    row.map(User::try_from).transpose()
}

fn containing(text: &str) -> LikeExpr {
    LikeExpr::new(format!("%{}%", escaped(text))).escape('\\')
}

/// `_` is a letter of names and means any letter in a pattern. To be escaped by `\`.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn person(usage: Usage, row: user::Model) -> Result<Person, StoreError> {
    let (quota, last_sign_in, pending) = (row.quota_assignment()?, row.last_sign_in, row.pending);
    Ok(Person { user: row.try_into()?, pending, quota, usage, last_sign_in })
}

async fn change_user(
    db: &impl ConnectionTrait,
    id: UserId,
    values: impl IntoIterator<Item = (user::Column, SimpleExpr)>,
) -> Result<(), StoreError> {
    let change =
        values.into_iter().fold(user::Entity::update_many(), |change, (column, value)| change.col_expr(column, value));
    change.filter(user::Column::Id.eq(id.as_uuid())).exec(db).await.map_err(fault("user"))?;
    Ok(())
}
