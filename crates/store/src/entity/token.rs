//! `tokens`: API tokens, by the digest of their secret.

use chrono::{DateTime, Utc};
use control::ports::store::{StoreError, Token};
use domain::{TokenId, UserId, user::Scopes};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub user: Uuid,
    pub digest: String,
    pub prefix: String,
    pub name: String,
    pub scopes: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub last_used: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Token {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let scopes = row.scopes.parse::<Scopes>().map_err(|fault| unreadable("token", row.id, fault))?;
        Ok(Self {
            id: TokenId::new(row.id),
            user: UserId::new(row.user),
            digest: row.digest,
            prefix: row.prefix,
            name: row.name,
            scopes,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used: row.last_used,
            revoked_at: row.revoked_at,
        })
    }
}

impl From<&Token> for ActiveModel {
    fn from(token: &Token) -> Self {
        Self {
            id: Set(token.id.as_uuid()),
            user: Set(token.user.as_uuid()),
            digest: Set(token.digest.clone()),
            prefix: Set(token.prefix.clone()),
            name: Set(token.name.clone()),
            scopes: Set(token.scopes.to_string()),
            created_at: Set(token.created_at),
            expires_at: Set(token.expires_at),
            last_used: Set(token.last_used),
            revoked_at: Set(token.revoked_at),
        }
    }
}
