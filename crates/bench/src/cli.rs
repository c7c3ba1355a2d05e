//! `docklet` as people get it: how soon it answers, and OpenSSH and rsync through it beside the same straight to the node.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
};

use crate::{
    Options,
    client::Client,
    figure::{Figure, milliseconds, single},
    installation::Installation,
};

const RUNS: usize = 50;
const KEYS: usize = 500;
const BYTES: usize = 256 * 1024 * 1024;
const COPIES: usize = 5;
const HOST: &str = "node-0.lab.docklet";
const SMALL_FILES: usize = 10_000;
/// Of rsync, each way.
const SYNCS: usize = 3;
/// Durations through docklet, and beside it.
type Pair = (Vec<Duration>, Vec<Duration>);

/// A person's account with `docklet`, signed in, and a vcluster of one node that ssh reaches.
struct Person {
    program: PathBuf,
    home: TempDir,
    installation: Installation,
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let person = Person::ready(options).await?;
    let size = fs::metadata(&person.program)?.len() as f64 / 1e6;
    let help = person.runs(&["--help"]).await?;
    let mut figures = vec![
        Figure::new("docklet, the program", "MB", single(size), None, "≤ 8 MB", |ours, _| ours.p50 <= 8.0),
        Figure::new("docklet --help", "ms", milliseconds(&help), None, "≤ 10 ms p50", |ours, _| ours.p50 <= 10.0),
        quick("docklet vc ls, from a cold process", person.lists().await?, "the list over a kept connection", 30.0),
        quick("docklet exec true", person.execs().await?, "docker exec true", 40.0),
    ];
    let (through, direct) = person.echoes().await?;
    figures.push(Figure::new(
        "echo of a byte by ssh through docklet",
        "ms",
        milliseconds(&through),
        Some(("ssh straight to the node", milliseconds(&direct))),
        "+ ≤ 0.5 ms p50, + ≤ 3 ms p99",
        |ours, peer| peer.is_some_and(|peer| ours.p50 <= peer.p50 + 0.5 && ours.p99 <= peer.p99 + 3.0),
    ));
    figures.push(as_fast("256 MiB into a node by ssh through docklet", "ssh", person.copies().await?));
    let (large, small) = (person.home.path().join("large"), person.home.path().join("small"));
    fs::create_dir(&large)?;
    fs::write(large.join("file"), vec![0x5a; BYTES])?;
    fs::create_dir(&small)?;
    for number in 0..SMALL_FILES {
        fs::write(small.join(number.to_string()), [0x5a; 1024])?;
    }
    figures.push(as_fast("256 MiB by rsync through docklet", "rsync", person.syncs(&large).await?));
    figures.push(as_fast("10,000 files of 1 KiB by rsync through docklet", "rsync", person.syncs(&small).await?));
    Ok(figures)
}

/// A command that a person waits for.
fn quick(name: &str, (ours, theirs): Pair, peer: &str, most: f64) -> Figure {
    let (peer, bar) = (Some((peer, milliseconds(&theirs))), format!("≤ {most} ms p50"));
    Figure::new(name, "ms", milliseconds(&ours), peer, &bar, |ours, _| ours.p50 <= most)
}

/// At least 0.8 times as fast as the same program straight to the node.
fn as_fast(name: &str, program: &str, (ours, theirs): Pair) -> Figure {
    let peer = format!("{program} straight to the node");
    let peer = Some((peer.as_str(), milliseconds(&theirs)));
    Figure::new(name, "ms", milliseconds(&ours), peer, "≤ 1.25×", |ours, peer| {
        peer.is_some_and(|peer| ours.p50 <= peer.p50 * 1.25)
    })
}

