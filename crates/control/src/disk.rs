//! What people take of the hosts' disks, as the workers have last counted it: their nodes, running or stopped, and their
//! homes. Counts nothing itself, and limits nothing.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use domain::{UserId, name::UserName};
use futures::future::join_all;
use tokio::time::timeout;

use crate::{
    Error, Ports,
    actor::Actor,
    error::chain,
    ports::{
        store::Store,
        usage::{DiskSample, Usages},
    },
    reconcile::hosts::Hosts,
};

/// A worker answers from memory.
const ANSWER: Duration = Duration::from_secs(3);

/// What a user takes on all hosts that answer, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    pub nodes: u64,
    pub home: u64,
}

/// What was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted<T> {
    pub held: T,
    /// When the oldest of the counts was made; `None` while there is none.
    pub at: Option<DateTime<Utc>>,
    /// Hosts that have not counted yet or do not answer: what is on them is not in it.
    pub missing: usize,
}

#[derive(Clone)]
pub struct Disks {
    store: Arc<dyn Store>,
    usages: Arc<dyn Usages>,
    hosts: Hosts,
}

impl std::fmt::Debug for Disks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disks").finish_non_exhaustive()
    }
}

impl Disks {
    pub(crate) fn new(ports: &Ports, hosts: Hosts) -> Self {
        Self { store: ports.store.clone(), usages: ports.usages.clone(), hosts }
    }

    /// What the actor takes.
    pub async fn mine(&self, actor: &Actor) -> Counted<Held> {
        let Counted { held, at, missing } = self.counted().await;
        Counted { held: held.get(&actor.user).copied().unwrap_or_default(), at, missing }
    }

    /// What each user takes, the largest first.
    pub async fn by_person(&self, actor: &Actor) -> Result<Counted<Vec<(UserName, Held)>>, Error> {
        actor.administrator()?;
        let Counted { mut held, at, missing } = self.counted().await;
        let users = self.store.users().await?;
        let mut people: Vec<(UserName, Held)> =
            users.into_iter().filter_map(|user| Some((user.name, held.remove(&user.id)?))).collect();
        people.sort_by(|(a, one), (b, other)| {
            (other.nodes + other.home).cmp(&(one.nodes + one.home)).then_with(|| a.cmp(b))
        });
        Ok(Counted { held: people, at, missing })
    }

    async fn counted(&self) -> Counted<BTreeMap<UserId, Held>> {
        let asked = self.hosts.known().into_iter().map(async |info| {
            let answer = timeout(ANSWER, self.usages.disk(&info.name)).await;
            match answer {
                Ok(Ok(sample)) => sample,
                Ok(Err(error)) => {
                    tracing::warn!(host = %info.name, error = %chain(&error), "a host does not say what its disk holds");
                    None
                }
                Err(_) => {
                    tracing::warn!(host = %info.name, "a host does not say in time what its disk holds");
                    None
                }
            }
        });
        sum(join_all(asked).await)
    }
}

fn sum(samples: Vec<Option<DiskSample>>) -> Counted<BTreeMap<UserId, Held>> {
    let mut counted = Counted::<BTreeMap<UserId, Held>>::default();
    for sample in samples {
        let Some(DiskSample { at, owners }) = sample else {
            counted.missing += 1;
            continue;
        };
        counted.at = Some(counted.at.map_or(at, |oldest| oldest.min(at)));
        for one in owners {
            let held = counted.held.entry(one.owner).or_default();
            (held.nodes, held.home) = (held.nodes + one.nodes, held.home + one.home);
        }
    }
    counted
}
