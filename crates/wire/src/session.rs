//! Signing in, and who is signed in.

use domain::{quota::Limits, quota::Usage, user::Role};
use serde::{Deserialize, Deserializer, Serialize};

/// For programs that know nothing but the wire.
pub use domain::user::Scope;

/// `POST /api/v1/session`. Never logged, never shown: `Debug` leaves the password out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    pub name: String,
    pub password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Who is signed in, what they may take and what they have taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    pub name: String,
    pub role: Role,
    /// What may be done with the API token that was shown; a browser may everything.
    #[serde(default, deserialize_with = "known_scopes")]
    pub scopes: Vec<Scope>,
    pub limits: Amount,
    pub usage: Amount,
}

/// Those that this version knows: a newer server may have more.
pub(crate) fn known_scopes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Scope>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    Ok(words.iter().filter_map(|word| word.parse().ok()).collect())
}

/// A measure of everything that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Amount {
    pub vclusters: u32,
    pub nodes: u32,
    pub cpus: f64,
    pub memory_mib: u64,
    /// Processes and threads: what all nodes together may have at most.
    #[serde(default)]
    pub pids: u64,
}

/// Thousandths of a CPU as CPUs. Exact: no host has 2^53 of them.
fn cpus(milli: u64) -> f64 {
    milli as f64 / 1000.0
}

impl From<Limits> for Amount {
    fn from(limits: Limits) -> Self {
        Self {
            vclusters: limits.vclusters,
            nodes: limits.nodes,
            cpus: cpus(limits.cpu_milli),
            memory_mib: limits.memory_mib,
            pids: limits.pids,
        }
    }
}

impl From<Usage> for Amount {
    fn from(usage: Usage) -> Self {
        Self {
            vclusters: usage.vclusters,
            nodes: usage.nodes,
            cpus: cpus(usage.cpu_milli),
            memory_mib: usage.memory_mib,
            pids: usage.pids,
        }
    }
}
