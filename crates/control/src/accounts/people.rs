//! What administrators do with people, signed in. `administration` has the same for the command line.
//!
//! An administrator's API token may do it too, so that a course can be enrolled by a script; but what touches another
//! administrator (making one, or getting at one's account) needs the person, in a browser: a token must not be able to
//! leave behind more than it is.

use domain::{
    name::UserName,
    quota::OwnLimits,
    quota_policy::QuotaPolicy,
    user::{Role, User},
};

use super::{
    Accounts, NewUser,
    administration::{change_role, check_password, lock},
};
use crate::{
    Error,
    actor::{Actor, Administrator},
    ports::store::{BrowserSession, Identity, PageRequest, Person, Token, Transaction},
    vclusters::LONGEST_PAGE,
};

/// A user to be added; unchecked. `Debug` leaves the password out.
pub struct NewPerson {
    pub name: String,
    pub role: Role,
    /// Generated when there is none.
    pub password: Option<String>,
}

impl std::fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPerson").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What is to be different; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangePerson {
    pub role: Option<Role>,
    pub locked: Option<bool>,
    /// Empty for none.
    pub group: Option<String>,
    pub limits: Option<OwnLimits>,
}

/// One person with the ways in they have open.
#[derive(Debug, Clone)]
pub struct PersonDetail {
    pub person: Person,
    pub sessions: Vec<BrowserSession>,
    /// Those that are good.
    pub tokens: Vec<Token>,
    /// At OpenID providers.
    pub identities: Vec<Identity>,
}

/// A generated password: the only copy. `Debug` leaves it out.
#[derive(derive_more::Debug)]
#[debug("Secret")]
pub struct Secret(pub String);

impl Accounts {
    /// What decides how much each may hold.
    pub fn quota_policy(&self) -> &QuotaPolicy {
        &self.quota_policy
    }

