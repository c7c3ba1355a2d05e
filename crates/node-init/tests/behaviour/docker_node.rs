//! docklet-init as PID 1 of real containers: any image, no network, no shell, and sshd between nodes of one home.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::support::{Container, Network, Volume, binary, docker, eventually};
use node_init::client::{ClientError, NodeClient};
use node_init::protocol::{ErrorCode, NotStarted, OpenTerminal, ServiceState, SshPublicKey, TaskResult};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::terminal::Exit;

const DEBIAN: &str = "debian:bookworm";
const ISOLATED: &[&str] = &["--network=none"];

#[tokio::test]
async fn it_is_pid_1_and_a_shell_works() {
    let node = Container::ready(DEBIAN, ISOLATED).await;
    let mut viewer = node.terminal("t1", &[]).await;
    viewer.send("cat /proc/1/comm; tty; id -u; pwd\n").await;
    viewer.sees("init\r\n/dev/pts/0\r\n0\r\n/root\r\n").await;
    let status = node.client.status().await.expect("the status");
    assert!(status.ready && status.terminals == 1 && status.processes >= 2);
    let activity = node.client.activity().await.expect("the activity");
    assert!(activity.cpu_ms.is_some() && activity.memory_bytes.is_some_and(|bytes| bytes < 64 << 20), "{activity:?}");
}

#[tokio::test]
async fn a_server_on_loopback_is_reached_without_any_network() {
    let image = with_python();
    let node = Container::ready(image, ISOLATED).await;
    let _server = node.terminal("t1", &["python3", "-m", "http.server", "8888", "--bind", "127.0.0.1"]).await;
    eventually("the port", async || node.client.ports().await.expect("the ports").iter().any(|p| p.port == 8888)).await;
    let mut stream = node.client.dial(8888).await.expect("the port is open");
    stream.write_all(b"GET /etc/hostname HTTP/1.0\r\n\r\n").await.expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer comes");
    assert!(answer.starts_with("HTTP/1.0 "), "{answer}");
    let ports = node.client.ports().await.expect("the ports");
    assert_eq!(ports[0].process.as_deref(), Some("python3"));
}

#[tokio::test]
async fn an_image_without_anything_says_that_it_has_no_shell_and_runs_its_own_programs() {
    let image = Scratch::new();
    let node = Container::ready(&image.0, ISOLATED).await;
    let shell = OpenTerminal { id: "t1".parse().expect("an id"), cols: 80, rows: 24, command: Vec::new() };
    match node.client.open_terminal(shell).await {
        Err(ClientError::Node { code: ErrorCode::NoShell, message }) => assert!(message.contains("no shell")),
        other => panic!("{other:?}"),
    }
    let mut viewer = node.terminal("t2", &["/program", "session"]).await;
    viewer.until("its end", |viewer| viewer.exit == Some(Exit::Code(127))).await;
    assert!(viewer.text().contains("is for docklet-init itself"), "{}", viewer.text());
    let status = node.client.status().await.expect("the status");
    assert_eq!(status.services[0].state, ServiceState::Unavailable);
    assert_eq!(status.services[0].reason.as_deref(), Some("not in this image"));
    no_ssh(&node.client, "no sshd that runs: not in this image; `docklet ssh` opens a terminal").await;
}

#[tokio::test]
async fn docker_stop_ends_everything_in_order() {
    let node = Container::ready(DEBIAN, ISOLATED).await;
    let mut viewer =
        node.terminal("t1", &["sh", "-c", "trap 'echo bye; exit 4' TERM; echo up; sleep 1000 & wait"]).await;
    viewer.sees("up").await;
    let started = std::time::Instant::now();
    docker(&["stop", "--time=20", &node.id]);
    assert!(started.elapsed().as_secs() < 10);
    assert_eq!(docker(&["inspect", "--format={{.State.ExitCode}}", &node.id]), "0");
    docker(&["start", &node.id]);
    node.client.wait_ready(crate::support::PATIENCE).await.expect("it comes back, over its old socket");
}

#[tokio::test]
async fn a_user_of_the_node_who_is_not_root_may_not_ask() {
    let node = Container::ready(with_python(), ISOLATED).await;
    let script = |before: &str| {
        format!(
            "import os, socket; {before} s = socket.socket(socket.AF_UNIX); s.connect('/.docklet/run/init.sock'); \
             m = b'{{\"version\":1,\"request\":\"status\"}}'; s.sendall(len(m).to_bytes(4, 'big') + m); print(s.recv(300))"
        )
    };
    let mut root = node.terminal("t1", &["python3", "-c", &script("")]).await;
    root.sees("\"ready\":true").await;
    // The host's directory may be open to a user of the node who has the number of the host's user; the node is not.
    docker(&["exec", &node.id, "chmod", "0755", "/.docklet/run"]);
    let mut nobody = node.terminal("t2", &["python3", "-c", &script("os.setuid(65534);")]).await;
    nobody.sees("\"code\":\"forbidden\"").await;
}

