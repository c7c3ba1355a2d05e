//! Who does what now: orders to workers, their reports, which workers there are. Small and quickly changing; never bulk data.
//!
//! Everything here can be lost, and an older copy of it can come back: assignments are published again from the record,
//! observations are reported again by workers. So a reader must know whether what it sees is what the record wants now; see
//! [`AssignmentEvent::Snapshot`].

use std::{collections::BTreeSet, net::Ipv4Addr};

use async_trait::async_trait;
use domain::{
    InstanceId, TaskId, UserId, VclusterId,
    image::{ImageRef, Source},
    name::{NodeName, RuntimeName, VclusterName, WorkerName},
    node::{Generation, NodeIntent, Observation},
    resources::Resources,
    task::{Batch, Command, TaskIntent},
};
use futures::stream::BoxStream;
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// What a worker has to make of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    Run,
    Stop,
    /// Nothing of it may be left.
    Remove,
}

impl From<NodeIntent> for Order {
    /// What brings a worker to what the owner wants.
    fn from(intent: NodeIntent) -> Self {
        match intent {
            NodeIntent::Running => Self::Run,
            NodeIntent::Stopped | NodeIntent::Restarting => Self::Stop,
            NodeIntent::Absent => Self::Remove,
        }
    }
}

impl From<TaskIntent> for Order {
    fn from(intent: TaskIntent) -> Self {
        match intent {
            TaskIntent::Run => Self::Run,
            TaskIntent::Cancel => Self::Stop,
            TaskIntent::Absent => Self::Remove,
        }
    }
}

/// One instance's order with all that is needed to carry it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    #[serde(rename = "node")]
    pub instance: InstanceId,
    /// Who carries it out.
    pub worker: WorkerName,
    pub generation: Generation,
    pub order: Order,
    pub owner: UserId,
    pub image: ImageRef,
    /// Where a container that is to be made may take it from.
    #[serde(default)]
    pub source: Source,
    /// What a container that is to be made runs with; `None` for the engine's usual runtime. One that is there keeps its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeName>,
    pub resources: Resources,
    /// The record says that the owner's home was made on this worker: one that is not there is lost, and not made anew.
    #[serde(default)]
    pub has_home: bool,
    #[serde(flatten)]
    pub workload: Workload,
}

/// What runs in an instance. The fields of a node stand beside those of its assignment, as they did before there were tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Workload {
    Node(Member),
    /// It runs to its end, once.
    Task {
        command: Command,
        /// The record knows that its start was asked for: where nothing of it is found, it is not run anew.
        #[serde(default)]
        begun: bool,
        /// For one that runs a script, which the command is then the name and the arguments of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<Batch>,
    },
}

/// What the record has an assignment's instance for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Vcluster(VclusterId),
    Task(TaskId),
}

/// A node's place in its vcluster. It runs until it is told to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub vcluster: VclusterId,
    pub vcluster_name: VclusterName,
    pub name: NodeName,
    pub subnet: Ipv4Net,
    pub ip: Ipv4Addr,
}

impl Assignment {
    /// `None` for a task, which is no vcluster's.
    pub const fn member(&self) -> Option<&Member> {
        match &self.workload {
            Workload::Node(member) => Some(member),
            Workload::Task { .. } => None,
        }
    }

    pub const fn is_task(&self) -> bool {
        matches!(self.workload, Workload::Task { .. })
    }

    pub fn subject(&self) -> Subject {
        self.vcluster().map_or(Subject::Task(self.instance.as_task()), Subject::Vcluster)
    }

    pub fn vcluster(&self) -> Option<VclusterId> {
        self.member().map(|member| member.vcluster)
    }

    /// Whether this one, being published, stays where `wanted` is to be: it is newer, or another order under the same number,
    /// which workers would not carry out twice.
    pub fn stays_before(&self, wanted: &Self) -> bool {
        self.generation > wanted.generation || (self.generation == wanted.generation && self.order != wanted.order)
    }
}

