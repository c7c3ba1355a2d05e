//! What an administrator of the host does with accounts, from the command line. Works while the daemon runs: only the record changes.
//! `people` offers the same to administrators who have signed in.

use domain::{
    UserId, Violation,
    name::{GroupName, UserName},
    quota::{Limits, OwnLimits, Usage},
    quota_policy::QuotaAssignment,
    user::{Role, User},
};

use super::{Accounts, password};
use crate::{
    Error,
    ports::store::{Account, EventBody, StoreError, Transaction},
    unit_of_work::UnitOfWork,
};

const SHORTEST_PASSWORD: usize = 8;
/// Longer ones only cost time to hash.
const LONGEST_PASSWORD: usize = 1024;

/// A new user; `generated` is the only copy of a generated password. `Debug` leaves it out.
pub struct NewUser {
    pub user: User,
    pub generated: Option<String>,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How people can sign in here.
#[derive(Debug, Clone)]
pub(crate) struct SignInMethods {
    pub(crate) passwords: bool,
    /// Of the providers.
    pub(crate) issuers: Vec<String>,
}

impl Default for SignInMethods {
    fn default() -> Self {
        Self { passwords: true, issuers: Vec::new() }
    }
}

impl Accounts {
    /// Adds a user; without a password, one is generated.
    pub async fn add_user(&self, name: &str, password: Option<&str>, role: Role) -> Result<NewUser, Error> {
        let name: UserName = name.parse().map_err(|fault| Error::Invalid(vec![fault]))?;
        let (hash, generated) = self.chosen_or_generated(password).await?;
        let now = self.clock.now();
        let user = User { id: UserId::new(self.entropy.id(now)), name, role, locked: false, created_at: now };
        let mut tx = self.store.begin().await?;
        let inserted = tx.insert_account(&Account { user: user.clone(), password_hash: Some(hash) }).await;
        match inserted {
            Ok(()) => tx.commit().await?,
            Err(StoreError::Taken(_)) => return Err(Error::UserTaken(user.name.to_string())),
            Err(error) => return Err(error.into()),
        }
        Ok(NewUser { user, generated })
    }

    /// By name.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        let mut users = self.store.users().await?;
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    /// Sets a password, or generates one and returns it. Ends every session of the user.
    pub async fn set_password(&self, name: &str, password: Option<&str>) -> Result<Option<String>, Error> {
        let account = self.account_named(name).await?;
        let (hash, generated) = self.chosen_or_generated(password).await?;
        let mut tx = self.store.begin().await?;
        tx.set_password(account.user.id, &hash).await?;
        tx.end_sessions(account.user.id).await?;
        tx.commit().await?;
        Ok(generated)
    }

    /// Locks a user out (ending every session) or lets them in again.
    pub async fn set_locked(&self, name: &str, locked: bool) -> Result<(), Error> {
        let account = self.account_named(name).await?;
        let mut tx = self.store.begin().await?;
        lock(&mut *tx, &account.user, locked, &self.methods).await?;
        Ok(tx.commit().await?)
    }

    /// Refused for the last administrator who can sign in.
    pub async fn set_role(&self, name: &str, role: Role) -> Result<(), Error> {
        let account = self.account_named(name).await?;
        let mut tx = self.store.begin().await?;
        change_role(&mut *tx, &account.user, role, &self.methods).await?;
        Ok(tx.commit().await?)
    }

    /// Sets what the user may hold in place of the usual; running things are left alone.
    pub async fn set_own_limits(&self, name: &str, limits: OwnLimits) -> Result<(), Error> {
        let account = self.account_named(name).await?;
        let mut tx = self.store.begin().await?;
        tx.set_own_limits(account.user.id, limits).await?;
        self.commit_limits(tx, account.user.id).await
    }

    /// Declares the user's home lost for good: where there is none, their next node begins with an empty one. One that is
    /// there is used as it is. Whether the record had one.
    pub async fn give_up_home(&self, name: &str) -> Result<bool, Error> {
        let account = self.account_named(name).await?;
        let mut tx = self.store.begin().await?;
        let homes = tx.give_up_homes(account.user.id).await?;
        tx.commit().await?;
        tracing::warn!(user = %account.user.name, homes, "the home is declared lost");
        Ok(homes > 0)
    }

    /// Commits, and tells the user's open pages that what they may hold is not what it was.
    pub(super) async fn commit_limits(&self, tx: Box<dyn Transaction>, owner: UserId) -> Result<(), Error> {
        let mut work = UnitOfWork::new(tx, self.clock.now());
        work.tell(owner, EventBody::LimitsChanged).await?;
        match &self.events {
            Some(events) => work.commit(events, || ()).await?,
            None => work.tx.commit().await?,
        }
        Ok(())
    }