#[tokio::test]
async fn ssh_between_the_nodes_of_one_home_asks_nothing() {
    let (home, network) = (Volume::new(), Network::new("10.254.77.0/29"));
    let mount = format!("--volume={}:/root", home.0);
    let net = format!("--network={}", network.0);
    let start = |name: &str| {
        Container::start(
            with_sshd(),
            &[&net, &mount, &format!("--hostname={name}"), &format!("--network-alias={name}"), "--env=DOCKLET_SSHD=1"],
        )
    };
    // At once, so that they race for the keys.
    let nodes = ["node-0", "node-1", "node-2"].map(start);
    for node in &nodes {
        node.client.wait_ready(crate::support::PATIENCE).await.expect("it gets ready");
    }
    for node in &nodes {
        eventually("sshd", async || {
            let status = node.client.status().await.expect("the status");
            status.services[0].state == ServiceState::Running
        })
        .await;
    }
    for (from, to) in [(0, "node-1"), (1, "node-0"), (2, "node-1"), (0, "node-0")] {
        let command = ["ssh", to, "echo hello from $(hostname) as $(id -un)"];
        let mut viewer = nodes[from].terminal(&format!("to-{to}"), &command).await;
        viewer.until("its end", |viewer| viewer.exit.is_some()).await;
        assert_eq!(viewer.text(), format!("hello from {to} as root\r\n"), "from node-{from}");
        assert_eq!(viewer.exit, Some(Exit::Code(0)));
    }
    let mut viewer = nodes[0]
        .terminal(
            "keys",
            &[
                "sh",
                "-c",
                "grep -c . ~/.ssh/authorized_keys; LC_ALL=C ls -A1 ~/.ssh; stat -c %a ~/.ssh/docklet_ed25519",
            ],
        )
        .await;
    viewer.until("its end", |viewer| viewer.exit.is_some()).await;
    let words: Vec<String> = viewer.text().split_whitespace().map(str::to_owned).collect();
    let expected = [
        "1",
        "authorized_keys",
        "docklet_ed25519",
        "docklet_ed25519.pub",
        "docklet_host_ed25519",
        "docklet_host_ed25519.pub",
        "600",
    ];
    assert_eq!(words, expected);
    // The host key is really checked.
    let swap = "sed -i 's/AAAA[^ ]*/AAAAC3NzaC1lZDI1NTE5AAAAIDummyDummyDummyDummyDummyDummyDummyDummyDumm/' /etc/ssh/docklet_known_hosts; ssh node-1 true";
    let mut viewer = nodes[0].terminal("swapped", &["sh", "-c", swap]).await;
    viewer.until("its end", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.exit, Some(Exit::Code(255)), "{}", viewer.text());
}

