//! OpenSSH and what stands on it: the programs that people use, through `docklet ssh-config --install`, on one node.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use testkit::eventually;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, Command},
};

use crate::common::{
    PROMPTLY,
    app::{self, PORT},
    daemon::Daemon,
    elsewhere::Elsewhere,
    person::{Person, feed, noise, text},
    quiet_port,
};

const HOST: &str = "node-0.lab.docklet";
/// A name that every program has to quote.
const NAME: &str = "a file, with ümlaut";

/// A person with a node that ssh reaches, and files.
struct Lab {
    daemon: Daemon,
    person: Person,
}

#[tokio::test]
async fn what_stands_on_openssh_reaches_a_node_as_it_reaches_any_host() {
    let mut lab = Lab::ready().await;
    lab.forwards_and_socks_beside_a_shell_as_editors_open_them().await;
    lab.a_port_of_the_node_leads_back().await;
    lab.an_agent_goes_along_where_it_is_asked_for().await;
    lab.sftp_puts_and_gets().await;
    lab.git_pushes_and_clones().await;
    lab.rsync_copies_what_differs().await;
    lab.sshfs_shows_the_nodes_files().await;
    lab.a_copy_that_was_cut_off_goes_on().await;
}

impl Lab {
    async fn ready() -> Self {
        let daemon = Daemon::start_usual().await;
        let client = daemon.admin();
        let person = Person::signed_in(&daemon, &client).await;
        person.prints(&["vc", "create", "lab", "--cpus", "1", "--memory", "512", "--wait"]).await;
        person.installs_ssh().await;
        let shown = person.prints(&["vc", "show", "lab", "-o", "json"]).await;
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        app::serve(&client, shown["id"].as_str().expect("an id"), PORT).await;
        let lab = Self { daemon, person };
        std::fs::create_dir(lab.at("files")).expect("our directory");
        std::fs::write(lab.at("files").join(NAME), noise(1_000_000)).expect("a file");
        lab
    }

    fn at(&self, name: &str) -> PathBuf {
        self.person.home.path().join(name)
    }

    /// How other programs are told to call ssh.
    fn ssh_words(&self) -> String {
        format!("ssh -F {} -o BatchMode=yes", self.at(".ssh/config").display())
    }

    fn rsync(&self) -> Command {
        let mut command = self.person.command("rsync");
        command.args(["--archive", "--rsh"]).arg(self.ssh_words());
        command
    }

    /// What a command of the node prints.
    async fn on_node(&self, command: &str) -> String {
        printed(self.person.openssh("ssh").args([HOST, command])).await
    }

    /// The shape in which VS Code and others come: a script for a shell, and a way to every port beside it.
    async fn forwards_and_socks_beside_a_shell_as_editors_open_them(&self) {
        let (socks, local) = (quiet_port(), quiet_port());
        let mut command = self.person.openssh("ssh");
        command.args(["-T", "-o", "ExitOnForwardFailure=yes", "-D", &format!("127.0.0.1:{socks}")]);
        command.args(["-L", &format!("127.0.0.1:{local}:127.0.0.1:{PORT}"), HOST, "bash"]);
        let mut ssh = command.stdin(Stdio::piped()).spawn().expect("ssh");
        let (mut stdin, stdout) = (ssh.stdin.take().expect("its input"), ssh.stdout.take().expect("its output"));
        stdin.write_all(b"hostname\n").await.expect("it reads");
        let line = tokio::time::timeout(PROMPTLY * 3, BufReader::new(stdout).lines().next_line()).await;
        assert_eq!(line.expect("in time").expect("text").as_deref(), Some("node-0"));

        let curl = async |through: &[&str], url: &str| {
            let mut command = self.person.command("curl");
            // The proxies of the machine that runs the tests are none of ours.
            command.env_remove("NO_PROXY").env_remove("no_proxy").args(["--silent", "--show-error"]);
            feed(command.args(through).arg(url), b"").await
        };
        let forwarded = format!("http://127.0.0.1:{local}/by-forward");
        eventually("the node's server answers", PROMPTLY * 3, || async {
            text(&curl(&["--noproxy", "*"], &forwarded).await.stdout).starts_with("GET /by-forward ")
        })
        .await;
        let by_socks = format!("http://localhost:{PORT}/by-socks");
        let done = curl(&["--socks5-hostname", &format!("127.0.0.1:{socks}")], &by_socks).await;
        assert!(text(&done.stdout).starts_with("GET /by-socks "), "{done:?}");
    }

    async fn a_port_of_the_node_leads_back(&self) {
        let server = Elsewhere::answering(|_| "HTTP/1.0 200 OK\r\n\r\nfrom here".to_owned()).await;
        let url = server.url();
        let here = url.trim_start_matches("http://");
        let mut command = self.person.openssh("ssh");
        command.args(["-o", "ExitOnForwardFailure=yes", "-R", &format!("9009:{here}"), HOST]);
        assert_eq!(printed(command.arg("curl --silent --show-error http://127.0.0.1:9009/")).await, "from here");
        assert_eq!(server.asked(), ["GET / HTTP/1.1"]);
    }

