//! What the engine says of itself and its host, for `dockletd doctor`.

use std::collections::{BTreeSet, HashMap};

use bollard::models::{Runtime, SystemInfo};
use chrono::{DateTime, Utc};
use control::ports::engine::EngineError;
use domain::name::RuntimeName;

use crate::client::{Client, QUERY};

/// The engine in its own words; empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    pub version: String,
    pub storage_driver: String,
    pub cgroup_driver: String,
    pub cgroup_version: String,
    pub root_dir: String,
    pub memory_limit: bool,
    pub cpu_limit: bool,
    pub pids_limit: bool,
    pub seccomp: bool,
    /// Root in a container is another user on the host.
    pub remaps_users: bool,
    /// Containers run on while the engine does not.
    pub live_restore: bool,
    pub runc_version: String,
    /// What containers can be run with, such as `runc` and `runsc`.
    pub runtimes: BTreeSet<RuntimeName>,
    pub clock: Option<DateTime<Utc>>,
}

pub(crate) async fn about(client: &Client) -> Result<About, EngineError> {
    let info = client.ask(QUERY, |docker| async move { docker.info().await }).await?;
    let version = client.ask(QUERY, |docker| async move { docker.version().await }).await?;
    let mut parts = version.components.unwrap_or_default().into_iter();
    let runc = parts.find(|part| part.name == "runc").map(|part| part.version);
    Ok(About { runc_version: runc.unwrap_or_default(), ..read(info) })
}

fn read(info: SystemInfo) -> About {
    let options = info.security_options.unwrap_or_default();
    About {
        runtimes: runtimes(info.runtimes),
        version: info.server_version.unwrap_or_default(),
        storage_driver: info.driver.unwrap_or_default(),
        cgroup_driver: info.cgroup_driver.map(|driver| driver.to_string()).unwrap_or_default(),
        cgroup_version: info.cgroup_version.map(|version| version.to_string()).unwrap_or_default(),
        root_dir: info.docker_root_dir.unwrap_or_default(),
        memory_limit: info.memory_limit.unwrap_or_default(),
        cpu_limit: info.cpu_cfs_quota.unwrap_or_default(),
        pids_limit: info.pids_limit.unwrap_or_default(),
        seccomp: options.iter().any(|option| option.starts_with("name=seccomp")),
        remaps_users: options.iter().any(|option| option.starts_with("name=userns")),
        live_restore: info.live_restore_enabled.unwrap_or_default(),
        runc_version: String::new(),
        clock: info.system_time.and_then(|time| time.parse().ok()),
    }
}

/// One whose name is no name of ours cannot be asked for.
pub(crate) fn runtimes(named: Option<HashMap<String, Runtime>>) -> BTreeSet<RuntimeName> {
    named.unwrap_or_default().into_keys().filter_map(|name| name.parse().ok()).collect()
}
