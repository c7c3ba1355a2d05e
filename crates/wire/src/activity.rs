//! What was done with vclusters: who, what, when, how it ended and why; and what was opened in them, from where and by what.

use chrono::{DateTime, Utc};
use domain::{
    VclusterId,
    name::{UserName, VclusterName},
    operation::{Opened as Opening, OpenedKind, Operation, OperationKind, OperationState},
};
use serde::{Deserialize, Serialize};

/// One action; `GET /api/v1/activity` lists those on all of one's vclusters, `GET /api/v1/vclusters/{id}/activity` those on one,
/// newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    pub id: String,
    /// The id of the vcluster it was done with, which may be deleted by now.
    pub vcluster: String,
    /// That vcluster's name; absent for some that were deleted before names were kept.
    pub vcluster_name: Option<String>,
    /// `opened`: a user has got into a node, and the field `opened` says how.
    pub kind: OperationKind,
    pub state: OperationState,
    /// Why it failed, what was found, or what was opened, in a sentence.
    pub reason: Option<String>,
    /// The user who asked for it; absent where it was not written down.
    pub by: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The host whose restart made it necessary; absent where a person asked for it.
    pub host: Option<String>,
    /// What was opened; absent in every other kind.
    pub opened: Option<Opened>,
}

/// How a user got into a node. The same by the same user is told once in an hour, and at most 32 of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Opened {
    /// The node's name.
    pub node: String,
    pub what: OpenedKind,
    /// The port that was connected to; absent where it was none.
    pub port: Option<u16>,
    /// The IP address of the client; absent where it is not known.
    pub address: Option<String>,
    /// The name of the API token; absent where it was a browser.
    pub token: Option<String>,
}

impl From<&Opening> for Opened {
    fn from(opening: &Opening) -> Self {
        Self {
            node: opening.node.to_string(),
            what: opening.what,
            port: opening.port,
            address: opening.address.map(|address| address.to_string()),
            token: opening.token.clone(),
        }
    }
}

impl Activity {
    /// The operation on this vcluster, asked for by this user.
    pub fn from_domain(
        operation: &Operation,
        (vcluster, name): (VclusterId, Option<&VclusterName>),
        by: Option<&UserName>,
    ) -> Self {
        let opened = operation.opened.as_ref();
        Self {
            id: operation.id.to_string(),
            vcluster: vcluster.to_string(),
            vcluster_name: name.map(ToString::to_string),
            kind: operation.kind,
            state: operation.state,
            reason: operation.reason.clone().or_else(|| opened.map(ToString::to_string)),
            by: by.map(ToString::to_string),
            started_at: operation.started_at,
            finished_at: operation.finished_at,
            host: operation.host.as_ref().map(ToString::to_string),
            opened: opened.map(Opened::from),
        }
    }
}
