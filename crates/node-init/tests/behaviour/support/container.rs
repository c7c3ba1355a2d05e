//! docklet-init where it belongs: PID 1 of a real container. Everything made here is labelled and removed in Drop.

use std::process::Command;

use node_init::client::NodeClient;
use node_init::protocol::{OpenTerminal, TerminalId};
use tempfile::TempDir;

use super::{PATIENCE, Viewer, binary};

/// What the worker gives every node, and not a capability more.
const HARDENED: [&str; 14] = [
    "--security-opt=no-new-privileges",
    "--cap-drop=ALL",
    "--cap-add=CHOWN",
    "--cap-add=DAC_OVERRIDE",
    "--cap-add=FOWNER",
    "--cap-add=FSETID",
    "--cap-add=KILL",
    "--cap-add=SETGID",
    "--cap-add=SETUID",
    "--cap-add=NET_BIND_SERVICE",
    "--cap-add=SYS_CHROOT",
    "--cap-add=AUDIT_WRITE",
    "--pids-limit=256",
    "--memory=256m",
];

/// A name that no other test uses, for labels.
pub(crate) fn installation() -> String {
    let mut random = [0; 8];
    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty()).expect("the kernel has randomness");
    let [a, b, rest @ ..] = random;
    let rest = rest.map(|byte| format!("{byte:02x}")).concat();
    // Installation ids are UUIDs; those of tests begin so, which is how a leftover is found.
    format!("7e577e57-{a:02x}{b:02x}-4000-8000-{rest}")
}

/// Runs a docker command and returns what it prints; panics with its words if it fails.
pub(crate) fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().expect("docker can be run");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments:?} failed: {words}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Removes something at the end; a test that failed has better things to report than that it is gone already.
fn remove(arguments: &[&str]) {
    let removed = Command::new("docker").args(arguments).output();
    assert!(removed.is_ok_and(|output| output.status.success()) || std::thread::panicking(), "docker {arguments:?}");
}

/// A container that runs docklet-init.
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) client: NodeClient,
    _run_dir: TempDir,
}

impl Container {
    /// Starts one from an image; `options` go to `docker run`.
    pub(crate) fn start(image: &str, options: &[&str]) -> Self {
        let run_dir = TempDir::new().expect("a temporary directory");
        let label = format!("--label=docklet.installation={}", installation());
        let binary = binary().canonicalize().expect("the binary has a path");
        let mounts = [
            format!("--volume={}:/.docklet/init:ro", binary.display()),
            format!("--volume={}:/.docklet/run", run_dir.path().display()),
        ];
        let mut arguments = vec!["run", "--detach", &label, &mounts[0], &mounts[1], "--entrypoint=/.docklet/init"];
        arguments.extend(HARDENED);
        arguments.extend(options);
        arguments.push(image);
        let id = docker(&arguments);
        Self { id, client: NodeClient::new(run_dir.path().to_owned()), _run_dir: run_dir }
    }

    /// Starts one and waits until it is ready.
    pub(crate) async fn ready(image: &str, options: &[&str]) -> Self {
        let container = Self::start(image, options);
        container.client.wait_ready(PATIENCE).await.expect("docklet-init gets ready in the container");
        container
    }

    /// Opens a terminal and attaches to it.
    pub(crate) async fn terminal(&self, id: &str, command: &[&str]) -> Viewer {
        let id: TerminalId = id.parse().expect("a terminal id");
        let command = command.iter().map(|&word| word.to_owned()).collect();
        let request = OpenTerminal { id: id.clone(), cols: 80, rows: 24, command };
        self.client.open_terminal(request).await.expect("the terminal opens");
        Viewer::attach(&self.client, &id).await
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = Command::new("docker").args(["logs", &self.id]).output();
            let words = logs.map(|output| String::from_utf8_lossy(&output.stderr).into_owned());
            // The only place where it can be said why.
            std::io::Write::write_all(&mut std::io::stderr(), words.unwrap_or_default().as_bytes()).unwrap_or_default();
        }
        remove(&["rm", "--force", "--volumes", &self.id]);
    }
}

/// A network of containers' own.
pub(crate) struct Network(pub(crate) String);

impl Network {
    /// Makes one with a subnet of its own: the engine's own pools end early.
    pub(crate) fn new(subnet: &str) -> Self {
        let name = installation();
        docker(&["network", "create", "--label", &format!("docklet.installation={name}"), "--subnet", subnet, &name]);
        Self(name)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        remove(&["network", "rm", &self.0]);
    }
}

/// A volume, as homes are.
pub(crate) struct Volume(pub(crate) String);

impl Volume {
    /// Makes an empty one.
    pub(crate) fn new() -> Self {
        let name = installation();
        docker(&["volume", "create", "--label", &format!("docklet.installation={name}"), &name]);
        Self(name)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        remove(&["volume", "rm", &self.0]);
    }
}
