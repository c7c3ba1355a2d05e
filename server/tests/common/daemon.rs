//! A dockletd of a test's own: its data directory, its port, its installation; all of it gone in the end.

use std::{
    fs::File,
    net::{Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use domain::InstallationId;
use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;
use testkit::{DockerCleanup, docklet_init, engine_socket, obtain};

use super::{
    authority::Authority,
    client::{self, Client},
    process::{clean_up_until_quiet, tail, terminate},
};

pub(crate) const DOCKLETD: &str = env!("CARGO_BIN_EXE_dockletd");
const START: Duration = Duration::from_secs(20);

/// What differs from the usual daemon of a test.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) arguments: Vec<String>,
    root: Option<reqwest::Certificate>,
    everywhere: bool,
    user: Option<User>,
}

/// The account dockletd runs as: one without power over this machine, in the engine's group.
#[derive(Debug, Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl User {
    /// Debian's `nobody`; none where the tests themselves have no power.
    fn without_power() -> Option<Self> {
        let group = std::fs::metadata(engine_socket()).expect("the engine's socket").gid();
        geteuid().is_root().then_some(Self { id: 65_534, group })
    }
}

impl Options {
    /// Listens on every address of this machine.
    pub(crate) fn everywhere(self) -> Self {
        Self { everywhere: true, ..self }
    }

    /// Not as root.
    pub(crate) fn without_power(self) -> Self {
        Self { user: User::without_power(), ..self }
    }

    pub(crate) fn with(mut self, flag: &str, value: impl ToString) -> Self {
        self.arguments.extend([format!("--{flag}"), value.to_string()]);
        self
    }

    /// HTTPS, with the pair that lies there.
    pub(crate) fn with_tls(mut self, authority: &Authority) -> Self {
        self.root = Some(authority.root());
        let (certificate, key) = (authority.certificate_file(), authority.key_file());
        self.with("tls-certificate", certificate.display()).with("tls-key", key.display())
    }

    pub(crate) async fn start(self) -> Daemon {
        let mut daemon = self.prepare();
        daemon.start().await;
        daemon
    }

    /// The data directory without a process.
    pub(crate) fn prepare(self) -> Daemon {
        let dir = tempfile::Builder::new().prefix("dkl").tempdir().expect("a temporary directory");
        let data = dir.path().join("data");
        if let Some(User { id, group }) = self.user {
            chown(dir.path(), Some(id), Some(group)).expect("ours to give away");
        }
        // The command line makes the data directory; the id in it is the label of all we make in Docker.
        cli(&data, &["migrate"], &self.arguments, self.user);
        let id = uuid::Uuid::new_v4().to_string();
        std::fs::write(data.join("installation"), &id).expect("our directory");
        let installation: InstallationId = id.parse().expect("an id");
        Daemon {
            arguments: self.arguments,
            flags: Vec::new(),
            root: self.root,
            listens: if self.everywhere { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST },
            user: self.user,
            child: None,
            port: None,
            data,
            installation,
            cleanup: DockerCleanup::new(installation),
            dir,
            net: ClusterNet::take(),
        }
    }
}

/// Fields are dropped in this order: first the process, then what it made, then its files and its network.
#[derive(Debug)]
pub(crate) struct Daemon {
    arguments: Vec<String>,
    /// Of `serve` alone.
    flags: Vec<String>,
    /// What clients trust, under HTTPS.
    root: Option<reqwest::Certificate>,
    listens: Ipv4Addr,
    user: Option<User>,
    child: Option<Process>,
    /// The same one again after a restart.
    port: Option<u16>,
    pub(crate) data: PathBuf,
    pub(crate) installation: InstallationId,
    pub(crate) cleanup: DockerCleanup,
    dir: TempDir,
    net: ClusterNet,
}

