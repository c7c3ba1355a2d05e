//! One node's lifecycle: what its owner wants, what is observed, and what follows from both. Knows no container engine.

use std::{fmt::Write as _, net::Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{
    NodeId, OperationId,
    name::{NodeName, RuntimeName, WorkerName},
    operation::OperationKind,
    task::Outcome,
};

/// How often a node is started by itself before it stays down.
pub const MOST_TRIES: u8 = 3;
/// A node that has run for so long has come up. What ends it later is another matter than what ended it before.
pub const STEADY: TimeDelta = TimeDelta::minutes(2);

/// Counts the orders given to one node. A worker refuses an order older than one it has seen; a report about an older
/// order is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u64);

impl Generation {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What a node is doing, as its owner sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NodeState {
    /// Ordered; its worker has not begun.
    Pending,
    Starting,
    Running,
    Stopping,
    Stopped,
    /// It could not start, ended by itself, or was ended outside Docklet.
    Failed,
    /// Its host does not answer, so what it is doing is unknown.
    Lost,
}

impl NodeState {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }

    /// Something is still happening.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Pending | Self::Starting | Self::Stopping)
    }
}

/// What the owner wants of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum NodeIntent {
    Running,
    Stopped,
    /// Stopped first, then running again: the first half of a restart.
    Restarting,
    /// Gone, with everything in it but the home.
    Absent,
}

impl NodeIntent {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// What a worker reports about one order (one generation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Being brought up; `step` says what is being done now ("pulling the image, 62 %").
    Starting {
        step: String,
    },
    /// docklet-init has said it is ready.
    Running {
        since: DateTime<Utc>,
    },
    Stopping,
    Stopped,
    /// Not running, and not because it was asked; `reason` is a sentence for the owner.
    Failed {
        reason: String,
    },
    /// It ran, and went down with its host or the host's engine, not by itself: it can run again.
    Interrupted {
        reason: String,
        /// Until when it ran, as far as its worker can tell. A worker of an older Docklet does not say: it ran for no time.
        #[serde(default)]
        ended: DateTime<Utc>,
    },
    /// Failed because another network on the host has the vcluster's subnet; another subnet would do.
    SubnetTaken {
        reason: String,
    },
    /// What it is doing is not known: the host's container engine does not answer, or does not say; or a task is paused.
    Lost {
        reason: String,
    },
    /// The command of a task has ended. No node says so.
    Exited(Outcome),
    /// Removing does not work yet and will be tried again; `reason` says what is in the way.
    Stuck {
        reason: String,
    },
    /// Nothing of it is left.
    Absent,
}

/// A report about one order of an instance from its worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    pub generation: Generation,
    #[serde(flatten)]
    pub phase: Phase,
    #[serde(default)]
    pub notes: Notes,
}

impl Observation {
    /// With nothing to note.
    pub fn new(generation: Generation, phase: Phase) -> Self {
        Self { generation, phase, notes: Notes::default() }
    }
}

/// What is to be known of an instance besides what it is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// An older dockletd made it; what newer ones do better for nodes, it gets when it is made anew.
    pub made_before: bool,
    /// The last time since its start that its memory was used up.
    pub out_of_memory: Option<OutOfMemory>,
    /// Of a task: its container was started, so its command may have run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub begun: bool,
}

impl Notes {
    /// What is noted now and was not before, in a sentence each.
    pub fn news(&self, before: &Self) -> Vec<(OperationKind, String)> {
        let made_before = (self.made_before && !before.made_before)
            .then(|| "created by an older Docklet; remove it and add another node to get new features".to_owned());
        let out_of_memory = self.out_of_memory.as_ref().filter(|told| before.out_of_memory.as_ref() != Some(told));
        let made_before = made_before.map(|what| (OperationKind::MadeBefore, what));
        let out_of_memory = out_of_memory.map(|told| (OperationKind::OutOfMemory, told.to_string()));
        made_before.into_iter().chain(out_of_memory).collect()
    }
}

/// A node had used up its memory, and the kernel ended one of its processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutOfMemory {
    /// When its worker heard of it.
    pub at: DateTime<Utc>,
    /// The name of the process that was ended, where the host's kernel tells.
    pub process: Option<String>,
    /// The node's limit.
    pub memory_mib: u32,
}

impl std::fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let process = self.process.as_deref().unwrap_or("a process");
        write!(f, "{process} was killed because the node ran out of memory ({} MiB)", self.memory_mib)
    }
}

