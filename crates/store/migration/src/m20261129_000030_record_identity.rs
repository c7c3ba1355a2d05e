//! Which record this is, whatever file or server it is in: every copy and every backup of it says the same.

use sea_orm_migration::{prelude::*, schema::uuid_null, sea_orm::ConnectionTrait};
use uuid::Uuid;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let add = Table::alter().table(Record::Table).add_column(uuid_null(Record::Identity)).take();
        manager.alter_table(add).await?;
        let db = manager.get_connection();
        let identity = first_user(db).await?.unwrap_or_else(Uuid::new_v4);
        let update = Query::update().table(Record::Table).value(Record::Identity, identity).take();
        if db.execute(&update).await?.rows_affected() > 0 {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(Record::Table).columns([Record::Id, Record::Term, Record::Identity]);
        insert.values([1.into(), 0.into(), identity.into()]).map_err(|fault| DbErr::Custom(fault.to_string()))?;
        db.execute(&insert).await.map(drop)
    }
}

/// A record that is in use already is called after its first user: so is a backup that was made before this step.
async fn first_user(db: &impl ConnectionTrait) -> Result<Option<Uuid>, DbErr> {
    let mut oldest = Query::select();
    oldest.column(Users::Id).from(Users::Table);
    oldest.order_by(Users::CreatedAt, Order::Asc).order_by(Users::Id, Order::Asc).limit(1);
    db.query_one(&oldest).await?.map(|row| row.try_get("", "id")).transpose()
}

#[derive(DeriveIden)]
enum Record {
    Table,
    Id,
    Term,
    Identity,
}

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    CreatedAt,
}
