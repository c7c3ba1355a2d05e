//! A dockletd of our own for the length of a measurement: own data directory, own port, own installation.

use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

#[derive(Debug)]
pub(crate) struct Installation {
    binary: PathBuf,
    data: TempDir,
    port: u16,
    daemon: Option<Child>,
    environment: Vec<(String, String)>,
}

impl Installation {
    /// A data directory with a user `bench`, nothing running yet.
    pub(crate) fn prepare(binary: &Path) -> Result<Self> {
        Self::prepare_with(binary, &[])
    }

    fn prepare_with(binary: &Path, environment: &[(&str, &str)]) -> Result<Self> {
        ensure!(binary.exists(), "there is no {}; `make bench` builds it", binary.display());
        // Freed again before dockletd binds it; no other program on this machine picks ports in between.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let this = Self {
            binary: fs::canonicalize(binary)?,
            data: tempfile::tempdir()?,
            port,
            daemon: None,
            environment: environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        this.cli(&["user", "add", "bench"])?;
        Ok(this)
    }

    pub(crate) async fn start(binary: &Path) -> Result<Self> {
        Self::start_with(binary, &[]).await
    }

    /// With these settings besides.
    pub(crate) async fn start_with(binary: &Path, environment: &[(&str, &str)]) -> Result<Self> {
        let mut this = Self::prepare_with(binary, environment)?;
        this.serve().await?;
        Ok(this)
    }

    pub(crate) async fn serve(&mut self) -> Result<()> {
        let listen = format!("127.0.0.1:{}", self.port);
        let log = fs::File::create(self.data.path().join("log"))?;
        let mut command = Command::new(&self.binary);
        command.args(["serve", "--data-dir"]).arg(self.data.path()).args(["--listen", &listen]);
        // Limits that the figures do not run into.
        for (key, value) in [
            ("VCLUSTERS", "20000"),
            ("NODES", "20000"),
            ("CPUS", "20000"),
            ("MEMORY_MIB", "20000000"),
            ("STREAMS", "100000"),
            ("TERMINALS", "100000"),
        ] {
            command.env(format!("DOCKLET_LIMITS_{key}"), value);
        }
        command.env("DOCKLET_WORKER_CPU_OVERCOMMIT", "1000").env("DOCKLET_WORKER_MEMORY_OVERCOMMIT", "100");
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command.stdout(log.try_clone()?).stderr(log).stdin(Stdio::null()).process_group(0);
        self.daemon = Some(command.spawn().context("dockletd cannot be started")?);
        let deadline = Instant::now() + Duration::from_secs(60);
        let client = reqwest::Client::new();
        while Instant::now() < deadline {
            if client.get(format!("{}/readyz", self.url())).send().await.is_ok_and(|a| a.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("dockletd did not get ready:\n{}", fs::read_to_string(self.data.path().join("log")).unwrap_or_default())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.data.path()
    }

    /// docklet-init, as the worker mounts it.
    pub(crate) fn init_binary(&self) -> PathBuf {
        self.binary.with_file_name("docklet-init")
    }

    /// Runs a command of dockletd on this data directory; its output.
    pub(crate) fn cli(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.binary);
        // The record may be on a server.
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        let output = command.args(arguments).arg("--data-dir").arg(self.data.path()).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        ensure!(output.status.success(), "dockletd {arguments:?} failed: {}", text(&output.stderr));
        Ok(text(&output.stdout))
    }

    /// A new password of the user `bench`, whose sessions end with the old one.
    pub(crate) fn new_password(&self) -> Result<String> {
        let output = self.cli(&["user", "passwd", "bench"])?;
        let last = output.split_whitespace().next_back();
        last.map(str::to_owned).context("`dockletd user passwd` printed no password")
    }

    /// What its containers are labelled with.
    pub(crate) fn id(&self) -> Result<String> {
        Ok(fs::read_to_string(self.data.path().join("installation"))?.trim().to_owned())
    }

    /// An API token of the user `bench`.
    pub(crate) fn token(&self) -> Result<String> {
        let output = self.cli(&["token", "create", "--user", "bench", "--expires", "1d"])?;
        let token = output.split_whitespace().find(|word| word.starts_with("dkl_"));
        token.map(str::to_owned).context("`dockletd token create` printed no token")
    }

    /// Processor time the daemon has used so far.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let pid = self.daemon.as_ref().context("dockletd does not run")?.id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Behind the name, which may hold anything: user and system time are the 12th and 13th field.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 = fields.skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
        // Linux tells 100 of them a second, whatever the hardware does.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory of the daemon, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        let pid = self.daemon.as_ref().context("dockletd does not run")?.id();
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let pid = nix::unistd::Pid::from_raw(daemon.id().cast_signed());
            // Both fail only when it has ended by itself.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
            let _ = daemon.wait();
        }
        let Ok(installation) = fs::read_to_string(self.data.path().join("installation")) else { return };
        let filter = format!("label=docklet.installation={}", installation.trim());
        for (list, remove) in [
            (vec!["ps", "-aq", "--filter", "label=docklet.node"], vec!["rm", "-f", "-v"]),
            (vec!["network", "ls", "-q"], vec!["network", "rm"]),
            (vec!["volume", "ls", "-q"], vec!["volume", "rm", "-f"]),
            // The helper, last and told to end: then it takes the firewall along.
            (vec!["ps", "-aq"], vec!["stop"]),
            (vec!["ps", "-aq"], vec!["rm", "-f"]),
        ] {
            let Ok(output) = Command::new("docker").args(list).args(["--filter", &filter]).output() else { continue };
            let ids: Vec<String> =
                String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect();
            if !ids.is_empty() {
                let _ = Command::new("docker").args(remove).args(ids).stdout(Stdio::null()).status();
            }
        }
    }
}
