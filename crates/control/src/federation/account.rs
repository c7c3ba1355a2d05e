//! Who a person of a provider is here: the account their identity belongs to, or a new one.

use domain::{
    UserId,
    user::{Role, User},
};

use super::{Federation, FirstSignIn, ProviderRules, Refusal, name};
use crate::{
    Error,
    accounts::{change_role, keeps_an_administrator},
    actor::Actor,
    ports::{
        identity::Verified,
        store::{Account, AccountStatus, Identity, StoreError, Transaction},
    },
};

/// How often a name that was taken in the same moment is given up for another.
const TRIES: u32 = 3;

impl Federation {
    /// The account of this identity, as the claims of now make it.
    pub(super) async fn account_of(&self, rules: &ProviderRules, verified: &Verified) -> Result<User, Refusal> {
        for _ in 1..TRIES {
            match self.try_account_of(rules, verified).await {
                Err(Refusal::Control(Error::Store(StoreError::Taken(_)))) => {}
                done => return done,
            }
        }
        self.try_account_of(rules, verified).await
    }

    async fn try_account_of(&self, rules: &ProviderRules, verified: &Verified) -> Result<User, Refusal> {
        let mut tx = self.store.begin().await?;
        let known = tx.identity(&verified.issuer, &verified.subject).await?;
        let status = match &known {
            Some(identity) => tx.account_status(identity.user).await?,
            None => None,
        };
        if let Err(refusal) = rules.admit(&verified.claims) {
            if let Some(AccountStatus { user, .. }) = status {
                self.put_out(&mut *tx, &user).await?;
                tx.commit().await?;
            }
            return Err(refusal);
        }
        let Some((identity, status)) = known.zip(status) else {
            let made = self.make_account(&mut *tx, rules, verified).await?;
            tx.commit().await?;
            return made;
        };
        match status {
            AccountStatus { pending: true, .. } => return Err(Refusal::Pending),
            AccountStatus { user: User { locked: true, .. }, .. } => return Err(Refusal::Locked),
            AccountStatus { .. } => {}
        }
        let now = self.clock.now();
        let user = self.map_role(&mut *tx, rules, verified, status.user).await?;
        map_group(&mut *tx, rules, verified, &user).await?;
        let shown = shown(verified);
        tx.save_identity(&Identity { provider: rules.name.clone(), shown, last_sign_in: now, ..identity }).await?;
        tx.set_last_sign_in(user.id, now).await?;
        tx.commit().await?;
        Ok(user)
    }

    /// A person who may not sign in any more is not inside any more, either: sessions end, and API tokens with them.
    pub(super) async fn put_out(&self, tx: &mut dyn Transaction, user: &User) -> Result<(), StoreError> {
        tx.end_sessions(user.id).await?;
        tx.revoke_tokens(user.id, self.clock.now()).await?;
        tracing::warn!(user = %user.name, "the provider's claims do not allow this user any more; sessions and tokens are ended");
        Ok(())
    }

    /// The inner result is the person's: a pending account is made, and not let in.
    async fn make_account(
        &self,
        tx: &mut dyn Transaction,
        rules: &ProviderRules,
        verified: &Verified,
    ) -> Result<Result<User, Refusal>, Refusal> {
        let now = self.clock.now();
        let name = name::free(tx, &verified.claims).await?;
        let is_admin = rules.admin_if.as_ref().is_some_and(|rule| rule.is_met(&verified.claims));
        // An administrator by the provider's word needs no approval; there may be no administrator yet who could give it.
        let pending = !is_admin && rules.first_sign_in == FirstSignIn::Pending;
        let user = User {
            id: UserId::new(self.entropy.id(now)),
            name,
            role: if is_admin { Role::Admin } else { Role::User },
            locked: false,
            created_at: now,
        };
        tx.insert_account(&Account { user: user.clone(), password_hash: None }).await?;
        self.insert_identity(tx, rules, verified, user.id).await?;
        map_group(tx, rules, verified, &user).await?;
        tracing::info!(user = %user.name, provider = rules.name, pending, "account made at the first sign-in");
        if pending {
            tx.set_pending(user.id).await?;
            return Ok(Err(Refusal::Pending));
        }
        tx.set_last_sign_in(user.id, now).await?;
        Ok(Ok(user))
    }

