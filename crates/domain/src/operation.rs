//! An action on a vcluster, from accepted to finished, and what happened to it besides. Knows no HTTP and no worker.

use std::{fmt, net::IpAddr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{
    OperationId, UserId,
    name::{NodeName, WorkerName},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
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
    /// No work of ours: a user has reached into a node. It stands in the history like [`Self::OutOfMemory`].
    Opened,
}

impl OperationKind {
    pub const ALL: &'static [Self] = Self::VARIANTS;

    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OperationState {
    Running,
    Succeeded,
    Failed,
    /// A later action took its place before it was done.
    Superseded,
}

impl OperationState {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

/// What of a node was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OpenedKind {
    Terminal,
    /// A program of a script's.
    Command,
    /// Of TCP.
    Port,
    UdpPort,
    /// The port of the SSH server.
    Ssh,
    /// A key that may log in by ssh from now on.
    SshKey,
    /// A port, in a browser.
    App,
}

impl OpenedKind {
    /// What a connection to this port is.
    pub const fn of_port(port: u16) -> Self {
        match port {
            22 => Self::Ssh,
            _ => Self::Port,
        }
    }
}

/// What was opened in a node, from where and by what. Who it was stands in the operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Opened {
    pub node: NodeName,
    pub what: OpenedKind,
    /// Which one, where a port was connected to.
    pub port: Option<u16>,
    pub address: Option<IpAddr>,
    /// The name of the API token; `None` for a browser.
    pub token: Option<String>,
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, port) = (self.node, self.port.unwrap_or_default());
        match self.what {
            OpenedKind::Terminal => write!(f, "terminal on {node}"),
            OpenedKind::Command => write!(f, "command on {node}"),
            OpenedKind::Port => write!(f, "port {port} of {node}"),
            OpenedKind::UdpPort => write!(f, "UDP port {port} of {node}"),
            OpenedKind::Ssh => write!(f, "ssh to {node}"),
            OpenedKind::SshKey => write!(f, "ssh key let in to {node}"),
            OpenedKind::App => write!(f, "app on port {port} of {node}"),
        }?;
        if let Some(address) = self.address {
            write!(f, " from {address}")?;
        }
        match &self.token {
            Some(token) => write!(f, " with token '{token}'"),
            None => f.write_str(" in a browser"),
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
    /// What was opened, where that is what happened.
    pub opened: Option<Opened>,
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
            opened: None,
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

    /// A user has opened something in a node. How long it stays open is not known here.
    pub fn opened(id: OperationId, opened: Opened, now: DateTime<Utc>) -> Self {
        let (state, opened) = (OperationState::Succeeded, Some(opened));
        Self { state, opened, finished_at: Some(now), ..Self::begin(id, OperationKind::Opened, now) }
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn id() -> OperationId {
        OperationId::new(Uuid::from_u128(1))
    }

    fn port(port: u16) -> Opened {
        let (node, what) = (NodeName::new(1), OpenedKind::of_port(port));
        Opened { node, what, port: Some(port), address: None, token: None }
    }

    #[test]
    fn what_was_opened_is_told_with_where_from_and_by_what() {
        let address = Some(Ipv4Addr::new(192, 0, 2, 7).into());
        let by_token = Opened { address, token: Some("laptop".into()), ..port(8080) };
        assert_eq!(by_token.to_string(), "port 8080 of node-1 from 192.0.2.7 with token 'laptop'");
        assert_eq!(port(22).to_string(), "ssh to node-1 in a browser");
    }

    #[test]
    fn what_happened_without_work_of_ours_is_over_at_once() {
        for (kind, state) in [
            (OperationKind::OutOfMemory, OperationState::Failed),
            (OperationKind::MadeBefore, OperationState::Succeeded),
        ] {
            let told = Operation::happened(id(), kind, "why".into(), NOW);
            assert_eq!((told.state, told.reason.as_deref(), told.finished_at), (state, Some("why"), Some(NOW)));
        }
        let told = Operation::opened(id(), port(22), NOW);
        assert_eq!((told.kind, told.state), (OperationKind::Opened, OperationState::Succeeded));
        assert_eq!((told.opened, told.finished_at), (Some(port(22)), Some(NOW)));
    }

    #[test]
    fn an_operation_says_who_asked_for_it_or_which_host_was_restarted() {
        let user = UserId::new(Uuid::from_u128(2));
        assert_eq!(Operation::begin(id(), OperationKind::Stop, NOW).asked_by(user).by, Some(user));
        let host: WorkerName = "here".parse().expect("a worker name");
        let recover = Operation::recover(id(), host.clone(), NOW);
        assert_eq!((recover.kind, recover.host, recover.by), (OperationKind::Recover, Some(host), None));
    }
}