/// What a worker sees of its assignments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentEvent {
    /// All of them, now. Sent first, and again whenever the watch had to begin anew.
    /// `complete` is false until control has published everything since this watch began. Until then coordination may hold an
    /// older copy of itself: nothing in the snapshot may be acted on, neither what is there nor what is missing.
    Snapshot { assignments: Vec<Assignment>, complete: bool },
    /// These are new or changed; several that were published together come together.
    Changed(Vec<Assignment>),
    /// These have no assignment any more.
    Withdrawn(Vec<InstanceId>),
    /// What the record says about containers the worker has asked about. Sent behind a complete snapshot, then as they come.
    Answered(Vec<Answer>),
}

/// A container on a worker's host that carries our labels and has no assignment. The worker asks what is to become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    #[serde(rename = "node")]
    pub instance: InstanceId,
    pub worker: WorkerName,
    /// `None` for a task's.
    #[serde(default)]
    pub vcluster: Option<VclusterId>,
    pub owner: UserId,
    /// Of the order the container was created for.
    pub generation: Generation,
}

/// What control answers about an [`Orphan`]. One that the record claims gets its assignment instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    #[serde(rename = "node")]
    pub instance: InstanceId,
    pub worker: WorkerName,
    pub verdict: Verdict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The record says that it is to be gone. Containers created for a later order stay.
    Remove { generation: Generation },
    /// No record claims it: it is paused and kept.
    Keep,
}

/// What control sees of the workers' reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportEvent {
    /// Everything that is reported, now. Sent first, and again whenever the watch had to begin anew.
    Snapshot {
        reports: Vec<Report>,
        workers: Vec<WorkerInfo>,
        orphans: Vec<Orphan>,
    },
    /// A worker has begun a watch and waits until everything is published once more.
    Asked,
    Reported(Vec<Report>),
    Orphans(Vec<Orphan>),
    /// The worker's host does not have it any more, or it has an assignment by now.
    OrphanGone(WorkerName, InstanceId),
    /// A worker is there or has changed.
    Worker(WorkerInfo),
    /// A worker's lease has run out: it does not answer.
    WorkerLost(WorkerName),
}

/// A worker's report about one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    #[serde(rename = "node")]
    pub instance: InstanceId,
    pub worker: WorkerName,
    #[serde(flatten)]
    pub observation: Observation,
}

/// A host and what it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerInfo {
    pub name: WorkerName,
    pub cpu_milli: u64,
    pub memory_mib: u64,
    /// How many processes and threads its kernel can have; `None` when it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids: Option<u64>,
    /// What its engine can run containers with.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub runtimes: BTreeSet<RuntimeName>,
    /// Networks the host already routes or its engine already has, ours not among them: no vcluster may overlap them.
    pub routed: Vec<Ipv4Net>,
    /// Why it cannot take nodes now; `None` when it can.
    pub unready: Option<String>,
    /// What an administrator should know about it although it takes nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Where its worker stream is, as `host:port`; `None` when it works in the process that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// The worker's own, kept in its data directory: two workers with one name differ in it. `None` is not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum CoordinationError {
    /// Worth another try.
    #[error("the coordination service does not answer: {0}")]
    Unavailable(String),
    /// Another control process writes under a later term of the record.
    #[error("another dockletd has taken over this installation; this one writes nothing any more")]
    Superseded,
    /// Another worker is there.
    #[error("{0}")]
    Refused(String),
    /// What is stored there is not what we write.
    #[error("the coordination service holds something unreadable at {key}: {fault}")]
    Unreadable { key: String, fault: String },
}

/// A newer order than the record's is published, or another one under the same number: the record is an older copy of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newer {
    pub instance: InstanceId,
    pub generation: Generation,
    pub order: Order,
}

/// What was published when a round began; only the adapter that made it can read it.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Keys with the revisions at which they were last changed, and what stood under them.
    pub keys: Vec<(String, i64, Vec<u8>)>,
    /// What each watching worker waits for: it has begun its watch before everything was read.
    pub asked: Vec<(WorkerName, String)>,
}

