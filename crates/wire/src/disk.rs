//! What people take of the hosts' disks, in bytes, as the workers have last counted it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `GET /api/v1/me/disk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiskUse {
    /// What was written in nodes, running or stopped, beside their images and the home.
    pub nodes_bytes: u64,
    pub home_bytes: u64,
    /// When the oldest of the counts was made; `null` while there is none.
    pub counted_at: Option<DateTime<Utc>>,
    /// Hosts whose count is not in it: they have not counted yet, or do not answer.
    pub hosts_missing: u32,
}

/// `GET /api/v1/admin/disk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiskUses {
    /// Those who take most first.
    pub items: Vec<DiskUseOf>,
    /// When the oldest of the counts was made; `null` while there is none.
    pub counted_at: Option<DateTime<Utc>>,
    /// Hosts whose count is not in it: they have not counted yet, or do not answer.
    pub hosts_missing: u32,
}

/// What one person takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiskUseOf {
    pub name: String,
    pub nodes_bytes: u64,
    pub home_bytes: u64,
}
