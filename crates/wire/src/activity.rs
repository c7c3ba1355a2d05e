//! What was done with a vcluster: who, what, when, how it ended and why.

use chrono::{DateTime, Utc};
use domain::operation::{OperationKind, OperationState};
use serde::{Deserialize, Serialize};

/// One action; `GET /api/v1/vclusters/{id}/activity` lists them, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    pub id: String,
    pub kind: OperationKind,
    pub state: OperationState,
    /// Why it failed, or what was found.
    pub reason: Option<String>,
    /// The user who asked for it; absent where it was not written down.
    pub by: Option<String>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// The host whose restart made it necessary; absent where a person asked for it.
    pub host: Option<String>,
}

impl Activity {
    /// The operation, asked for by the user of this name.
    pub fn from_domain(operation: &domain::operation::Operation, by: Option<String>) -> Self {
        Self {
            id: operation.id.to_string(),
            kind: operation.kind,
            state: operation.state,
            reason: operation.reason.clone(),
            by,
            started_at: operation.started_at,
            finished_at: operation.finished_at,
            host: operation.host.as_ref().map(ToString::to_string),
        }
    }
}
