//! What an administrator does with accounts, from the command line for now. Works while the daemon runs: only the record changes.

use domain::{
    UserId, Violation,
    name::UserName,
    user::{Role, User},
};

use super::{Accounts, password};
use crate::{
    Error,
    ports::store::{Account, StoreError},
};

const SHORTEST_PASSWORD: usize = 8;
/// Longer ones only cost time to hash.
const LONGEST_PASSWORD: usize = 1024;

/// A new user; `generated` is the only copy of a password that nobody chose. `Debug` leaves it out.
pub struct NewUser {
    pub user: User,
    pub generated: Option<String>,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("user", &self.user).finish_non_exhaustive()
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
        tx.set_locked(account.user.id, locked).await?;
        if locked {
            tx.end_sessions(account.user.id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Makes the first administrator, named `admin`, when there is no user at all; returns the generated password then.
    pub async fn ensure_admin(&self) -> Result<Option<String>, Error> {
        if !self.store.users().await?.is_empty() {
            return Ok(None);
        }
        Ok(self.add_user("admin", None, Role::Admin).await?.generated)
    }

    async fn chosen_or_generated(&self, password: Option<&str>) -> Result<(String, Option<String>), Error> {
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

fn check_password(text: &str) -> Result<&str, Error> {
    let length = text.chars().count();
    if (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&length) {
        return Ok(text);
    }
    let rule = format!("must have between {SHORTEST_PASSWORD} and {LONGEST_PASSWORD} characters");
    Err(Error::Invalid(vec![Violation::new("password", rule)]))
}