/// Killed when dropped.
#[derive(Debug)]
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    pub(crate) async fn start_usual() -> Self {
        Options::default().start().await
    }

    /// From the next start on.
    pub(crate) fn set(&mut self, flag: &str, value: &str) {
        self.arguments.extend([format!("--{flag}"), value.to_owned()]);
    }

    /// `serve` gets this flag, from the next start on.
    pub(crate) fn serve_with(&mut self, flag: &str) {
        self.flags.push(flag.to_owned());
    }

    /// Starts the process and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        self.spawn();
        let client = self.anonymous_once_it_listens().await;
        obtain("dockletd is ready", START, || async { (client.get("/readyz").await.status == 200).then_some(()) })
            .await;
    }

    /// Starts the process and waits until it listens, which says nothing about what it needs.
    pub(crate) async fn start_unready(&mut self) {
        self.spawn();
        self.anonymous_once_it_listens().await;
    }

    pub(crate) fn spawn(&mut self) {
        let listen = SocketAddr::from((self.listens, self.port.unwrap_or(0)));
        std::fs::write(self.dir.path().join("out"), "").expect("our directory");
        let mut command = command_of(&self.data, self.user);
        command.args(["serve", "--listen", &listen.to_string(), "--network-cluster-net", &self.net.to_string()]);
        command.args(&self.flags);
        command.args(["--worker-init", docklet_init().to_str().expect("a path that is text")]).args(&self.arguments);
        command.stdout(self.append("out")).stderr(self.append("log")).stdin(Stdio::null());
        self.child = Some(Process(command.spawn().expect("dockletd starts")));
    }

    fn append(&self, name: &str) -> File {
        let path = self.dir.path().join(name);
        File::options().create(true).append(true).open(path).expect("our directory")
    }

    async fn anonymous_once_it_listens(&mut self) -> Client {
        let port = obtain("dockletd listens", START, || async {
            let out = self.output();
            let said = out.lines().find_map(|line| line.split_once("it listens on "));
            said.map(|(_, address)| address.trim_end_matches(')').parse::<SocketAddr>().expect("an address").port())
        })
        .await;
        self.port = Some(port);
        self.anonymous()
    }

    /// `http://localhost:PORT`, or `https`.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.root.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.port.expect("it has been started"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port.expect("it has been started")))
    }

    pub(crate) fn anonymous(&self) -> Client {
        Client::anonymous_over(&self.url(), self.http())
    }

    pub(crate) fn browser(&self) -> Client {
        Client::browser_over(&self.url(), self.http())
    }

    fn http(&self) -> reqwest::ClientBuilder {
        let http = client::http();
        match &self.root {
            Some(root) => http.add_root_certificate(root.clone()),
            None => http,
        }
    }

    /// A client with a fresh token of this user.
    pub(crate) fn client_of(&self, user: &str) -> Client {
        let token = self.cli(&["token", "create", "--user", user, "--expires", "1h"]);
        Client { token: Some(token.trim().to_owned()), ..self.anonymous() }
    }

    pub(crate) fn admin(&self) -> Client {
        self.client_of("admin")
    }

    /// Adds a user and returns the generated password.
    pub(crate) fn add_user(&self, name: &str) -> String {
        self.cli(&["user", "add", name]).trim().to_owned()
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        cli(&self.data, arguments, &self.arguments, self.user)
    }

    /// Runs a command that may fail, as the account the daemon runs as.
    pub(crate) fn try_cli(&self, arguments: &[&str]) -> Output {
        command_of(&self.data, self.user).args(arguments).stdin(Stdio::null()).output().expect("dockletd runs")
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").0.id()
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        drop(self.child.take());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("our process");
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self, within: Duration) -> ExitStatus {
        let child = std::sync::Mutex::new(&mut self.child.as_mut().expect("it runs").0);
        let look = || async { child.lock().expect("no panic in here").try_wait().expect("our child") };
        let status = obtain("dockletd ends", within, look).await;
        self.child = None;
        status
    }

    /// What SQLite's own program does with the record, and prints.
    pub(crate) fn sqlite3(&self, command: &str) -> String {
        let file = self.data.join("docklet.db");
        let output = Command::new("sqlite3").args(["-cmd", ".timeout 60000"]).arg(file).arg(command).output();
        let output = output.expect("sqlite3 is installed");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// What it has printed to standard output since its last start.
    pub(crate) fn output(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("out")).unwrap_or_default()
    }

    /// What it has logged since the first start.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn admin_password(&self) -> String {
        std::fs::read_to_string(self.data.join("admin-password"))
            .expect("the first start has written it")
            .trim()
            .to_owned()
    }
}

