//! A Docker Engine of a test's own: told to end, killed, or cut off from its power, and started again with all it had. It has
//! a network and mounts of its own, so it meets nothing of the machine's engine. It and everything in it are gone when it is
//! dropped and when the process ends, however that ends: a keeper holds the other end of a pipe.
//!
//! Its image `docklet/base` is a shell and nothing else, so that a start costs no copy of the real one.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::eventually;

/// An engine on a busy machine.
const SOON: Duration = Duration::from_secs(60);

/// More options of dockerd, for a run of the tests on another kind of engine (scripts/engines.sh).
const OPTIONS: &str = "DOCKLET_TEST_DOCKERD_OPTIONS";

/// Keeps network and mounts, waits for the end of standard input, and takes everything along.
const KEEPER: &str = r#"trap '' INT TERM HUP; echo $$ >"$0/keeper"; cat >/dev/null; eval "$1"; rm -rf "$0"/*"#;

/// The engine first, so that it sees no other process end; then what is in the containers, which outlives the rest.
const KILL_ALL: &str = r#"kill -9 "$(cat "$0/pid")"
    for one in $(pgrep -f "$0/exec"); do pkill -9 -P "$one"; done
    pkill -9 -f "$0/exec"; rm -f "$0/pid" "$0/exec/containerd/containerd.pid""#;

const IMAGE: &str = r#"set -e; cd "$0"
    mkdir -p image/bin image/dev image/etc image/opt image/proc image/root image/run image/sys image/tmp
    for name in sh cat sleep; do
        file=$(readlink -f "$(command -v $name)"); cp "$file" image/bin/$name
        for library in $(ldd "$file" | grep -o '/[^ ]*'); do
            mkdir -p "image$(dirname "$library")"; cp -L "$library" "image$library"
        done
    done
    tar -C image -c . | docker -H "unix://$0/sock" import - docklet/base:latest"#;

#[derive(Debug)]
pub struct OwnEngine {
    keeper: Child,
    options: Vec<String>,
    directory: TempDir,
}

impl OwnEngine {
    /// `options` are dockerd's, such as `--live-restore`.
    ///
    /// # Panics
    /// When the engine does not start; it needs root, or sudo that does not ask.
    pub async fn start(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        // Root in a container may be another user on the host, and has to get through.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).expect("our directory");
        let keeper = as_root("unshare")
            .args(["--mount", "--net", "--propagation", "slave", "sh", "-c", KEEPER])
            .arg(directory.path())
            .arg(KILL_ALL)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("unshare can be run");
        let everywhere = std::env::var(OPTIONS).unwrap_or_default();
        let options = everywhere.split_whitespace().chain(options.iter().copied()).map(str::to_owned).collect();
        let mut engine = Self { keeper, options, directory };
        eventually("somebody keeps the network", SOON, || async { engine.keeper_id().is_some() }).await;
        engine.within(&["ip", "link", "set", "lo", "up"]).status().expect("nsenter can be run");
        engine.go_on().await;
        engine.run(IMAGE);
        engine
    }

    pub fn socket(&self) -> PathBuf {
        self.path("sock")
    }

    /// Told to end, as by a restart of its service: it stops the containers first, and answers meanwhile.
    pub async fn stop(&self) {
        self.run(r#"kill "$(cat "$0/pid")""#);
        let pid = self.path("pid");
        eventually("the engine has ended", SOON, || async { !pid.exists() }).await;
    }

    /// Killed alone: what is in the containers runs on.
    pub async fn kill(&self) {
        // Its containerd is told by the kernel; an engine that is started before that one is gone would wait for it in vain.
        self.run(
            r#"kill -9 "$(cat "$0/pid")"
            while pgrep -f "$0/exec/containerd/containerd.toml" >/dev/null; do sleep 0.05; done
            rm -f "$0/pid" "$0/exec/containerd/containerd.pid""#,
        );
        eventually("the engine does not answer", SOON, || async { self.docker(&["version"]).is_err() }).await;
    }

    /// Everything ends at once, and no process is told.
    pub async fn cut_power(&self) {
        self.run(KILL_ALL);
        eventually("the engine does not answer", SOON, || async { self.docker(&["version"]).is_err() }).await;
    }

    /// It stands still, as under a disk that does not answer: connections are taken, and nothing is answered. What is in the
    /// containers runs on.
    pub fn freeze(&self) {
        self.run(r#"kill -STOP "$(cat "$0/pid")""#);
    }

    /// It goes on where it stood.
    pub fn thaw(&self) {
        self.run(r#"kill -CONT "$(cat "$0/pid")""#);
    }

    /// Of a container, by the id the host knows it by.
    pub fn end_process(&self, id: &str) {
        as_root("kill").args(["-9", id]).status().expect("kill can be run");
    }

    /// Starts it, with what it had.
    pub async fn go_on(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).expect("a log");
        let mut daemon = self.within(&["dockerd"]);
        for (option, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
            daemon.arg(option).arg(self.path(name));
        }
        daemon.arg("-H").arg(format!("unix://{}", self.socket().display())).args(&self.options);
        daemon.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut daemon = daemon.spawn().expect("nsenter can be run");
        let answers = || async { self.docker(&["version"]).is_ok() };
        eventually("the test's own engine answers", SOON, answers).await;
        // Reaps it: the methods that end it do not wait for their child.
        std::thread::spawn(move || daemon.wait());
    }

    /// The engine's own command line.
    pub fn docker(&self, arguments: &[&str]) -> Result<String, String> {
        let mut docker = Command::new("docker");
        let output = docker.arg("-H").arg(format!("unix://{}", self.socket().display())).args(arguments).output();
        let output = output.expect("docker can be run");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn keeper_id(&self) -> Option<String> {
        let id = fs::read_to_string(self.path("keeper")).ok()?;
        Some(id.trim().to_owned()).filter(|id| !id.is_empty())
    }

    /// A program in the engine's network and mounts.
    fn within(&self, command: &[&str]) -> Command {
        let mut nsenter = as_root("nsenter");
        nsenter.args(["-t", &self.keeper_id().expect("a keeper"), "-m", "-n"]).args(command);
        nsenter
    }

    fn run(&self, script: &str) {
        let output = shell(script, self.directory.path()).output().expect("sh can be run");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || script == KILL_ALL, "{script}: {said}");
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        // The engine removes what it made outside of its directory; one that does not run has to leave it.
        let rest = r#"[ ! -e "$0/pid" ] || kill -CONT "$(cat "$0/pid")"; docker -H "unix://$0/sock" ps -aq | xargs -r docker -H "unix://$0/sock" rm -f"#;
        let _ = shell(rest, self.directory.path()).output();
        drop(self.keeper.stdin.take());
        let ended = self.keeper.wait();
        assert!(ended.is_ok() || std::thread::panicking(), "the test's own engine must end: {ended:?}");
    }
}

fn shell(script: &str, directory: &Path) -> Command {
    let mut shell = as_root("sh");
    shell.args(["-c", script]).arg(directory);
    shell
}

fn as_root(program: &str) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if is_root {
        return Command::new(program);
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", program]);
    sudo
}
