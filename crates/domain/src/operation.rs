//! An action on a vcluster, from accepted to finished. Knows no HTTP and no worker.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{OperationId, UserId, name::WorkerName};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OperationKind {
    Create,
    Start,
    Stop,
    Restart,
    Delete,
    AddNodes,
    RemoveNode,
    /// No user's action: a node had used up its memory. It stands in the history, never as the latest operation.
    OutOfMemory,
    /// No user's action: a node of an older Docklet was found. It stands in the history like [`Self::OutOfMemory`].
    MadeBefore,
    /// No user's action: its host was restarted, and what ran there runs again.
    Recover,
}

impl OperationKind {
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::Delete,
        Self::AddNodes,
        Self::RemoveNode,
        Self::OutOfMemory,
        Self::MadeBefore,
        Self::Recover,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Delete => "delete",
            Self::AddNodes => "add_nodes",
            Self::RemoveNode => "remove_node",
            Self::OutOfMemory => "out_of_memory",
            Self::MadeBefore => "made_before",
            Self::Recover => "recover",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OperationState {
    Running,
    Succeeded,
    Failed,
    /// A later action took its place before it was done.
    Superseded,
}

impl OperationState {
    pub const ALL: [Self; 4] = [Self::Running, Self::Succeeded, Self::Failed, Self::Superseded];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

/// The latest action on a vcluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub id: OperationId,
    pub kind: OperationKind,
    pub state: OperationState,
    /// Why it failed, or what was found.
    pub reason: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Who asked for it; unknown for operations from before this was recorded.
    pub by: Option<UserId>,
    /// The host that was restarted, where that is why.
    pub host: Option<WorkerName>,
}

impl Operation {
    pub const fn begin(id: OperationId, kind: OperationKind, now: DateTime<Utc>) -> Self {
        Self {
            id,
            kind,
            state: OperationState::Running,
            reason: None,
            started_at: now,
            finished_at: None,
            by: None,
            host: None,
        }
    }

    /// The same, asked for by this user.
    #[must_use]
    pub fn asked_by(self, user: UserId) -> Self {
        Self { by: Some(user), ..self }
    }

    /// After a restart of this host.
    pub fn recover(id: OperationId, host: WorkerName, now: DateTime<Utc>) -> Self {
        Self { host: Some(host), ..Self::begin(id, OperationKind::Recover, now) }
    }

    /// Something that happened without a request, over at once.
    pub fn happened(id: OperationId, kind: OperationKind, what: String, now: DateTime<Utc>) -> Self {
        let state = match kind {
            OperationKind::OutOfMemory => OperationState::Failed,
            _ => OperationState::Succeeded,
        };
        Self { state, reason: Some(what), finished_at: Some(now), ..Self::begin(id, kind, now) }
    }

    pub fn is_running(&self) -> bool {
        self.state == OperationState::Running
    }

    pub fn finish(&mut self, state: OperationState, reason: Option<String>, now: DateTime<Utc>) {
        self.state = state;
        self.reason = reason;
        self.finished_at = Some(now);
    }
}
