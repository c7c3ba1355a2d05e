//! Vclusters, jobs and amounts to write tests with.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    job::JobState,
    node::NodeState,
    operation::{OperationKind, OperationState},
    user::{Role, Scope},
    vcluster::VclusterState,
};
use wire::{
    job::{Job, Retries},
    session::{Amount, Session},
    vcluster::{Node, NodeResources, Operation, Vcluster},
};

use crate::api::overview::Overview;

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

pub(crate) fn amount(vclusters: u32, nodes: u32) -> Amount {
    Amount {
        vclusters,
        nodes,
        cpus: f64::from(nodes),
        memory_mib: u64::from(nodes) * 1024,
        pids: u64::from(nodes) * 512,
    }
}

/// The overview of a user with one vcluster of two nodes in use, whatever the list says.
pub(crate) fn overview(vclusters: Vec<Vcluster>) -> Overview {
    Overview {
        session: Session {
            name: "ada".into(),
            role: Role::User,
            scopes: Scope::ALL.to_vec(),
            limits: amount(4, 16),
            usage: amount(1, 2),
        },
        vclusters,
        unreadable: Vec::new(),
        position: 7,
        now: at(0),
        seed: 1,
        base_image: "docklet/base".into(),
        apps_astray: false,
    }
}

pub(crate) fn node(number: u8, state: NodeState) -> Node {
    Node {
        name: format!("node-{number}"),
        state,
        reason: None,
        ip: format!("172.20.0.{}", number + 2),
        worker: "here".into(),
        running_since: (state == NodeState::Running).then(|| at(2)),
        out_of_memory: None,
        made_before: false,
        runtime: None,
    }
}

/// A vcluster of two nodes that were ordered at second 0 and run, where they do, since second 2.
pub(crate) fn vcluster(id: &str, state: VclusterState) -> Vcluster {
    let nodes = match state {
        VclusterState::Running => NodeState::Running,
        VclusterState::Stopped => NodeState::Stopped,
        VclusterState::Stopping | VclusterState::Deleting => NodeState::Stopping,
        VclusterState::Failed => NodeState::Failed,
        VclusterState::Creating | VclusterState::Starting | VclusterState::Degraded => NodeState::Starting,
    };
    Vcluster {
        id: id.into(),
        name: format!("lab-{id}"),
        owner: "ada".into(),
        image: "docklet/base".into(),
        state,
        reason: None,
        resources: NodeResources { cpus: 1.0, memory_mib: 1024 },
        subnet: "172.20.0.0/27".into(),
        nodes: vec![node(0, nodes), node(1, nodes)],
        operation: Operation {
            id: "1".into(),
            kind: OperationKind::Create,
            state: if state.is_busy() { OperationState::Running } else { OperationState::Succeeded },
            reason: None,
            started_at: at(0),
            finished_at: (!state.is_busy()).then(|| at(2)),
            host: None,
        },
        created_at: at(0),
        autostart: true,
        description: String::new(),
    }
}

/// A job that was submitted at second 0 and may run for an hour; where it has come that far, its turn came at second 60, it ran
/// from second 62 on, and ended at second 600.
pub(crate) fn job(state: JobState) -> Job {
    let begun = state != JobState::Pending;
    Job {
        id: 12,
        name: "train".into(),
        owner: "ada".into(),
        image: "docklet/base".into(),
        state,
        held: false,
        reason: None,
        resources: NodeResources { cpus: 2.0, memory_mib: 4096 },
        script: Some("#!/bin/bash\necho hello\n".into()),
        arguments: vec!["one".into(), "two words".into()],
        time_limit_s: 3600,
        output: "/root/job-12.out".into(),
        output_pattern: "job-%j.out".into(),
        submitted_at: at(0),
        started_at: begun.then(|| at(60)),
        running_since: (begun && state != JobState::Configuring).then(|| at(62)),
        ended_at: state.is_final().then(|| at(600)),
        worker: begun.then(|| "hera".into()),
        exit_code: match state {
            JobState::Completed => Some(0),
            JobState::Failed => Some(2),
            _ => None,
        },
        signal: matches!(state, JobState::Timeout | JobState::OutOfMemory).then_some(9),
        waits: None,
        array: None,
        element: None,
        after: None,
        begin_at: None,
        deadline: None,
        nice: 0,
        environment: BTreeMap::new(),
        directory: None,
        warning: None,
        retries: Retries::default(),
        tags: Vec::new(),
        attempts: Vec::new(),
    }
}
