//! People, as administrators see and change them.

use control::{
    Error,
    accounts::{ChangePerson, NewPerson},
    ports::store::Person as Record,
};
use domain::{name::UserName, quota::OwnLimits as Own};
use wire::{
    admin::{AddUser, ChangeUser, GivenPassword, OwnLimits, Person, PersonDetail},
    page::Page,
};

use crate::{Api, Paged, Refusal, page, profile::identity};

impl Api {
    /// Whose name contains `search`, by name, with what they hold.
    pub async fn people(&self, search: &str, limit: u32, after: Option<UserName>) -> Paged<Person> {
        let people = self.control().accounts.people(&self.actor, search, page(limit, after)).await?;
        Ok(Page::cut(people, limit, |person| person.user.name.to_string(), |person| self.seen_person(person)))
    }

    pub async fn person(&self, name: &str) -> Result<PersonDetail, Refusal> {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (accounts, rules) = (&self.control().accounts, self.control().federation.rules());
        let detail = accounts.person(&self.actor, name).await?;
        Ok(PersonDetail {
            person: self.seen_person(&detail.person),
            usual_limits: accounts.quota_policy().usual(detail.person.quota.group.as_ref()).into(),
            groups: accounts.quota_policy().groups().map(ToString::to_string).collect(),
            sessions: count(detail.sessions.len()),
            tokens: count(detail.tokens.len()),
            identities: detail.identities.iter().map(|one| identity(one, rules)).collect(),
        })
    }

    /// A password that was generated is in this answer and nowhere else.
    pub async fn add_person(&self, add: AddUser) -> Result<GivenPassword, Refusal> {
        let new = NewPerson { name: add.name, role: add.role, password: add.password };
        let added = self.control().accounts.add_person(&self.actor, new).await?;
        Ok(GivenPassword { name: added.user.name.to_string(), password: added.generated })
    }

    /// What is absent stays.
    pub async fn change_person(&self, name: &str, change: ChangeUser) -> Result<Person, Refusal> {
        let limits = change.limits.as_ref().map(own_limits).transpose()?;
        let change = ChangePerson { role: change.role, locked: change.locked, group: change.group, limits };
        Ok(self.seen_person(&self.control().accounts.change_person(&self.actor, name, change).await?))
    }

    /// Ends every session of the user. Without a password one is generated.
    pub async fn reset_password(&self, name: String, password: Option<&str>) -> Result<GivenPassword, Refusal> {
        let generated = self.control().accounts.reset_password(&self.actor, &name, password).await?;
        Ok(GivenPassword { name, password: generated.map(|secret| secret.0) })
    }

    /// Ends every session of the user; with `tokens`, revokes every API token of theirs, too.
    pub async fn sign_out_person(&self, name: &str, tokens: bool) -> Result<(), Refusal> {
        Ok(self.control().accounts.sign_out_person(&self.actor, name, tokens).await?)
    }

    fn seen_person(&self, person: &Record) -> Person {
        Person {
            name: person.user.name.to_string(),
            role: person.user.role,
            locked: person.user.locked,
            pending: person.pending,
            created_at: person.user.created_at,
            last_sign_in: person.last_sign_in,
            group: person.quota.group.as_ref().map(ToString::to_string),
            limits: self.control().accounts.quota_policy().of(&person.quota).into(),
            own_limits: person.quota.own.into(),
            usage: person.usage.into(),
        }
    }
}

fn own_limits(limits: &OwnLimits) -> Result<Own, Refusal> {
    let own = Own::parse(limits.vclusters, limits.nodes, limits.cpus, limits.memory_mib);
    own.map_err(|faults| Error::Invalid(faults).into())
}
