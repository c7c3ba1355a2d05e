//! Use-cases, ports and reconcilers: the only place that decides what happens in which order.
//!
//! Knows no HTTP, SQL, etcd or Docker; those come in as ports. Every use-case takes an [`Actor`](actor::Actor) and checks it.
//! A request writes intent in one transaction and returns; the reconciler in [`reconcile`] brings orders to workers and their
//! reports back into the record.

pub mod accounts;
pub mod actor;
mod admission;
pub mod apps;
pub mod disk;
pub mod error;
pub mod events;
pub mod federation;
pub mod images;
pub mod installation;
pub mod jobs;
pub mod nodes;
mod openings;
pub mod ports;
pub mod reconcile;
mod secret;
mod subnets;
pub mod tasks;
pub mod terminals;
mod unit_of_work;
pub mod vclusters;

use std::sync::Arc;

use chrono::TimeDelta;
use domain::{image::ImageRules, quota_policy::QuotaPolicy};
use ipnet::Ipv4Net;
use scheduler::Overcommit;

pub use error::Error;

use crate::{
    accounts::Accounts,
    apps::Apps,
    disk::Disks,
    events::Events,
    federation::Federation,
    images::Images,
    installation::Installation,
    jobs::{JobPolicy, Jobs, Queue},
    nodes::Nodes,
    openings::Openings,
    ports::{
        clock::{Clock, Entropy},
        coordination::AssignmentPublisher,
        node::NodeLink,
        store::Store,
        usage::Usages,
    },
    reconcile::{Dispatcher, Reconciler, hosts::Hosts, notices::Notices},
    tasks::Tasks,
    terminals::Terminals,
    vclusters::Vclusters,
};

/// What an installation decides about itself.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What each user may hold at most.
    pub quota_policy: QuotaPolicy,
    /// Every vcluster's subnet is cut from this network.
    pub cluster_net: Ipv4Net,
    pub overcommit: Overcommit,
    /// Which images may be used, before the administrators' list.
    pub images: ImageRules,
    /// How many processes and threads each new node or job may have.
    pub pids: u32,
    pub jobs: JobPolicy,
}

/// Everything control needs from outside.
#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub publisher: Arc<dyn AssignmentPublisher>,
    pub nodes: Arc<dyn NodeLink>,
    pub usages: Arc<dyn Usages>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// The use-cases, by area. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Control {
    pub accounts: Accounts,
    pub vclusters: Vclusters,
    pub jobs: Jobs,
    pub tasks: Tasks,
    pub terminals: Terminals,
    pub nodes: Nodes,
    pub apps: Apps,
    pub events: Events,
    pub federation: Federation,
    pub images: Images,
    pub disks: Disks,
    pub installation: Installation,
}

impl Control {
    /// The use-cases, and the reconciler that must run beside them.
    pub fn new(ports: &Ports, policy: Policy) -> (Self, Reconciler) {
        let events = Events::new(ports.store.clone());
        let hosts = Hosts::default();
        let (dispatcher, orders) = Dispatcher::new();
        let queue = Queue::default();
        let images = Images::new(ports, &policy);
        let notices = Notices::default();
        let openings = Openings::new(ports);
        let vclusters =
            Vclusters::new(ports, policy.clone(), images.clone(), events.clone(), hosts.clone(), dispatcher.clone());
        let quota_policy = policy.quota_policy.clone();
        let control = Self {
            accounts: Accounts::new(ports.store.clone(), ports.clock.clone(), ports.entropy.clone(), quota_policy)
                .with_events(events.clone()),
            jobs: Jobs::new(
                ports,
                &policy,
                images.clone(),
                events.clone(),
                hosts.clone(),
                dispatcher.clone(),
                queue.clone(),
            ),
            tasks: Tasks::new(ports, events.clone(), dispatcher.clone()),
            terminals: Terminals::new(ports, vclusters.clone(), openings.clone()),
            nodes: Nodes::new(ports, vclusters.clone(), openings.clone()),
            apps: Apps::new(ports, vclusters.clone(), events.clone(), policy.quota_policy.clone(), openings),
            vclusters,
            events: events.clone(),
            federation: Federation::none(ports),
            images: images.clone(),
            disks: Disks::new(ports, hosts.clone()),
            installation: Installation::new(
                ports,
                &policy,
                hosts.clone(),
                notices.clone(),
                events.clone(),
                (dispatcher.clone(), queue.clone()),
            ),
        };
        (control, Reconciler::new(ports, events, hosts, (dispatcher, orders, queue), images, &policy, notices))
    }

    /// With how long a sign-in is good for what makes the way in wider.
    #[must_use]
    pub fn with_fresh_sign_in(mut self, fresh: TimeDelta) -> Self {
        self.accounts = self.accounts.with_fresh(fresh);
        self
    }

    /// With people who sign in at OpenID providers. Without this, every user signs in with a password.
    #[must_use]
    pub fn with_federation(mut self, federation: Federation) -> Self {
        self.accounts = self.accounts.with_sign_in_methods(federation.rules().sign_in_methods());
        self.federation = federation;
        self
    }
}
