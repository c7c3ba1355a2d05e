//! What nodes use of their host, for charts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// New samples of one node, oldest first; in `samples` events of `GET /api/v1/vclusters/{id}/live`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeUsage {
    /// `node-0`.
    pub node: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sample {
    pub at: DateTime<Utc>,
    /// Thousandths of a CPU.
    pub cpu_milli: u32,
    pub memory_bytes: u64,
}
