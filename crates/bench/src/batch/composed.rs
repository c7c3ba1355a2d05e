//! Control by itself on a record: its use-cases and its reconciler, without HTTP, etcd and hosts.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use control::{
    Control, Policy, Ports,
    actor::Actor,
    jobs::{JobPolicy, RetriesWanted, SubmitJob},
    ports::clock::{SystemClock, SystemEntropy},
};
use domain::{JobId, UserId, quota::Limits, user::Role};
use scheduler::Overcommit;
use store::SqlStore;
use testkit::{FakeNodes, MemoryCoordination};
use tokio_util::sync::CancellationToken;

use super::MOST_PENDING;

const LIMITS: Limits = Limits { vclusters: 100, nodes: 100, cpu_milli: 1 << 30, memory_mib: 1 << 30, pids: 1 << 30 };

pub(super) struct Composed {
    control: Control,
    /// The user `bench`.
    actor: Actor,
    stop: CancellationToken,
}

impl Composed {
    pub(super) async fn on(store: &SqlStore) -> Result<Self> {
        let nodes = FakeNodes::default();
        let ports = Ports {
            store: Arc::new(store.clone()),
            publisher: Arc::new(MemoryCoordination::default()),
            nodes: Arc::new(nodes.clone()),
            usages: Arc::new(nodes),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        };
        let (control, reconciler) = Control::new(&ports, policy()?);
        let new = control.accounts.add_user("bench", Some("correct horse"), Role::User).await?;
        let actor = Actor::of(new.user).context("the user bench is locked")?;
        let stop = CancellationToken::new();
        tokio::spawn(reconciler.run(stop.clone()));
        Ok(Self { control, actor, stop })
    }

    pub(super) fn user(&self) -> UserId {
        self.actor.user
    }

    /// A job that is held, so that none begins.
    pub(super) async fn submit(&self) -> Result<JobId> {
        Ok(self.control.jobs.submit(&self.actor, held(), None).await?.job.id)
    }
}

impl Drop for Composed {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn policy() -> Result<Policy> {
    Ok(Policy {
        quota_policy: LIMITS.into(),
        cluster_net: "10.214.0.0/24".parse()?,
        overcommit: Overcommit { cpu: 1.0, memory: 1.0 },
        images: testkit::build::image_rules(),
        pids: 512,
        jobs: JobPolicy { most_pending: MOST_PENDING, ..JobPolicy::default() },
    })
}

fn held() -> SubmitJob {
    SubmitJob {
        name: "bench".into(),
        image: "docklet/base".into(),
        cpus: 0.5,
        memory_mib: 128,
        script: "true".into(),
        arguments: Vec::new(),
        time_limit_s: 60,
        output: "job-%j.out".into(),
        hold: true,
        array: None,
        after: None,
        begin_at: None,
        deadline: None,
        nice: 0,
        environment: BTreeMap::new(),
        directory: None,
        warning: None,
        retries: RetriesWanted::default(),
        tags: Vec::new(),
    }
}