/// A node as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: NodeId,
    pub name: NodeName,
    pub worker: WorkerName,
    pub ip: Ipv4Addr,
    pub generation: Generation,
    pub intent: NodeIntent,
    pub state: NodeState,
    /// What it is doing while busy, why it is so when failed or lost.
    pub reason: Option<String>,
    /// Holds CPUs and memory of its owner's limit and of its host.
    pub reserved: bool,
    pub running_since: Option<DateTime<Utc>>,
    /// How often it was started by itself since it last ran for long or was ordered by its owner.
    pub tries: u8,
    /// The operation that ordered the present intent.
    pub operation: OperationId,
    /// As its worker last said.
    pub notes: Notes,
    /// What its container is made to run with, decided once, when the node was ordered; `None` for the engine's usual runtime.
    pub runtime: Option<RuntimeName>,
}

impl Node {
    /// Gives the node a new order. Failed and lost nodes that are ordered to stop hold what they held until the worker answers.
    pub(crate) fn order(&mut self, intent: NodeIntent, operation: OperationId) {
        self.generation = self.generation.next();
        self.intent = intent;
        self.operation = operation;
        self.reason = None;
        self.running_since = None;
        self.tries = 0;
        self.state = match intent {
            NodeIntent::Running => NodeState::Pending,
            NodeIntent::Stopped | NodeIntent::Restarting | NodeIntent::Absent => NodeState::Stopping,
        };
        if intent == NodeIntent::Running {
            self.reserved = true;
        }
    }

    /// Takes a report in; says whether anything changed. Reports about an older order are ignored.
    /// `Phase::Absent` for an absent node is the vcluster's to handle: it removes the node.
    pub(crate) fn observe(&mut self, observation: &Observation, now: DateTime<Utc>) -> bool {
        if observation.generation != self.generation {
            return false;
        }
        let before =
            (self.state, self.reason.clone(), self.reserved, self.intent, self.running_since, self.notes.clone());
        // A report of a lost node has no notes: its sender cannot see the node.
        if !matches!(observation.phase, Phase::Lost { .. }) {
            self.notes = observation.notes.clone();
        }
        self.tries = self.tries_after(&observation.phase, now);
        match &observation.phase {
            Phase::Starting { step } => self.enter(NodeState::Starting, Some(step)),
            Phase::Running { since } => {
                self.enter(NodeState::Running, None);
                self.running_since = Some(*since);
                // Also one that was started outside Docklet after it had failed: what it takes must count.
                self.reserved = true;
            }
            Phase::Stopping => self.enter(NodeState::Stopping, None),
            Phase::Stopped | Phase::Absent => self.halted(),
            Phase::Failed { reason } | Phase::Interrupted { reason, .. } | Phase::SubnetTaken { reason } => {
                self.failed(reason);
            }
            Phase::Exited(_) => self.failed("the node ended"),
            Phase::Lost { reason } => self.enter(NodeState::Lost, Some(reason)),
            Phase::Stuck { reason } => self.enter(NodeState::Stopping, Some(reason)),
        }
        before != (self.state, self.reason.clone(), self.reserved, self.intent, self.running_since, self.notes.clone())
    }

    /// The tries that still count after this report.
    pub(crate) fn tries_after(&self, phase: &Phase, now: DateTime<Utc>) -> u8 {
        let ran_until = match phase {
            // It may have ended long ago: a last report holds until there is a newer one, and a host that is away says nothing.
            Phase::Running { .. } | Phase::Lost { .. } => return self.tries,
            Phase::Interrupted { ended, .. } => *ended,
            _ => now,
        };
        if self.running_since.is_some_and(|since| ran_until - since >= STEADY) { 0 } else { self.tries }
    }

    fn enter(&mut self, state: NodeState, reason: Option<&str>) {
        self.state = state;
        self.reason = reason.map(str::to_owned);
        if state != NodeState::Running && state != NodeState::Lost {
            self.running_since = None;
        }
    }

    /// The worker has stopped it, or finds nothing to stop.
    fn halted(&mut self) {
        match self.intent {
            // The second half of a restart. What it holds is kept in between, so that no other node takes its place.
            NodeIntent::Restarting => {
                let operation = self.operation;
                self.order(NodeIntent::Running, operation);
            }
            NodeIntent::Running => self.failed("the node was stopped outside Docklet"),
            NodeIntent::Stopped | NodeIntent::Absent => {
                self.enter(NodeState::Stopped, None);
                self.reserved = false;
            }
        }
    }

    fn failed(&mut self, reason: &str) {
        match self.intent {
            // A node that is down is what a stop asked for, whatever brought it down.
            NodeIntent::Stopped | NodeIntent::Restarting => self.halted(),
            NodeIntent::Running | NodeIntent::Absent => {
                let mut reason = reason.to_owned();
                if self.tries >= MOST_TRIES {
                    let _ = write!(reason, "; it was started again {} times and did not stay up", self.tries);
                }
                self.enter(NodeState::Failed, Some(&reason));
                self.reserved = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
