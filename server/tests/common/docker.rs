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
    let output = Command::new("docker").args(arguments).output().expect("docker runs");
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// Containers of this installation, by vcluster and host name.
pub(crate) fn containers(installation: InstallationId) -> Vec<Container> {
    let filter = format!("label=docklet.installation={installation}");
    let ids = docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter]);
    // Short tasks on the host belong to no vcluster.
    let nodes = ids.lines().filter_map(inspect).filter(|container| !container.vcluster.is_empty());
    let mut all: Vec<Container> = nodes.collect();
    all.sort_by(|a, b| (&a.vcluster, &a.host_name).cmp(&(&b.vcluster, &b.host_name)));
    all
}

/// `None` when it is gone by now.
fn inspect(id: &str) -> Option<Container> {
    let output = Command::new("docker").args(["inspect", id]).output().expect("docker runs");
    let all: Value = output.status.success().then(|| serde_json::from_slice(&output.stdout).expect("JSON"))?;
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
    let filter = format!("label=docklet.installation={installation}");
    let format = "{{.Label \"docklet.vcluster\"}}";
    let mut all: Vec<String> =
        docker(&["network", "ls", "--filter", &filter, "--format", format]).lines().map(str::to_owned).collect();
    all.sort();
    all
}