#[tokio::test]
async fn a_key_that_is_let_in_opens_every_node_of_the_home() {
    let home = Volume::new();
    let mount = format!("--volume={}:/root", home.0);
    let start = |name: &str| {
        let host_name = format!("--hostname={name}");
        Container::start(with_sshd(), &["--network=none", &mount, &host_name, "--env=DOCKLET_SSHD=1"])
    };
    let nodes = ["node-0", "node-1"].map(start);
    for node in &nodes {
        node.client.wait_ready(crate::support::PATIENCE).await.expect("it gets ready");
        eventually("sshd", async || {
            let status = node.client.status().await.expect("the status");
            status.services[0].state == ServiceState::Running
        })
        .await;
    }
    docker(&["exec", &nodes[0].id, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/tmp/key"]);
    let public = docker(&["exec", &nodes[0].id, "cat", "/tmp/key.pub"]);
    let key: SshPublicKey = public.parse().expect("ssh-keygen writes keys");
    // At once, from both sides.
    let (one, other) =
        tokio::join!(nodes[0].client.authorize_key(key.clone()), nodes[1].client.authorize_key(key.clone()));
    let host_keys = one.expect("it is let in");
    assert_eq!(host_keys, other.expect("it is let in"), "one home, one host key");
    let known = format!("127.0.0.1 {}", host_keys[0].key());
    docker(&["exec", &nodes[0].id, "sh", "-c", &format!("echo '{known}' > /tmp/known")]);
    let login = [
        "ssh",
        "-i",
        "/tmp/key",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "UserKnownHostsFile=/tmp/known",
        "-o",
        "StrictHostKeyChecking=yes",
        "root@127.0.0.1",
        "echo hello from $(hostname)",
    ];
    let mut viewer = nodes[0].terminal("login", &login).await;
    viewer.until("its end", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.text(), "hello from node-0\r\n");
    for node in &nodes {
        let all = docker(&["exec", &node.id, "cat", "/root/.ssh/authorized_keys"]);
        assert_eq!(all.matches(key.key()).count(), 1, "{all}");
        assert_eq!(all.lines().count(), 2, "the nodes' own beside it: {all}");
    }
}

/// Runs a script in a container with this home to its end. What docklet-init says of it.
fn run_script(home: &Path, script: &str, output: &str, options: &[&str]) -> String {
    let services = serde_json::json!([{
        "name": "task", "start": "once", "command": ["train"], "cwd": "/root",
        "batch": {"script": script, "output": output, "time_limit_s": 60},
    }]);
    let (home, services) = (format!("--volume={}:/root", home.display()), format!("--env=DOCKLET_SERVICES={services}"));
    let mut all = vec![&*home, &*services];
    all.extend(options);
    let node = Container::start(DEBIAN, &all);
    docker(&["wait", &node.id]);
    let logs = Command::new("docker").args(["logs", &node.id]).output().expect("docker can be run");
    String::from_utf8_lossy(&logs.stderr).into_owned()
}

#[test]
fn a_script_runs_from_memory_and_has_nothing_of_ours_but_itself() {
    let home = tempfile::TempDir::new().expect("a home");
    let script = "#!/bin/bash\necho $PWD; readlink $0; for fd in /proc/$$/fd/*; do readlink $fd; done; exit 3";
    let log = run_script(home.path(), script, "/root/runs/out", ISOLATED);
    let exit = TaskResult::last_in(&log).map(|result| result.outcome.exit);
    assert_eq!(exit, Some(Exit::Code(3)), "{log}");
    let output = std::fs::read_to_string(home.path().join("runs/out")).expect("its output");
    let mut lines = output.lines();
    assert_eq!((lines.next(), lines.next()), (Some("/root"), Some("/memfd:script (deleted)")), "{output}");
    let known = |target: &str| ["/dev/null", "/root/runs/out", "/memfd:script (deleted)"].contains(&target);
    assert!(lines.clone().count() >= 4 && lines.all(known), "{output}");
}

#[test]
fn output_that_finds_no_room_or_no_right_is_said_in_words() {
    let home = tempfile::TempDir::new().expect("a home");
    let full = [ISOLATED, &["--tmpfs=/full:nr_inodes=1"]].concat();
    for (output, options, words) in
        [("/sys/out", ISOLATED, "Read-only file system"), ("/full/out", &*full, "No space left on device")]
    {
        let log = run_script(home.path(), "#!/bin/sh\nexit 0", output, options);
        let fault = NotStarted::last_in(&log).unwrap_or_else(|| panic!("no reason in {log:?}"));
        assert!(fault.reason().contains(&format!("{output:?}: {words}")), "{}", fault.reason());
    }
}

/// No key is let in, and this is said instead.
async fn no_ssh(client: &NodeClient, words: &str) {
    let key = testkit::HOST_KEY.parse().expect("a key");
    match client.authorize_key(key).await {
        Err(ClientError::Node { code: ErrorCode::NoSsh, message }) => assert!(message.contains(words), "{message}"),
        other => panic!("{other:?}"),
    }
}

/// An image with nothing in it but one static program.
struct Scratch(String);

impl Scratch {
    fn new() -> Self {
        let name = format!("docklet-test/scratch-{}", crate::support::installation());
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        std::fs::copy(binary(), dir.path().join("program")).expect("the program is copied");
        let archive = dir.path().join("image.tar");
        let mut tar = Command::new("tar");
        tar.arg("--create").arg("--file").arg(&archive).arg("--directory").arg(dir.path()).arg("program");
        assert!(tar.status().expect("tar runs").success());
        let label = format!("LABEL docklet.installation={}", crate::support::installation());
        let import = Command::new("docker")
            .args(["import", "--change=ENV DOCKLET_SSHD=1", "--change", &label])
            .arg(&archive)
            .arg(&name)
            .output()
            .expect("docker runs");
        assert!(import.status.success(), "{}", String::from_utf8_lossy(&import.stderr));
        Self(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["image", "rm", &self.0]).output();
        assert!(
            removed.is_ok_and(|output| output.status.success()) || std::thread::panicking(),
            "the image is removed"
        );
    }
}

fn with_python() -> &'static str {
    static IMAGE: OnceLock<&str> = OnceLock::new();
    IMAGE.get_or_init(|| image("docklet-test/python", "python3-minimal python3"))
}

fn with_sshd() -> &'static str {
    static IMAGE: OnceLock<&str> = OnceLock::new();
    IMAGE.get_or_init(|| image("docklet-test/sshd", "openssh-server openssh-client"))
}

/// An image with some packages more than Debian's: the project's own base image if it is there, else built once.
fn image(name: &'static str, packages: &str) -> &'static str {
    for known in ["docklet/base", name] {
        if Command::new("docker").args(["image", "inspect", known]).output().is_ok_and(|output| output.status.success())
        {
            return known;
        }
    }
    let dockerfile = format!(
        "FROM {DEBIAN}\nRUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -f /etc/ssh/ssh_host_*\n"
    );
    let mut build = Command::new("docker")
        .args(["build", "--network=host", "--tag", name, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("docker build starts");
    std::io::Write::write_all(&mut build.stdin.take().expect("its input"), dockerfile.as_bytes())
        .expect("the Dockerfile is written");
    assert!(build.wait().expect("docker build ends").success(), "{name} cannot be built");
    name
}
