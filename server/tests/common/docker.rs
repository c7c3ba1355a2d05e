//! What Docker itself says, through its own command line.

use std::process::Command;

use domain::InstallationId;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) host_name: String,
    pub(crate) vcluster: String,
    pub(crate) running: bool,
    /// Changes with every start.
    pub(crate) started_at: String,
}

/// Runs docker; what it printed.
pub(crate) fn docker(arguments: &[&str]) -> String {
    try_docker(arguments).unwrap_or_else(|error| panic!("docker {arguments:?}: {error}"))
}

fn try_docker(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("docker").args(arguments).output().expect("docker runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Containers of this installation, by vcluster and host name.
pub(crate) fn containers(installation: InstallationId) -> Vec<Container> {
    containers_on(&|arguments| try_docker(arguments), installation)
}

/// An engine's command line.
pub(crate) type Engine<'a> = &'a dyn Fn(&[&str]) -> Result<String, String>;

/// The same on another engine.
pub(crate) fn containers_on(engine: Engine<'_>, installation: InstallationId) -> Vec<Container> {
    let filter = format!("label=docklet.installation={installation}");
    let ids = engine(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter]).expect("a list");
    // Short tasks on the host belong to no vcluster.
    let nodes = ids.lines().filter_map(|id| inspect(engine, id)).filter(|container| !container.vcluster.is_empty());
    let mut all: Vec<Container> = nodes.collect();
    all.sort_by(|a, b| (&a.vcluster, &a.host_name).cmp(&(&b.vcluster, &b.host_name)));
    all
}

/// `None` when it is gone by now.
fn inspect(engine: Engine<'_>, id: &str) -> Option<Container> {
    let all: Value = engine(&["inspect", id]).ok().map(|text| serde_json::from_str(&text).expect("JSON"))?;
    let text = |pointer: &str| all[0].pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Container {
        id: id.into(),
        host_name: text("/Config/Hostname"),
        vcluster: text("/Config/Labels/docklet.vcluster"),
        running: all[0]["State"]["Running"] == true,
        started_at: text("/State/StartedAt"),
    })
}

/// The vclusters that have a network in this installation.
pub(crate) fn networks(installation: InstallationId) -> Vec<String> {
    networks_on(&|arguments| try_docker(arguments), installation)
}

/// The same on another engine.
pub(crate) fn networks_on(engine: Engine<'_>, installation: InstallationId) -> Vec<String> {
    let filter = format!("label=docklet.installation={installation}");
    let format = "{{.Label \"docklet.vcluster\"}}";
    let listed = engine(&["network", "ls", "--filter", &filter, "--format", format]).expect("a list");
    let mut all: Vec<String> = listed.lines().map(str::to_owned).collect();
    all.sort();
    all
}