impl Person {
    async fn ready(options: &Options) -> Result<Self> {
        let program = fs::canonicalize(options.dockletd.with_file_name("site/download/docklet-linux-x86_64"))
            .context("there is no docklet; `make bench` builds it")?;
        let installation = Installation::start(&options.dockletd).await?;
        let (url, token) = (installation.url(), installation.token()?);
        let person = Self { program, home: tempfile::tempdir()?, installation };
        let mut login = person.command(&person.program);
        let mut login = login.args(["login", &url, "--token-stdin"]).stdin(Stdio::piped()).spawn()?;
        login.stdin.take().context("its input")?.write_all(token.as_bytes()).await?;
        ensure!(login.wait().await?.success(), "docklet login failed");
        for arguments in [&["vc", "create", "lab", "--wait"][..], &["ssh-config", "--install"]] {
            let done = person.command(&person.program).args(arguments).output().await?;
            ensure!(done.status.success(), "docklet {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        }
        // The key is let in with the first connection, on which the direct ones depend.
        ensure!(person.ssh_through().arg("true").status().await?.success(), "ssh through docklet failed");
        Ok(person)
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("HOME", self.home.path()).env_remove("XDG_CONFIG_HOME").stdout(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// How long each run takes.
    async fn runs(&self, arguments: &[&str]) -> Result<Vec<Duration>> {
        let mut samples = Vec::new();
        for _ in 0..RUNS {
            samples.push(done(self.command(&self.program).args(arguments)).await?);
        }
        Ok(samples)
    }

    /// The list by the command, and over a connection that is kept.
    async fn lists(&self) -> Result<Pair> {
        let ours = self.runs(&["vc", "ls"]).await?;
        let client = Client::new(self.installation.url(), self.installation.token()?);
        let mut theirs = Vec::new();
        for round in 0..=RUNS {
            let begun = Instant::now();
            client.list().await?;
            // The first connects.
            if round > 0 {
                theirs.push(begun.elapsed());
            }
        }
        Ok((ours, theirs))
    }

    /// A program in the node, in turns, so that both meet the same machine.
    async fn execs(&self) -> Result<Pair> {
        let filter = format!("label=docklet.installation={}", self.installation.id()?);
        let mut list = Command::new("docker");
        let listed = list.args(["ps", "-q", "--filter", "label=docklet.node", "--filter", &filter]).output().await?;
        let container = String::from_utf8(listed.stdout)?.trim().to_owned();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let mut docklet = self.command(&self.program);
            ours.push(done(docklet.args(["exec", "lab", "true"])).await?);
            theirs.push(done(self.command("docker").args(["exec", &container, "true"])).await?);
        }
        Ok((ours, theirs))
    }

    /// A program that stands on ssh, or ssh itself, with the options that go before a host.
    fn ssh_words(&self) -> Vec<String> {
        let config = self.home.path().join(".ssh/config").to_string_lossy().into_owned();
        vec!["-F".to_owned(), config, "-o".to_owned(), "BatchMode=yes".to_owned()]
    }

    /// The same without docklet in between; the host's name is another then.
    async fn direct(&self) -> Result<(Vec<String>, String)> {
        let shown = self.command(&self.program).args(["vc", "show", "lab", "-o", "json"]).output().await?;
        let shown: serde_json::Value = serde_json::from_slice(&shown.stdout)?;
        let address = shown["nodes"][0]["ip"].as_str().context("its address")?;
        let mut words = self.ssh_words();
        for option in ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"] {
            words.extend(["-o", option].map(str::to_owned));
        }
        let key = self.home.path().join(".config/docklet/id_ed25519");
        words.extend(["-i".to_owned(), key.to_string_lossy().into_owned()]);
        Ok((words, format!("root@{address}")))
    }

    fn ssh_through(&self) -> Command {
        let mut command = self.command("ssh");
        command.args(self.ssh_words()).arg(HOST);
        command
    }

    async fn ssh_direct(&self) -> Result<Command> {
        let (words, host) = self.direct().await?;
        let mut command = self.command("ssh");
        command.args(words).arg(host);
        Ok(command)
    }

    /// A byte there and back, in turns, so that both meet the same machine.
    async fn echoes(&self) -> Result<Pair> {
        let open = |mut command: Command| command.arg("cat").stdin(Stdio::piped()).spawn();
        let (mut through, mut direct) = (open(self.ssh_through())?, open(self.ssh_direct().await?)?);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=KEYS {
            let (one, other) = (echo(&mut through).await?, echo(&mut direct).await?);
            // The first waits for the session.
            if round > 0 {
                ours.push(one);
                theirs.push(other);
            }
        }
        Ok((ours, theirs))
    }

    async fn copies(&self) -> Result<Pair> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..COPIES {
            ours.push(copy(self.ssh_through()).await?);
            theirs.push(copy(self.ssh_direct().await?).await?);
        }
        Ok((ours, theirs))
    }

    /// Into a directory that is not there yet.
    async fn syncs(&self, folder: &Path) -> Result<Pair> {
        let sync = async |words: &[String], host: &str| {
            let mut rsync = self.command("rsync");
            rsync.args(["--archive", "--rsh", &format!("ssh {}", words.join(" "))]);
            let took = done(rsync.arg(folder).arg(format!("{host}:synced/"))).await?;
            done(self.ssh_through().arg("rm -r synced")).await?;
            anyhow::Ok(took)
        };
        let (direct, address) = self.direct().await?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..SYNCS {
            ours.push(sync(&self.ssh_words(), HOST).await?);
            theirs.push(sync(&direct, &address).await?);
        }
        Ok((ours, theirs))
    }
}

/// How long it takes until it has succeeded.
async fn done(command: &mut Command) -> Result<Duration> {
    let begun = Instant::now();
    let done = command.stdin(Stdio::null()).output().await?;
    let took = begun.elapsed();
    ensure!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(took)
}

async fn echo(ssh: &mut Child) -> Result<Duration> {
    let begun = Instant::now();
    ssh.stdin.as_mut().context("its input")?.write_all(b"x").await?;
    let mut back = [0];
    ssh.stdout.as_mut().context("its output")?.read_exact(&mut back).await?;
    Ok(begun.elapsed())
}

async fn copy(mut command: Command) -> Result<Duration> {
    let piece = vec![0x5a; 256 * 1024];
    let begun = Instant::now();
    let mut ssh = command.arg("wc -c").stdin(Stdio::piped()).spawn()?;
    let mut stdin = ssh.stdin.take().context("its input")?;
    for _ in 0..BYTES / piece.len() {
        stdin.write_all(&piece).await?;
    }
    drop(stdin);
    let counted = ssh.wait_with_output().await?;
    let counted = String::from_utf8_lossy(&counted.stdout).trim().to_owned();
    ensure!(counted == BYTES.to_string(), "{counted} bytes arrived of {BYTES}");
    Ok(begun.elapsed())
}