/// Control's side: publishes assignments, hears workers' reports and answers what they ask.
#[async_trait]
pub trait AssignmentPublisher: Send + Sync + 'static {
    /// Publishes new or changed assignments; those of one worker become visible at once. Where a newer order is published
    /// already, that one stays and is returned.
    async fn assign(&self, assignments: &[Assignment]) -> Result<Vec<Newer>, CoordinationError>;

    /// Takes assignments back, with the reports about them, once what they are for is gone. An assignment that is newer than
    /// the given generation stays.
    async fn withdraw(&self, instances: &[(WorkerName, InstanceId, Generation)]) -> Result<(), CoordinationError>;

    /// Begins to publish everything: notes what is published now. The record is to be read after this, so that of what was
    /// noted nothing is wanted that the record does not say.
    async fn open_round(&self) -> Result<Round, CoordinationError>;

    /// Makes what is published exactly this, but for what belongs to the subjects in `spared`, and marks it complete for
    /// every worker that waited when the round began. What was published since the round began stays.
    async fn close_round(
        &self,
        round: Round,
        assignments: &[Assignment],
        spared: &BTreeSet<Subject>,
    ) -> Result<Vec<Newer>, CoordinationError>;

    /// A whole round for what is known already.
    async fn assign_all(&self, assignments: &[Assignment]) -> Result<Vec<Newer>, CoordinationError> {
        let round = self.open_round().await?;
        self.close_round(round, assignments, &BTreeSet::new()).await
    }

    /// Answers what workers have asked about.
    async fn answer(&self, answers: &[Answer]) -> Result<(), CoordinationError>;

    /// Takes answers back.
    async fn take_back(&self, instances: &[(WorkerName, InstanceId)]) -> Result<(), CoordinationError>;

    /// Reports as they come. The stream ends with an error when the connection is lost; watch again then.
    async fn watch_reports(
        &self,
    ) -> Result<BoxStream<'static, Result<ReportEvent, CoordinationError>>, CoordinationError>;

    /// Whether coordination answers.
    async fn ping(&self) -> Result<(), CoordinationError>;
}

/// A worker's side.
#[async_trait]
pub trait WorkerCoordination: Send + Sync + 'static {
    /// Says that this worker is there, for as long as it keeps saying so (every few seconds; the lease is 10 s).
    /// [`CoordinationError::Refused`] while another worker is there, under the same name or another one: nodes' networks and
    /// homes are each host's own, so there is one.
    async fn announce(&self, info: &WorkerInfo) -> Result<(), CoordinationError>;

    /// This worker's assignments. The stream ends with an error when the connection is lost; watch again then.
    async fn watch_assignments(
        &self,
        worker: &WorkerName,
    ) -> Result<BoxStream<'static, Result<AssignmentEvent, CoordinationError>>, CoordinationError>;

    /// What this worker has last reported, to carry on from after a restart.
    async fn last_reports(&self, worker: &WorkerName) -> Result<Vec<Report>, CoordinationError>;

    async fn report(&self, reports: &[Report]) -> Result<(), CoordinationError>;

    /// Asks about these; asking again changes nothing.
    async fn ask(&self, orphans: &[Orphan]) -> Result<(), CoordinationError>;

    /// What this worker asks about, also from before it was started.
    async fn asked(&self, worker: &WorkerName) -> Result<Vec<InstanceId>, CoordinationError>;

    /// There is nothing more to ask about these.
    async fn stop_asking(&self, worker: &WorkerName, instances: &[InstanceId]) -> Result<(), CoordinationError>;
}

/// Where a worker is, for processes that reach its nodes over the network.
#[async_trait]
pub trait WorkerDirectory: Send + Sync + 'static {
    /// `None` when it has not said for the time of its lease that it is there.
    async fn find_worker(&self, worker: &WorkerName) -> Result<Option<WorkerInfo>, CoordinationError>;
}

#[cfg(test)]
mod tests;
