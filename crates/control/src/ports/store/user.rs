//! Users as the record has them: who they are, what decides how much they may hold, and what administrators see of them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    UserId,
    name::{GroupName, UserName},
    quota::{OwnLimits, Usage},
    quota_policy::QuotaAssignment,
    user::{Role, User},
};

use super::{PageRequest, StoreError};

/// A user and how they prove who they are. `Debug` leaves the hash out.
#[derive(Clone)]
pub struct Account {
    pub user: User,
    /// An argon2id hash in PHC form; `None` for accounts without a password.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A user with what is kept about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub user: User,
    /// Locked because they wait for approval; only people who first signed in at a provider can be.
    pub pending: bool,
    /// What decides how much they may hold.
    pub quota: QuotaAssignment,
    /// What they hold.
    pub usage: Usage,
    pub last_sign_in: Option<DateTime<Utc>>,
}

#[async_trait]
pub trait UserReads: Send + Sync {
    async fn account(&self, name: &UserName) -> Result<Option<Account>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// By name.
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    /// Users whose name contains `search`, by name, with what they hold.
    async fn people(&self, search: &str, page: PageRequest<UserName>) -> Result<Vec<Person>, StoreError>;
    async fn person(&self, name: &UserName) -> Result<Option<Person>, StoreError>;
    async fn quota_assignment(&self, user: UserId) -> Result<QuotaAssignment, StoreError>;
    /// Administrators who are not locked.
    async fn administrators(&self) -> Result<Vec<UserId>, StoreError>;
}

#[async_trait]
pub trait UserWrites: Send {
    /// [`StoreError::Taken`]`("name")` when the name is.
    async fn insert_account(&mut self, account: &Account) -> Result<(), StoreError>;
    async fn set_password(&mut self, user: UserId, hash: &str) -> Result<(), StoreError>;
    /// Either value also settles a pending approval: to unlock is to approve, to lock is to refuse for good.
    async fn set_locked(&mut self, user: UserId, locked: bool) -> Result<(), StoreError>;
    /// Locks the user until an administrator approves them.
    async fn set_pending(&mut self, user: UserId) -> Result<(), StoreError>;
    async fn set_role(&mut self, user: UserId, role: Role) -> Result<(), StoreError>;
    async fn set_group(&mut self, user: UserId, group: Option<&GroupName>) -> Result<(), StoreError>;
    async fn set_own_limits(&mut self, user: UserId, limits: OwnLimits) -> Result<(), StoreError>;
    async fn set_last_sign_in(&mut self, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError>;
}