    /// People whose name contains `search`, by name.
    pub async fn people(&self, actor: &Actor, search: &str, page: PageRequest<UserName>) -> Result<Vec<Person>, Error> {
        actor.administrator()?;
        // Names are short and lower case; what is longer is in none of them.
        let search: String = search.trim().to_lowercase().chars().take(UserName::LONGEST + 1).collect();
        let page = PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE), ..page };
        Ok(self.store.people(&search, page).await?)
    }

    pub async fn person(&self, actor: &Actor, name: &str) -> Result<PersonDetail, Error> {
        actor.administrator()?;
        let person = self.find(name).await?;
        let (id, now) = (person.user.id, self.clock.now());
        let sessions = self.store.sessions_of(id, now).await?;
        let tokens = self.store.tokens_of(id).await?.into_iter().filter(|token| token.is_good(now)).collect();
        let identities = self.store.identities_of(id).await?;
        Ok(PersonDetail { person, sessions, tokens, identities })
    }

    /// Adds a user; without a password one is generated and returned.
    pub async fn add_person(&self, actor: &Actor, new: NewPerson) -> Result<NewUser, Error> {
        let administrator = actor.administrator()?;
        if new.role == Role::Admin {
            actor.in_person()?;
        }
        let mut faults = Vec::new();
        faults.extend(new.name.trim().parse::<UserName>().err());
        if let Some(Err(Error::Invalid(fault))) = new.password.as_deref().map(check_password) {
            faults.extend(fault);
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let added = self.add_user(new.name.trim(), new.password.as_deref(), new.role).await?;
        did(administrator, &added.user, "user added");
        Ok(added)
    }

    /// Changes role, lock, group and limits, all or nothing. One's own role and lock are another administrator's to change.
    pub async fn change_person(&self, actor: &Actor, name: &str, change: ChangePerson) -> Result<Person, Error> {
        let administrator = actor.administrator()?;
        let group = change.group.as_deref().map(|group| self.group_named(group)).transpose()?;
        let mut tx = self.store.begin().await?;
        let user = reached(&mut *tx, actor, name).await?;
        let role = change.role.filter(|role| *role != user.role);
        let locked = change.locked.filter(|locked| *locked != user.locked);
        if role.is_some() || locked.is_some() {
            not_oneself(actor, &user)?;
            with_care(actor, &user, role)?;
        }
        if let Some(role) = role {
            change_role(&mut *tx, &user, role, &self.methods).await?;
        }
        if let Some(locked) = locked {
            lock(&mut *tx, &user, locked, &self.methods).await?;
        }
        if let Some(group) = &group {
            tx.set_group(user.id, group.as_ref()).await?;
        }
        if let Some(limits) = change.limits {
            tx.set_own_limits(user.id, limits).await?;
        }
        if group.is_some() || change.limits.is_some() {
            self.commit_limits(tx, user.id).await?;
        } else {
            tx.commit().await?;
        }
        did(administrator, &user, "user changed");
        self.find(name).await
    }

    /// Sets a password, or generates one and returns it. Ends every session of the user; their tokens stay.
    /// One's own is changed in the profile, where the present one is asked for.
    pub async fn reset_password(
        &self,
        actor: &Actor,
        name: &str,
        password: Option<&str>,
    ) -> Result<Option<Secret>, Error> {
        let administrator = actor.administrator()?;
        let user = self.find(name).await?.user;
        not_oneself(actor, &user)?;
        with_care(actor, &user, None)?;
        let (hash, generated) = self.chosen_or_generated(password).await?;
        let mut tx = self.store.begin().await?;
        let user = reached(&mut *tx, actor, name).await?;
        with_care(actor, &user, None)?;
        tx.set_password(user.id, &hash).await?;
        tx.end_sessions(user.id).await?;
        tx.commit().await?;
        did(administrator, &user, "password reset; their sessions are ended");
        Ok(generated.map(Secret))
    }

    /// Ends every session of the user, and with `tokens` revokes every token of theirs, too.
    pub async fn sign_out_person(&self, actor: &Actor, name: &str, tokens: bool) -> Result<(), Error> {
        let administrator = actor.administrator()?;
        let mut tx = self.store.begin().await?;
        let user = reached(&mut *tx, actor, name).await?;
        with_care(actor, &user, None)?;
        tx.end_sessions(user.id).await?;
        if tokens {
            tx.revoke_tokens(user.id, self.clock.now()).await?;
        }
        tx.commit().await?;
        did(administrator, &user, if tokens { "sessions ended and tokens revoked" } else { "sessions ended" });
        Ok(())
    }

    async fn find(&self, name: &str) -> Result<Person, Error> {
        // What is not even a name is no user's.
        let name: UserName = name.parse().map_err(|_| Error::NotFound("user"))?;
        self.store.person(&name).await?.ok_or(Error::NotFound("user"))
    }
}

/// Whom the administrator reaches into, as they are now: what is decided on must not change before it is written, and the
/// administrator must still be one.
async fn reached(tx: &mut dyn Transaction, actor: &Actor, name: &str) -> Result<User, Error> {
    let acting = tx.account(&actor.name).await?.map(|acting| acting.user);
    if acting.is_none_or(|acting| acting.id != actor.user || acting.locked || acting.role != Role::Admin) {
        return Err(Error::NotFound("user"));
    }
    let name: UserName = name.parse().map_err(|_| Error::NotFound("user"))?;
    Ok(tx.account(&name).await?.ok_or(Error::NotFound("user"))?.user)
}

fn not_oneself(actor: &Actor, user: &User) -> Result<(), Error> {
    if actor.user == user.id { Err(Error::OwnAccount) } else { Ok(()) }
}

/// What reaches into an administrator's account, or makes one, is done in person.
fn with_care(actor: &Actor, user: &User, role: Option<Role>) -> Result<(), Error> {
    if user.role == Role::Admin || role == Some(Role::Admin) {
        actor.in_person()?;
    }
    Ok(())
}

fn did(administrator: Administrator<'_>, user: &User, what: &str) {
    tracing::info!(administrator = %administrator.actor().name, user = %user.name, "{what}");
}