    /// Gives the identity to the account that is signed in. It may not be another account's.
    pub(super) async fn link(&self, rules: &ProviderRules, actor: &Actor, verified: &Verified) -> Result<(), Refusal> {
        rules.admit(&verified.claims)?;
        let mut tx = self.store.begin().await?;
        match tx.identity(&verified.issuer, &verified.subject).await? {
            Some(identity) if identity.user == actor.user => return Ok(()),
            Some(_) => return Err(Refusal::LinkedElsewhere),
            None => {}
        }
        // What was decided on when linking was begun may have changed since.
        let living = tx.account_status(actor.user).await?.filter(|status| !status.user.locked);
        living.ok_or(Refusal::SessionChanged)?;
        self.insert_identity(&mut *tx, rules, verified, actor.user).await?;
        tx.commit().await?;
        tracing::info!(user = %actor.name, provider = rules.name, "identity linked");
        Ok(())
    }

    /// Whether the provider speaks of the actor: the identity is theirs, and may still sign in.
    pub(super) async fn check_that_it_is(
        &self,
        rules: &ProviderRules,
        actor: &Actor,
        verified: &Verified,
    ) -> Result<(), Refusal> {
        rules.admit(&verified.claims)?;
        let theirs = self.store.identities_of(actor.user).await?;
        let is_it = |identity: &Identity| identity.issuer == verified.issuer && identity.subject == verified.subject;
        if theirs.iter().any(is_it) { Ok(()) } else { Err(Refusal::AnotherPerson) }
    }

    async fn insert_identity(
        &self,
        tx: &mut dyn Transaction,
        rules: &ProviderRules,
        verified: &Verified,
        user: UserId,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let identity = Identity {
            issuer: verified.issuer.clone(),
            subject: verified.subject.clone(),
            user,
            provider: rules.name.clone(),
            shown: shown(verified),
            created_at: now,
            last_sign_in: now,
        };
        tx.insert_identity(&identity).await
    }

    /// Where the configuration maps a claim to the role, the provider decides it, but for the last administrator.
    pub(super) async fn map_role(
        &self,
        tx: &mut dyn Transaction,
        rules: &ProviderRules,
        verified: &Verified,
        user: User,
    ) -> Result<User, Error> {
        let Some(rule) = &rules.admin_if else { return Ok(user) };
        let role = if rule.is_met(&verified.claims) { Role::Admin } else { Role::User };
        if role == user.role {
            return Ok(user);
        }
        let methods = &self.rules.sign_in_methods();
        if role == Role::User && !keeps_an_administrator(tx, &user, methods).await? {
            tracing::warn!(user = %user.name, "the provider does not say that the last administrator is one; they stay it");
            return Ok(user);
        }
        change_role(tx, &user, role, methods).await?;
        tracing::info!(user = %user.name, ?role, "the provider's claims change the role");
        Ok(User { role, ..user })
    }
}

/// Where the configuration maps claims to groups, the provider decides the group.
pub(super) async fn map_group(
    tx: &mut dyn Transaction,
    rules: &ProviderRules,
    verified: &Verified,
    user: &User,
) -> Result<(), StoreError> {
    let Some(group) = rules.group(&verified.claims) else { return Ok(()) };
    if tx.quota_assignment(user.id).await?.group.as_ref() == group {
        return Ok(());
    }
    tx.set_group(user.id, group).await?;
    let group = group.map(ToString::to_string);
    tracing::info!(user = %user.name, group, "the provider's claims change the group");
    Ok(())
}

/// What people recognise an identity by.
fn shown(verified: &Verified) -> String {
    const LONGEST: usize = 100;
    let claims = &verified.claims;
    let text = claims.text("email").or(claims.text("preferred_username")).or(claims.text("name"));
    let text = text.unwrap_or(&verified.subject);
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}
