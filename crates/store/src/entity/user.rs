//! `users`: people with an account.

use chrono::{DateTime, Utc};
use control::ports::store::{Account, StoreError};
use domain::{UserId, quota::OwnLimits, quota_policy::QuotaAssignment, user::User};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{enum_text, fault::unreadable};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub role: String,
    pub locked: bool,
    pub password_hash: Option<String>,
    pub created_at: DateTime<Utc>,
    pub last_sign_in: Option<DateTime<Utc>>,
    /// Locked because no administrator has approved the account yet.
    pub pending: bool,
    /// Set in place of the installation's limits.
    pub limit_vclusters: Option<i64>,
    pub limit_nodes: Option<i64>,
    pub limit_cpu_milli: Option<i64>,
    pub limit_memory_mib: Option<i64>,
    #[sea_orm(column_name = "group_name")]
    pub group: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `Debug` leaves the hash out: rows end up in logs and panics.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl TryFrom<Model> for User {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let unreadable = |fault: &dyn std::fmt::Display| unreadable("user", row.id, fault);
        Ok(Self {
            id: UserId::new(row.id),
            name: row.name.parse().map_err(|fault| unreadable(&fault))?,
            role: enum_text::read("role", &row.role).map_err(|fault| unreadable(&fault))?,
            locked: row.locked,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<Model> for Account {
    type Error = StoreError;

    fn try_from(mut row: Model) -> Result<Self, StoreError> {
        let password_hash = row.password_hash.take();
        Ok(Self { user: row.try_into()?, password_hash })
    }
}

impl Model {
    pub(crate) fn quota_assignment(&self) -> Result<QuotaAssignment, StoreError> {
        let own = self.own_limits().ok_or_else(|| unreadable("user", self.id, "a limit is out of range"))?;
        let group = self.group.as_deref().map(str::parse).transpose();
        Ok(QuotaAssignment { group: group.map_err(|fault| unreadable("user", self.id, fault))?, own })
    }

    /// `None` when one is nothing that we write.
    fn own_limits(&self) -> Option<OwnLimits> {
        Some(OwnLimits {
            vclusters: self.limit_vclusters.map(u32::try_from).transpose().ok()?,
            nodes: self.limit_nodes.map(u32::try_from).transpose().ok()?,
            cpu_milli: self.limit_cpu_milli.map(u64::try_from).transpose().ok()?,
            memory_mib: self.limit_memory_mib.map(u64::try_from).transpose().ok()?,
            pids: None,
        })
    }
}

impl From<&Account> for ActiveModel {
    fn from(account: &Account) -> Self {
        let Account { user, password_hash } = account;
        Self {
            id: Set(user.id.as_uuid()),
            name: Set(user.name.to_string()),
            role: Set(user.role.as_str().to_owned()),
            locked: Set(user.locked),
            password_hash: Set(password_hash.clone()),
            created_at: Set(user.created_at),
            pending: Set(false),
            ..Default::default()
        }
    }
}
