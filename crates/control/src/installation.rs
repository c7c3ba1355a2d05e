//! The installation as its administrators see it: the hosts, with what they have, what they may give out and what is held
//! on them; and what leaves the record with a host that is gone for good. How the programs around are (database, etcd, engine)
//! is the edge's to ask.

mod gone;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::TimeDelta;
use domain::{
    name::{RuntimeName, WorkerName},
    quota::Usage,
    quota_policy::QuotaPolicy,
    vcluster::VclusterState,
};
use scheduler::Overcommit;

pub use gone::{GoneHost, forget_host};

use crate::{
    Error, Policy, Ports,
    actor::Actor,
    events::Events,
    jobs::Queue,
    ports::{
        clock::Clock,
        coordination::WorkerInfo,
        store::{Store, StoreError},
    },
    reconcile::{Dispatcher, Notice, host_lost, hosts::Hosts, notices::Notices, orphans},
};

/// One host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostView {
    pub name: WorkerName,
    /// `None` for a host that is held nodes on and that does not answer.
    pub info: Option<WorkerInfo>,
    /// Why it takes no nodes now.
    pub unready: Option<String>,
    /// What may be given out of it, with overcommitment.
    pub offered_cpu_milli: u64,
    pub offered_memory_mib: u64,
    /// Processes and threads; `None` for a host that does not say how many it can have.
    pub offered_pids: Option<u64>,
    /// What tenants hold.
    pub held: Usage,
}

#[derive(Clone)]
pub struct Installation {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hosts: Hosts,
    overcommit: Overcommit,
    quota_policy: QuotaPolicy,
    notices: Notices,
    events: Events,
    dispatcher: Dispatcher,
    queue: Queue,
    half_life: TimeDelta,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation").field("overcommit", &self.overcommit).finish_non_exhaustive()
    }
}

impl Installation {
    pub(crate) fn new(
        ports: &Ports,
        policy: &Policy,
        hosts: Hosts,
        notices: Notices,
        events: Events,
        (dispatcher, queue): (Dispatcher, Queue),
    ) -> Self {
        let Ports { store, clock, .. } = ports.clone();
        let (overcommit, quota_policy, half_life) =
            (policy.overcommit, policy.quota_policy.clone(), policy.jobs.half_life);
        Self { store, clock, hosts, overcommit, quota_policy, notices, events, dispatcher, queue, half_life }
    }

    /// Declares a host gone for good: its nodes leave the record, and what they held is free. Refused while it answers.
    pub async fn forget_host(&self, actor: &Actor, name: &str) -> Result<GoneHost, Error> {
        actor.administrator()?;
        let host: WorkerName = name.parse().map_err(|_| Error::NotFound("host"))?;
        if self.hosts.knows(&host) {
            return Err(Error::HostAnswers(host));
        }
        let now = self.clock.now();
        let (work, gone) = gone::prepare(&*self.store, &host, now, self.half_life).await?;
        let (dispatcher, queue, instances) = (self.dispatcher.clone(), self.queue.clone(), gone.instances());
        let then = move || {
            dispatcher.withdraw(instances);
            queue.wake();
        };
        work.commit(&self.events, then).await?;
        let (nodes, vclusters, tasks) = (gone.nodes.len(), gone.vclusters, gone.tasks.len());
        tracing::warn!(%host, nodes, vclusters, tasks, user = %actor.name, "a host was declared gone; nothing of it is waited for");
        Ok(gone)
    }

    /// What needs an administrator's attention: what is so now, then what has happened since the start, the latest first.
    pub async fn notices(&self, actor: &Actor) -> Result<Vec<Notice>, Error> {
        actor.administrator()?;
        let now = self.clock.now();
        let unreadable = self.notices.unreadable().into_iter().map(|text| Notice { at: now, text });
        let unclaimed = self.store.all_unclaimed().await?;
        let unclaimed = unclaimed.iter().map(|one| Notice { at: one.found_at, text: orphans::sentence(one) });
        let lacking = self.lacking_runtimes().await?.into_iter().map(|text| Notice { at: now, text });
        Ok(unreadable.chain(lacking).chain(unclaimed).chain(self.notices.happened()).collect())
    }

    /// Runtimes that are set for an image or a group, on hosts that do not have them.
    async fn lacking_runtimes(&self) -> Result<Vec<String>, Error> {
        let list = match self.store.allowed_images().await {
            // The publisher says so.
            Err(StoreError::Unreadable { .. }) => Vec::new(),
            list => list?,
        };
        let of_images = list.iter().filter_map(|line| line.runtime.as_ref());
        let set: BTreeSet<&RuntimeName> = self.quota_policy.runtimes().chain(of_images).collect();
        // A host whose engine does not answer says so itself.
        let hosts = self.hosts.known().into_iter().filter(|host| host.unready.is_none());
        let lacking = |host: WorkerInfo| {
            let missing: Vec<&RuntimeName> =
                set.iter().copied().filter(|name| !host.runtimes.contains(*name)).collect();
            missing.into_iter().map(move |name| no_runtime(&host.name, name)).collect::<Vec<_>>()
        };
        Ok(hosts.flat_map(lacking).collect())
    }

    /// How many vclusters are in which state. For scrapers: who may scrape is the edge's rule.
    pub async fn vcluster_counts(&self) -> Result<Vec<(VclusterState, u32)>, Error> {
        Ok(self.store.vcluster_counts().await?)
    }

    /// Every host that is there, and those that are gone although tenants' nodes are on them; by name.
    pub async fn hosts(&self, actor: &Actor) -> Result<Vec<HostView>, Error> {
        actor.administrator()?;
        let held: BTreeMap<WorkerName, Usage> = self.store.worker_usage().await?.into_iter().collect();
        let known = self.hosts.known();
        let lost = held.keys().filter(|name| known.iter().all(|info| info.name != **name)).map(|name| HostView {
            name: name.clone(),
            info: None,
            unready: Some(host_lost(name)),
            offered_cpu_milli: 0,
            offered_memory_mib: 0,
            offered_pids: None,
            held: held.get(name).copied().unwrap_or_default(),
        });
        let there = known.iter().map(|info| self.view(info, held.get(&info.name).copied().unwrap_or_default()));
        let mut all: Vec<HostView> = lost.chain(there).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    fn view(&self, info: &WorkerInfo, held: Usage) -> HostView {
        HostView {
            name: info.name.clone(),
            unready: info.unready.clone(),
            offered_cpu_milli: times(info.cpu_milli, self.overcommit.cpu),
            offered_memory_mib: times(info.memory_mib, self.overcommit.memory),
            offered_pids: info.pids.map(scheduler::offered_pids),
            held,
            info: Some(info.clone()),
        }
    }
}

fn no_runtime(host: &WorkerName, runtime: &RuntimeName) -> String {
    format!(
        "the runtime {runtime} is set for an image or a group, and host {host} does not have it: nodes that need it are not \
         placed there. Install it and name it in /etc/docker/daemon.json, or set another one"
    )
}

/// To be shown: no host has 2^53 MiB.
pub(crate) fn times(amount: u64, factor: f64) -> u64 {
    (amount as f64 * factor).round() as u64
}