    async fn an_agent_goes_along_where_it_is_asked_for(&self) {
        let (socket, key) = (self.at("agent"), self.at("key"));
        let mut agent = self.person.command("ssh-agent");
        let _agent = agent.arg("-D").arg("-a").arg(&socket).spawn().expect("an agent");
        eventually("the agent listens", PROMPTLY, || async { socket.exists() }).await;
        printed(self.person.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key)).await;
        printed(self.person.command("ssh-add").env("SSH_AUTH_SOCK", &socket).arg(&key)).await;
        let shown = printed(self.person.command("ssh-keygen").arg("-lf").arg(&key)).await;
        let fingerprint = shown.split(' ').nth(1).expect("a fingerprint");
        let listed = async |more: &[&str]| {
            let mut command = self.person.openssh("ssh");
            command.env("SSH_AUTH_SOCK", &socket).args(more).args([HOST, "ssh-add -l"]);
            text(&feed(&mut command, b"").await.stdout)
        };
        assert!(listed(&["-A"]).await.contains(fingerprint));
        assert_eq!(listed(&[]).await, "");
    }

    async fn sftp_puts_and_gets(&self) {
        let (there, back) = (self.at("files").join(NAME), self.at("by sftp"));
        let batch = format!("put \"{}\" \"{NAME}\"\nget \"{NAME}\" \"{}\"\n", there.display(), back.display());
        let done = feed(self.person.openssh("sftp").args(["-b", "-", HOST]), batch.as_bytes()).await;
        assert!(done.status.success(), "{done:?}");
        assert_same(&there, &back);
    }

    async fn git_pushes_and_clones(&self) {
        let git = async |folder: &Path, arguments: &[&str]| {
            let mut command = self.person.command("git");
            command.env("GIT_SSH_COMMAND", self.ssh_words()).env("GIT_CONFIG_NOSYSTEM", "1").current_dir(folder);
            command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments);
            printed(&mut command).await
        };
        let (files, remote) = (self.at("files"), format!("{HOST}:project.git"));
        self.on_node("git init --quiet --bare project.git").await;
        git(&files, &["init", "--quiet"]).await;
        git(&files, &["add", "."]).await;
        git(&files, &["commit", "--quiet", "--message", "Begin"]).await;
        git(&files, &["push", "--quiet", &remote, "HEAD:refs/heads/main"]).await;
        git(self.person.home.path(), &["clone", "--quiet", "--branch", "main", &remote, "cloned"]).await;
        assert_same(&files.join(NAME), &self.at("cloned").join(NAME));
    }

    async fn rsync_copies_what_differs(&self) {
        let (from, to) = (format!("{}/", self.at("files").display()), format!("{HOST}:synced/"));
        let sync = async || printed(self.rsync().args(["--itemize-changes", "--checksum", &from, &to])).await;
        assert!(sync().await.contains("a file, with "));
        assert_eq!(sync().await, "", "nothing differs any more");
        printed(self.rsync().args([&to, &format!("{}/", self.at("synced").display())])).await;
        assert_same(&self.at("files").join(NAME), &self.at("synced").join(NAME));
    }

    async fn sshfs_shows_the_nodes_files(&self) {
        let folder = self.at("mounted");
        std::fs::create_dir(&folder).expect("our directory");
        let mut command = self.person.openssh("sshfs");
        let sshfs = command.arg("-f").arg(format!("{HOST}:synced")).arg(&folder).spawn().expect("sshfs");
        let mounted = Mounted { folder, _sshfs: sshfs };
        eventually("the node's files are here", PROMPTLY * 3, || async {
            tokio::fs::metadata(mounted.folder.join(NAME)).await.is_ok()
        })
        .await;
        assert_same(&self.at("files").join(NAME), &mounted.folder.join(NAME));
        tokio::fs::write(mounted.folder.join("written here"), "read there\n").await.expect("it takes files");
        assert_eq!(self.on_node("cat 'synced/written here'").await, "read there\n");
    }

    async fn a_copy_that_was_cut_off_goes_on(&mut self) {
        let (large, to) = (self.at("large"), format!("{HOST}:large"));
        std::fs::write(&large, noise(32 << 20)).expect("a file");
        // So slowly that it cannot be done before it is cut off.
        let mut command = self.rsync();
        command.args(["--partial", "--inplace", "--bwlimit=2048"]).arg(&large).arg(&to);
        let copying = command.stdin(Stdio::null()).spawn().expect("rsync");
        eventually("a part of it is there", PROMPTLY * 3, || async {
            let size = self.person.run(&["exec", "lab", "--", "stat", "-c", "%s", "/root/large"]).await;
            text(&size.stdout).trim().parse::<u64>().unwrap_or(0) > 0
        })
        .await;
        self.daemon.kill();
        let ended = tokio::time::timeout(PROMPTLY, copying.wait_with_output()).await.expect("it ends");
        let ended = ended.expect("its end");
        assert!(!ended.status.success() && text(&ended.stderr).contains("docklet: The connection"), "{ended:?}");

        self.daemon.start().await;
        printed(self.rsync().args(["--partial", "--inplace"]).arg(&large).arg(&to)).await;
        let [here, there] =
            [printed(self.person.command("sha256sum").arg(&large)).await, self.on_node("sha256sum large").await]
                .map(|line| line.split(' ').next().map(str::to_owned));
        assert_eq!(here, there);
    }
}

/// Taken away when it is dropped, before its program ends, and before the directory it lies in.
struct Mounted {
    folder: PathBuf,
    _sshfs: Child,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Fails only where nothing was mounted.
        let _ = std::process::Command::new("fusermount3").arg("-uz").arg(&self.folder).stderr(Stdio::null()).status();
    }
}

/// What it prints, where it has to succeed.
async fn printed(command: &mut Command) -> String {
    let done = feed(command, b"").await;
    assert!(done.status.success(), "{command:?}: {done:?}");
    text(&done.stdout)
}

#[track_caller]
fn assert_same(one: &Path, other: &Path) {
    let read = |path: &Path| std::fs::read(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    assert!(read(one) == read(other), "{} and {} differ", one.display(), other.display());
}
