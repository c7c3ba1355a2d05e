//! What administrators see and change: people, the installation's health, its configuration.

use chrono::{DateTime, Utc};
use domain::quota::OwnLimits as Own;
pub use domain::user::Role;
use serde::{Deserialize, Serialize};

use crate::{profile::Identity, read, session::Amount};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    pub name: String,
    pub role: Role,
    /// Cannot sign in, and no session or token of theirs is good.
    pub locked: bool,
    /// Locked because nobody has approved them yet: somebody new of an OpenID provider.
    pub pending: bool,
    pub created_at: DateTime<Utc>,
    pub last_sign_in: Option<DateTime<Utc>>,
    /// The group whose limits are theirs where none of their own are set.
    pub group: Option<String>,
    /// What they may hold.
    pub limits: Amount,
    /// What was set for them alone.
    pub own_limits: OwnLimits,
    pub usage: Amount,
}

/// A person with the ways in they have open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonDetail {
    pub person: Person,
    /// What they may hold where no limits of their own are set: what their group may, or everybody.
    pub usual_limits: Amount,
    /// The groups there are.
    pub groups: Vec<String>,
    /// How many browsers are signed in.
    pub sessions: u32,
    /// How many API tokens are good.
    pub tokens: u32,
    /// Who they are at OpenID providers.
    pub identities: Vec<Identity>,
}

/// Limits of one user; what is absent or `null` is as for everybody. Numbers are wider than any valid value, so that the
/// answer can name the rule they break.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnLimits {
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000))]
    #[serde(deserialize_with = "read::maybe_whole")]
    pub vclusters: Option<i64>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000))]
    #[serde(deserialize_with = "read::maybe_whole")]
    pub nodes: Option<i64>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub cpus: Option<f64>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_099_511_627_776_i64))]
    #[serde(deserialize_with = "read::maybe_whole")]
    pub memory_mib: Option<i64>,
}

impl From<Own> for OwnLimits {
    /// Exact: limits are checked to be far below 2^53.
    fn from(own: Own) -> Self {
        Self {
            vclusters: own.vclusters.map(i64::from),
            nodes: own.nodes.map(i64::from),
            cpus: own.cpu_milli.map(|milli| milli as f64 / 1000.0),
            memory_mib: own.memory_mib.map(|mib| i64::try_from(mib).unwrap_or(i64::MAX)),
        }
    }
}

/// `POST /api/v1/admin/users`. Never logged: `Debug` leaves the password out.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddUser {
    /// 1–32 of a-z, 0-9, '-', '_', '.'.
    #[cfg_attr(feature = "openapi", schema(value_type = domain::name::UserName, inline))]
    pub name: String,
    #[serde(default = "user")]
    pub role: Role,
    /// 8–1024 characters; generated and given back when absent.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    #[serde(default)]
    pub password: Option<String>,
}

const fn user() -> Role {
    Role::User
}

impl std::fmt::Debug for AddUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddUser").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// `PATCH /api/v1/admin/users/{name}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeUser {
    pub role: Option<Role>,
    pub locked: Option<bool>,
    /// One of the configured groups; empty for none.
    pub group: Option<String>,
    #[serde(deserialize_with = "read::maybe_object")]
    pub limits: Option<OwnLimits>,
}

/// `POST /api/v1/admin/users/{name}/password`. `Debug` leaves the password out.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResetPassword {
    /// 8–1024 characters; generated and given back when absent.
    #[cfg_attr(feature = "openapi", schema(min_length = 8, max_length = 1024))]
    pub password: Option<String>,
}

impl std::fmt::Debug for ResetPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResetPassword").finish_non_exhaustive()
    }
}

/// Whose password it is, and the only copy of a generated one. `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GivenPassword {
    pub name: String,
    /// Shown this once; `null` when it was chosen.
    pub password: Option<String>,
}

impl std::fmt::Debug for GivenPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GivenPassword").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How the installation is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// dockletd's version.
    pub version: String,
    pub started_at: DateTime<Utc>,
    /// What must answer before people are let in.
    pub parts: Vec<Part>,
    pub hosts: Vec<Host>,
    /// What needs an administrator's attention: what is so now, then what has happened since the start, the latest first.
    pub notices: Vec<Notice>,
    pub disk: Disk,
}

/// Something an administrator should hear of, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Since when it is so, or when it happened.
    pub at: DateTime<Utc>,
    pub text: String,
}

/// A program dockletd stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Part {
    /// `database`, `coordination`, `engine` or `hosts`.
    pub name: String,
    pub ready: bool,
    /// Why it is not.
    pub reason: Option<String>,
    /// Its version, where it says one.
    pub version: Option<String>,
    /// What a newer one would give.
    pub remark: Option<String>,
    /// How long it took to answer.
    pub answered_in_ms: u64,
}

/// A host and what is held on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Host {
    pub name: String,
    pub ready: bool,
    /// Why it takes no nodes now.
    pub reason: Option<String>,
    /// What an administrator should know about it although it takes nodes.
    pub remark: Option<String>,
    /// What it has; 0 for a host that does not answer.
    pub cpus: f64,
    pub memory_mib: u64,
    /// What may be given out of it, with overcommitment.
    pub offered_cpus: f64,
    pub offered_memory_mib: u64,
    /// Processes and threads that may be given out of it; absent where the host does not say how many it can have.
    #[serde(default)]
    pub offered_pids: Option<u64>,
    /// What its Docker Engine can run containers with.
    #[serde(default)]
    pub runtimes: Vec<String>,
    /// What is held on it.
    pub held: Amount,
}

/// The file system of the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Disk {
    /// The data directory.
    pub path: String,
    pub total_bytes: u64,
    /// What dockletd may still write.
    pub free_bytes: u64,
}

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    pub section: String,
    pub key: String,
    /// As one would write it; empty for none, `(set)` for a secret that is set.
    pub value: String,
    /// The same in words: `flag --listen`, `environment DOCKLET_LOG_LEVEL`, `file /etc/docklet.toml`, `default`.
    pub source: String,
    /// Whether somebody wrote it.
    pub changed: bool,
    /// What it is for.
    pub about: String,
}
