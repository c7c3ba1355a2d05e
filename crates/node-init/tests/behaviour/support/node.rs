//! docklet-init as a child of the test, in a run directory of its own.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use node_init::client::NodeClient;
use node_init::protocol::{OpenTerminal, Status, TerminalId};
use tempfile::TempDir;

use super::PATIENCE;

/// The built static binary: `DOCKLET_INIT`, else where the workspace builds it.
pub(crate) fn binary() -> PathBuf {
    let path = std::env::var_os("DOCKLET_INIT").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/x86_64-unknown-linux-musl/init/docklet-init"),
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "{} is missing: run `scripts/build.sh init`, or set DOCKLET_INIT to a built docklet-init",
        path.display()
    );
    path
}

/// A running docklet-init. Dropping it ends it and everything it started.
pub(crate) struct Node {
    child: Child,
    pub(crate) client: NodeClient,
    pub(crate) run_dir: TempDir,
}

impl Node {
    /// Starts one with the given environment and waits until it is ready.
    pub(crate) async fn start(environment: &[(&str, &str)]) -> Self {
        let run_dir = TempDir::new().expect("a temporary directory");
        let child = spawn(&run_dir, environment);
        let client = NodeClient::new(run_dir.path().to_owned());
        let node = Self { child, client, run_dir };
        node.ready().await;
        node
    }

    /// Starts another one in the same run directory, after the first ended.
    pub(crate) async fn restart(&mut self, environment: &[(&str, &str)]) {
        self.child = spawn(&self.run_dir, environment);
    }

    /// Its status, once it is ready.
    pub(crate) async fn ready(&self) -> Status {
        self.client.wait_ready(PATIENCE).await.expect("docklet-init gets ready")
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Opens a terminal of 80 by 24 with a command.
    pub(crate) async fn open(&self, id: &str, command: &[&str]) -> TerminalId {
        let id: TerminalId = id.parse().expect("a terminal id");
        let command = command.iter().map(|&word| word.to_owned()).collect();
        let request = OpenTerminal { id: id.clone(), cols: 80, rows: 24, command };
        self.client.open_terminal(request).await.expect("the terminal opens");
        id
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            std::thread::yield_now();
        }
        ExitStatus::from_raw(-1)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("the signal is sent");
    }
}

/// With the signals a container's first process has: a test run under `nohup` or in a script's background ignores some, and
/// so would every program below.
fn spawn(run_dir: &TempDir, environment: &[(&str, &str)]) -> Child {
    Command::new("env")
        .arg("--default-signal")
        .arg(binary())
        .env("DOCKLET_RUN_DIR", run_dir.path())
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .spawn()
        .expect("docklet-init starts")
}

impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(rustix::process::Signal::TERM);
            let status = self.wait();
            if status.code() != Some(0) && !std::thread::panicking() {
                panic!("docklet-init did not stop in order: {status}");
            }
        }
    }
}