    /// Puts the user into a group, or into none with an empty name; running things are left alone.
    pub async fn set_group(&self, name: &str, group: &str) -> Result<(), Error> {
        let group = self.group_named(group)?;
        let account = self.account_named(name).await?;
        let mut tx = self.store.begin().await?;
        tx.set_group(account.user.id, group.as_ref()).await?;
        self.commit_limits(tx, account.user.id).await
    }

    /// Of the configured ones; none for an empty name.
    pub(super) fn group_named(&self, name: &str) -> Result<Option<GroupName>, Error> {
        if name.is_empty() {
            return Ok(None);
        }
        let known = self.quota_policy.groups().find(|group| group.as_str() == name);
        known.cloned().map(Some).ok_or_else(|| {
            let names: Vec<&str> = self.quota_policy.groups().map(GroupName::as_str).collect();
            let rule = match names.as_slice() {
                [] => "must be empty: no group is configured (limits.groups)".into(),
                names => format!("must be one of the configured groups ({}), or empty", names.join(", ")),
            };
            Error::Invalid(vec![Violation::new("group", rule)])
        })
    }

    /// What is usual for the user's group; what was set for the user; and what they hold.
    pub async fn limits_of(&self, name: &str) -> Result<(Limits, QuotaAssignment, Usage), Error> {
        let account = self.account_named(name).await?;
        let id = account.user.id;
        let quota = self.store.quota_assignment(id).await?;
        Ok((self.quota_policy.usual(quota.group.as_ref()), quota, self.store.usage(id).await?))
    }

    /// Makes the first administrator, named `admin`, when there is no user at all; returns the generated password then.
    pub async fn ensure_admin(&self) -> Result<Option<String>, Error> {
        if !self.store.users().await?.is_empty() {
            return Ok(None);
        }
        Ok(self.add_user("admin", None, Role::Admin).await?.generated)
    }

    pub(super) async fn chosen_or_generated(&self, password: Option<&str>) -> Result<(String, Option<String>), Error> {
        let (text, generated) = match password {
            Some(text) => (check_password(text)?.to_owned(), None),
            None => {
                let text = password::generate(&*self.entropy);
                (text.clone(), Some(text))
            }
        };
        Ok((self.passwords.hash(text, &*self.entropy).await?, generated))
    }
}

/// Locking ends every session; the last administrator who can sign in cannot be locked.
pub(super) async fn lock(
    tx: &mut dyn Transaction,
    user: &User,
    locked: bool,
    methods: &SignInMethods,
) -> Result<(), Error> {
    if locked {
        keep_an_administrator(tx, user, methods).await?;
        tx.end_sessions(user.id).await?;
    }
    Ok(tx.set_locked(user.id, locked).await?)
}

pub(crate) async fn change_role(
    tx: &mut dyn Transaction,
    user: &User,
    role: Role,
    methods: &SignInMethods,
) -> Result<(), Error> {
    if role != Role::Admin {
        keep_an_administrator(tx, user, methods).await?;
    }
    Ok(tx.set_role(user.id, role).await?)
}

async fn keep_an_administrator(tx: &mut dyn Transaction, user: &User, methods: &SignInMethods) -> Result<(), Error> {
    if keeps_an_administrator(tx, user, methods).await? {
        Ok(())
    } else {
        Err(Error::LastAdministrator(user.name.to_string()))
    }
}

/// Another administrator must be left who can and sign in to do so. Asked inside the transaction, so two cannot remove
/// each other.
pub(crate) async fn keeps_an_administrator(
    tx: &mut dyn Transaction,
    user: &User,
    methods: &SignInMethods,
) -> Result<bool, Error> {
    let administrators = tx.administrators().await?;
    if methods.passwords || !administrators.contains(&user.id) {
        return Ok(administrators != [user.id]);
    }
    for other in administrators.into_iter().filter(|other| *other != user.id) {
        if tx.identities_of(other).await?.iter().any(|identity| methods.issuers.contains(&identity.issuer)) {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn check_password(text: &str) -> Result<&str, Error> {
    let length = text.chars().count();
    if (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        return Ok(text);
    }
    let rule = format!("must have between {SHORTEST_PASSWORD} and {LONGEST_PASSWORD} characters");
    Err(Error::Invalid(vec![Violation::new("password", rule)]))
}
