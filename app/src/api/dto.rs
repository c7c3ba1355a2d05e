//! The record's people, tokens and sessions as clients see them: one mapping for the REST interface and the console.

use chrono::{DateTime, Utc};
use control::{
    accounts::{Accounts, PersonDetail as Detail},
    actor::Actor,
    disk::{Counted, Held},
    federation::Rules,
    images::ImageChoice as Choice,
    ports::store::{
        AllowedImage as Allowed, BrowserSession as Session, Identity as IdentityRecord, Person as Record,
        Token as TokenRecord,
    },
    vclusters::Deed,
};
use domain::{Violation, image::ImageRules, name::UserName, quota::OwnLimits as Own};
use wire::{
    activity::Activity,
    admin::{OwnLimits, Person, PersonDetail},
    disk::{DiskUse, DiskUseOf, DiskUses},
    image::{AllowedImage, ImageChoice, ImageList},
    profile::{BrowserSession, Identity, Token, TokenState},
};

use super::profile::Identities;

pub fn token(token: &TokenRecord, now: DateTime<Utc>) -> Token {
    let state = match token.revoked_at {
        Some(_) => TokenState::Revoked,
        None if token.is_good(now) => TokenState::Good,
        None => TokenState::Expired,
    };
    Token {
        id: token.id.to_string(),
        name: token.name.clone(),
        prefix: token.prefix.clone(),
        state,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used: token.last_used,
        revoked_at: token.revoked_at,
    }
}

/// As its owner sees it.
pub fn browser_session(session: &Session, actor: &Actor) -> BrowserSession {
    BrowserSession {
        id: session.handle.to_string(),
        present: actor.session.as_ref() == Some(&session.handle),
        address: session.address.map(|address| address.to_string()),
        agent: session.agent.clone(),
        since: session.since,
        last_seen: session.last_seen,
        expires_at: session.expires_at,
    }
}

pub fn activity(deed: &Deed) -> Activity {
    Activity::from_domain(&deed.operation, deed.by.as_ref().map(ToString::to_string))
}

/// Under the names people know their providers by.
pub fn identities(linked: Vec<IdentityRecord>, rules: &Rules) -> Identities {
    let offered = rules.providers.iter().filter(|provider| linked.iter().all(|one| one.issuer != provider.issuer));
    let offered = offered.map(|provider| (provider.name.clone(), provider.label.clone())).collect();
    Identities { linked: linked.iter().map(|one| identity(one, rules)).collect(), offered }
}

fn identity(one: &IdentityRecord, rules: &Rules) -> Identity {
    let of_issuer = || rules.providers.iter().filter(|provider| provider.issuer == one.issuer);
    // Two sections may name the same issuer.
    let provider = of_issuer().find(|provider| provider.name == one.provider).or_else(|| of_issuer().next());
    Identity {
        // One that is not configured any more is known by its address.
        provider: provider.map_or_else(|| one.issuer.clone(), |provider| provider.label.clone()),
        issuer: one.issuer.clone(),
        subject: one.subject.clone(),
        shown: one.shown.clone(),
        last_sign_in: one.last_sign_in,
    }
}

pub fn person(person: &Record, accounts: &Accounts) -> Person {
    Person {
        name: person.user.name.to_string(),
        role: person.user.role,
        locked: person.user.locked,
        pending: person.pending,
        created_at: person.user.created_at,
        last_sign_in: person.last_sign_in,
        group: person.standing.group.as_ref().map(ToString::to_string),
        limits: accounts.allowances().of(&person.standing).into(),
        own_limits: person.standing.own.into(),
        usage: person.usage.into(),
    }
}

pub fn detail(detail: &Detail, accounts: &Accounts, rules: &Rules) -> PersonDetail {
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    PersonDetail {
        person: person(&detail.person, accounts),
        usual_limits: accounts.allowances().usual(detail.person.standing.group.as_ref()).into(),
        groups: accounts.allowances().groups().map(ToString::to_string).collect(),
        sessions: count(detail.sessions.len()),
        tokens: count(detail.tokens.len()),
        identities: detail.identities.iter().map(|one| identity(one, rules)).collect(),
    }
}

pub fn disk(counted: &Counted<Held>) -> DiskUse {
    let Held { nodes, home } = counted.held;
    let hosts_missing = u32::try_from(counted.missing).unwrap_or(u32::MAX);
    DiskUse { nodes_bytes: nodes, home_bytes: home, counted_at: counted.at, hosts_missing }
}

pub fn disks(counted: &Counted<Vec<(UserName, Held)>>) -> DiskUses {
    let of = |(name, held): &(UserName, Held)| DiskUseOf {
        name: name.to_string(),
        nodes_bytes: held.nodes,
        home_bytes: held.home,
    };
    let hosts_missing = u32::try_from(counted.missing).unwrap_or(u32::MAX);
    DiskUses { items: counted.held.iter().map(of).collect(), counted_at: counted.at, hosts_missing }
}

fn registries(rules: &ImageRules) -> Vec<String> {
    rules.registries.iter().map(ToString::to_string).collect()
}

pub fn image_choice(choice: &Choice) -> ImageChoice {
    ImageChoice {
        base: choice.rules.base.to_string(),
        registries: registries(&choice.rules),
        listed: choice.list.iter().map(ToString::to_string).collect(),
        any_image: choice.any_image,
    }
}

pub fn image_list(rules: &ImageRules, list: &[Allowed]) -> ImageList {
    ImageList {
        base: rules.base.to_string(),
        registries: registries(rules),
        items: list.iter().map(allowed_image).collect(),
    }
}

pub fn allowed_image(image: &Allowed) -> AllowedImage {
    AllowedImage {
        pattern: image.pattern.to_string(),
        runtime: image.runtime.as_ref().map(ToString::to_string),
        added_by: image.added_by.to_string(),
        added_at: image.added_at,
    }
}

/// What a client wrote, checked.
pub fn own_limits(limits: &OwnLimits) -> Result<Own, Vec<Violation>> {
    Own::parse(limits.vclusters, limits.nodes, limits.cpus, limits.memory_mib)
}
