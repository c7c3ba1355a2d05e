//! What the worker tells docklet-init through environment variables. Reads them once; children never see them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::protocol::RUN_DIR;

/// Every variable with this prefix is ours and is kept from children.
const PREFIX: &str = "DOCKLET_";
const DEFAULT_GRACE: Duration = Duration::from_secs(8);

/// The configuration of one node.
#[derive(Debug)]
pub(super) struct Config {
    /// `DOCKLET_RUN_DIR`: where the socket is handed over, or made.
    pub(super) run_dir: PathBuf,
    /// `DOCKLET_GRACE_MS`: how long processes have after SIGTERM.
    pub(super) grace: Duration,
    /// `DOCKLET_SERVICES`: or why it cannot be read.
    pub(super) services: Result<Vec<ServiceSpec>, String>,
    /// `DOCKLET_SSHD=1`: run the built-in sshd service.
    pub(super) sshd: bool,
    /// `DOCKLET_INSTANCE`: what this container is for, where that is a task.
    pub(super) instance: Option<String>,
    /// The environment of children: ours without `DOCKLET_*`.
    pub(super) environment: Vec<(OsString, OsString)>,
}

/// One service of `DOCKLET_SERVICES`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceSpec {
    pub(super) name: String,
    /// Program and arguments; not empty.
    pub(super) command: Vec<String>,
    /// Added to the environment of the service.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Working directory; default `/`.
    #[serde(default)]
    pub(super) cwd: Option<PathBuf>,
    #[serde(default)]
    pub(super) health: Option<Health>,
    #[serde(default)]
    pub(super) start: Start,
    /// What to say where the node has no such program.
    #[serde(default)]
    pub(super) missing: Option<String>,
    /// It runs this script, and `command` is what that is called and its arguments. Only for one that runs once.
    #[serde(default)]
    pub(super) batch: Option<BatchSpec>,
}

/// A script, where what it prints goes, and for how long it may run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BatchSpec {
    /// Begins with `#!` and its interpreter.
    pub(super) script: String,
    /// Absolute.
    pub(super) output: PathBuf,
    pub(super) time_limit_s: u32,
    #[serde(default)]
    pub(super) warning: Option<WarningSpec>,
}

/// A signal that a script gets before its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WarningSpec {
    pub(super) signal: u8,
    /// So many before the end; at once where it has no more.
    pub(super) seconds: u32,
    /// To every process of the container but PID 1; else to the script's own alone.
    pub(super) all: bool,
}

/// When a service is started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Start {
    /// With the node, and again whenever it ends.
    #[default]
    AtOnce,
    /// When a client asks for it. It is started again when it ends with an error, but not forever.
    OnDemand,
    /// With the node, and never again: the node ends with it.
    Once,
}

/// When a service counts as running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    /// Once something listens on this TCP port; not any more when nothing does.
    Tcp(u16),
}

impl Config {
    /// From the environment of this process.
    pub(super) fn from_env() -> Self {
        let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let is_ours = |name: &OsString| name.as_encoded_bytes().starts_with(PREFIX.as_bytes());
        Self {
            run_dir: text("DOCKLET_RUN_DIR").map_or_else(|| PathBuf::from(RUN_DIR), PathBuf::from),
            grace: text("DOCKLET_GRACE_MS")
                .and_then(|value| value.parse().ok())
                .map_or(DEFAULT_GRACE, Duration::from_millis),
            services: text("DOCKLET_SERVICES").map_or(Ok(Vec::new()), |json| parse_services(&json)),
            sshd: text("DOCKLET_SSHD").is_some_and(|value| value == "1"),
            instance: text("DOCKLET_INSTANCE"),
            environment: env::vars_os().filter(|(name, _)| !is_ours(name)).collect(),
        }
    }
}

fn parse_services(json: &str) -> Result<Vec<ServiceSpec>, String> {
    let services: Vec<ServiceSpec> =
        serde_json::from_str(json).map_err(|error| format!("DOCKLET_SERVICES cannot be read: {error}"))?;
    let fault = services.iter().find_map(|service| {
        let fault = match service {
            _ if service.command.is_empty() => "has no command",
            _ if service.batch.is_some() && service.start != Start::Once => "has a script and does not run once",
            _ => return None,
        };
        Some(format!("DOCKLET_SERVICES: the service {:?} {fault}", service.name))
    });
    fault.map_or(Ok(services), Err)
}