impl Drop for Daemon {
    /// In order, if it can: the engine goes on with what a killed daemon has asked it for.
    fn drop(&mut self) {
        if let Some(Process(child)) = &mut self.child {
            terminate(child);
        }
        self.kill();
        clean_up_until_quiet(&self.cleanup);
        if std::thread::panicking() {
            eprintln!("what became of its containers, by the engine:\n{}", events_of(self.installation));
            eprintln!("the end of dockletd's log:\n{}", tail(&self.log(), 60));
        }
    }
}

/// What scripts/test.sh has written down of the engine's events; nothing where the tests are run in another way.
fn events_of(installation: InstallationId) -> String {
    let file = std::env::var("TEST_ENGINE_EVENTS").unwrap_or_default();
    let (events, ours) = (std::fs::read_to_string(file).unwrap_or_default(), installation.to_string());
    let ours: Vec<&str> = events.lines().filter(|event| event.contains(&ours)).collect();
    tail(&ours.join("\n"), 30)
}

/// dockletd with this data directory, none of the settings of the shell that runs the tests but the engine, and a port of
/// its own unless `--listen` names one: the default belongs to a `make run` beside the tests.
pub(crate) fn command(data: &Path) -> Command {
    command_of(data, None)
}

fn command_of(data: &Path, user: Option<User>) -> Command {
    let mut command = Command::new(DOCKLETD);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DOCKLET_") && name != "DOCKLET_TEST_RUN") {
        command.env_remove(name);
    }
    if std::env::var_os("DOCKER_HOST").is_some() {
        command.env("DOCKLET_WORKER_DOCKER", engine_socket());
    }
    command.env("DOCKLET_SERVER_LISTEN", "127.0.0.1:0").arg("--data-dir").arg(data);
    if let Some(User { id, group }) = user {
        command.uid(id).gid(group);
    }
    command
}

/// Runs a command that must succeed, with these settings.
fn cli(data: &Path, arguments: &[&str], settings: &[String], user: Option<User>) -> String {
    let output = command_of(data, user).args(arguments).args(settings).stdin(Stdio::null()).output();
    let output = output.expect("dockletd runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

pub(crate) fn try_cli(data: &Path, arguments: &[&str]) -> Output {
    command(data).args(arguments).stdin(Stdio::null()).output().expect("dockletd runs")
}

/// A network that no other daemon of this process cuts subnets from, given back when it is dropped. There are a few,
/// used again and again, because the host keeps a rule for each.
#[derive(Debug)]
struct ClusterNet(usize);

impl ClusterNet {
    const HOW_MANY: usize = 16;

    fn take() -> Self {
        let mut taken = Self::taken();
        let free = taken.iter().position(|taken| !taken).expect("fewer tests run at the same time");
        taken[free] = true;
        Self(free)
    }

    fn taken() -> MutexGuard<'static, [bool; Self::HOW_MANY]> {
        static TAKEN: Mutex<[bool; ClusterNet::HOW_MANY]> = Mutex::new([false; ClusterNet::HOW_MANY]);
        TAKEN.lock().expect("nothing panics in here")
    }
}

impl std::fmt::Display for ClusterNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "10.213.{}.0/20", 16 * self.0)
    }
}

impl Drop for ClusterNet {
    fn drop(&mut self) {
        Self::taken()[self.0] = false;
    }
}
