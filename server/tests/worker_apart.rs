//! `dockletd serve` and `dockletd worker` as two processes: what a person sees of it, which is nothing, and what is left when
//! one of them is gone.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use testkit::{RealEtcd, eventually};
use wire::{
    exec::{ClientFrame, MAX_DATA},
    terminal::Exit,
};

use crate::{
    common::{
        app::{self, PORT},
        browser::Browser,
        daemon::{Daemon, Options, Process, command, try_cli},
        datagrams::{self, Datagrams},
        exec::{self, Exec},
        port::{self, Port},
        process::tail,
        stream,
        terminal::{self, Viewer},
    },
    vcluster_lifecycle::settled,
};

const SOON: Duration = Duration::from_secs(30);

/// Portal, worker and etcd. Fields are dropped in this order: the worker acts no more when the daemon clears up.
struct Apart {
    worker: Option<Process>,
    daemon: Daemon,
    data: PathBuf,
    arguments: Vec<String>,
    _etcd: RealEtcd,
    dir: TempDir,
}

impl Apart {
    async fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("dkw").tempdir().expect("a temporary directory");
        let secret = dir.path().join("cluster-secret");
        let data = dir.path().join("worker");
        let made = try_cli(&data, &["cluster-secret", "--file", secret.to_str().expect("text")]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let etcd = RealEtcd::start().await;
        // The worker is started again, and must be where it was: on a loopback address that no other program uses.
        let listen = TcpListener::bind("127.83.7.1:0").and_then(|taken| taken.local_addr()).expect("a free port");
        let shared = [("etcd-endpoints", etcd.config().endpoints.join(",")), ("cluster-secret-file", text(&secret))];
        // The portal has no Docker Engine.
        let options = Options::default().with("worker-mode", "remote").with("worker-docker", "/no/engine");
        let options = shared.iter().fold(options, |options, (flag, value)| options.with(flag, value));
        let daemon = options.prepare();
        std::fs::create_dir_all(&data).expect("our directory");
        std::fs::write(data.join("installation"), daemon.installation.to_string()).expect("our directory");
        let mut arguments = vec!["--worker-listen".into(), listen.to_string()];
        arguments.extend(shared.into_iter().flat_map(|(flag, value)| [format!("--{flag}"), value]));
        arguments.extend(["--network-cluster-net".into(), "10.212.240.0/20".into()]);
        arguments.extend(["--worker-init".into(), text(&testkit::docklet_init())]);
        let mut apart = Self { worker: None, daemon, data, arguments, _etcd: etcd, dir };
        apart.start_worker();
        apart.daemon.start().await;
        apart
    }

    fn start_worker(&mut self) {
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).expect("our directory");
        let mut command = command(&self.data);
        command.arg("worker").args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.worker = Some(Process(command.spawn().expect("the worker starts")));
    }

    /// The command line beside the worker, with its settings.
    fn cli(&self, command: &[&str]) -> (bool, String) {
        self.cli_in(&self.data, command)
    }

    /// The command line beside the portal: on its record.
    fn portal_cli(&self, command: &[&str]) -> (bool, String) {
        self.cli_in(&self.daemon.data, command)
    }

    fn cli_in(&self, data: &Path, command: &[&str]) -> (bool, String) {
        let arguments: Vec<&str> = command.iter().copied().chain(self.arguments.iter().map(String::as_str)).collect();
        let output = try_cli(data, &arguments);
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            eprintln!("the end of the worker's log:\n{}", tail(&log, 20));
        }
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path that is text").to_owned()
}

#[tokio::test]
async fn terminals_and_apps_go_on_after_the_worker_was_killed_and_started_again() {
    let mut apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = client.create("lab", 2).await;
    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-1").await;
    let mut viewer = Viewer::attach(&client, &path).await;
    viewer
        .type_in("i=0; while [ $i -lt 400 ]; do echo line-$((100000+i)); i=$((i+1)); sleep 0.01; done; echo o\"\"ver\n")
        .await;
    viewer.until("line-100020").await;
    let app = app::listening(&client, &id, PORT).await;
    let browser = Browser::signed_in(&apart.daemon, "admin", &apart.daemon.admin_password()).await;
    let opened = browser.open(&app.at("/hello")).await.1;
    assert!(opened.status == 200 && opened.text.starts_with("GET /hello"), "{}", opened.text);
    viewer.until("line-100050").await;
    let (seen, offset, sent) = (viewer.seen.clone(), viewer.offset, viewer.sent());

    assert!(apart.cli(&["healthcheck", "worker"]).0);
    apart.worker = None;
    assert!(!apart.cli(&["healthcheck", "worker"]).0);
    let closed = viewer.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000, "the viewer is to come again");
    assert_ne!(browser.open(&app.at("/hello")).await.1.status, 200);
    apart.start_worker();
    eventually("the worker is back", SOON, || async { apart.cli(&["healthcheck", "worker"]).0 }).await;

    let seen_then = viewer.seen.len();
    let mut resumed = Viewer::attach_from(&client, &path, &offset.to_string(), sent).await;
    resumed.until("over").await;
    let all = String::from_utf8([&seen[..], &resumed.seen[..]].concat()).expect("text");
    let lines: Vec<&str> = all.lines().filter_map(|line| line.find("line-1").map(|at| &line[at..])).collect();
    let expected: Vec<String> = (100_000..100_400).map(|i| format!("line-{i}")).collect();
    assert_eq!(lines, expected, "every line once, in order; {seen_then} bytes before");
    eventually("the app is reached again", SOON, || async { browser.open(&app.at("/hello")).await.1.status == 200 })
        .await;
}

#[tokio::test]
async fn ports_and_ssh_keys_go_through_the_worker_stream_and_each_direction_ends_on_its_own() {
    let apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let mut ssh = Port::connect(&client, &port::path(&id, "22")).await;
    ssh.until("SSH-2.0-").await;
    ssh.say_end().await;
    ssh.until_end().await;
    let closed = ssh.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000);
    let key = testkit::HOST_KEY;
    let path = format!("/api/v1/vclusters/{id}/nodes/node-0/ssh");
    let told = client.post(&path, &json!({"public_key": key})).await.ok(200);
    assert_eq!(told.at("/user"), "root");
    let (status, body) = stream::refused(port::request(&client, &port::path(&id, "9"))).await;
    assert!(status == 503 && body.contains("port_closed"), "{status} {body}");
}

#[tokio::test]
async fn datagrams_go_through_the_worker_stream_and_end_with_the_node() {
    let apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    datagrams::echo(&client, &id, 9000).await;
    let mut datagrams = Datagrams::connect(&client, &datagrams::path(&id, 9000)).await;
    datagrams.until_echoed().await;
    for size in [0, 1, 1400, 60_000] {
        let sent = vec![b'x'; size];
        datagrams.send(&sent).await;
        assert!(datagrams.next().await == sent, "{size} bytes");
    }
    client.act(&id, "stop").await.ok(202);
    let closed = datagrams.until_closed().await.expect("a close frame");
    assert_eq!(u16::from(closed.code), 1000);
}

#[tokio::test]
async fn the_exit_of_a_command_comes_through_the_worker_stream_whatever_is_still_sent_to_it() {
    let apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    for _ in 0..10 {
        let mut command =
            Exec::start(&client, &exec::path(&id), &["sh", "-c", "head -c 300000 /dev/zero; exit 9"]).await;
        for _ in 0..8 {
            command.send(ClientFrame::Stdin(&[b'x'; MAX_DATA])).await;
        }
        assert_eq!(command.closed().await, 1000);
        assert_eq!((command.stdout.len(), command.exit), (300_000, Some(Exit::Code(9))));
    }
    // Nor does a command stay that takes no more of its input when its client goes.
    let mut stuck = Exec::start(&client, &exec::path(&id), &["sleep", "98765"]).await;
    let flood = async {
        loop {
            stuck.send(ClientFrame::Stdin(&[b'x'; MAX_DATA])).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(2), flood).await.is_err(), "it is not taken without end");
    drop(stuck);
    let over = || async {
        let mut looking = Exec::start(&client, &exec::path(&id), &["pgrep", "-f", "sleep 9876[5]"]).await;
        looking.closed().await;
        looking.exit == Some(Exit::Code(1))
    };
    eventually("the command has ended", SOON, over).await;
}

/// The worker stream's own patience is 25 s: with a peer that is gone, and not with one whose reader pauses.
#[tokio::test]
async fn a_reader_that_pauses_for_longer_than_the_worker_stream_waits_still_gets_every_byte() {
    let apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let mut paused = Exec::start(&client, &exec::path(&id), &["head", "-c", "50000000", "/dev/zero"]).await;
    for _ in 0..6 {
        // So that the client is heard of.
        paused.send(ClientFrame::Stdin(b"x")).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    assert_eq!(paused.closed().await, 1000);
    assert_eq!((paused.stdout.len(), paused.exit), (50_000_000, Some(Exit::Code(0))));
}

#[tokio::test]
async fn a_host_is_cleared_of_everything_but_homes_and_not_under_a_worker_that_runs() {
    let mut apart = Apart::start().await;
    let client = apart.daemon.admin();
    let id = client.create("lab", 2).await;
    settled(&client, &id, "running").await;
    let (done, said) = apart.cli(&["worker", "--clear"]);
    assert!(!done && said.contains("the worker must be stopped"), "{said}");
    // Nor must the portal order the nodes again meanwhile; that would be a race, not a fault.
    apart.daemon.kill();
    apart.worker = None;
    let (done, said) = apart.cli(&["worker", "--clear"]);
    assert!(done && said.starts_with("Removed 2 nodes and 1 networks"), "{said}");
    let left = apart.daemon.cleanup.present();
    assert!(!left.is_empty() && left.iter().all(|thing| thing.starts_with("volume ")), "{left:?}");
    assert_eq!(std::fs::read_dir(apart.data.join("nodes")).expect("the directory").count(), 0);
}

#[tokio::test]
async fn a_host_that_is_declared_gone_leaves_the_record_and_should_it_come_back_what_was_not_deleted_is_kept() {
    let mut apart = Apart::start().await;
    let client = apart.daemon.admin();
    let (lab, unwanted) = (client.create("lab", 1).await, client.create("unwanted", 1).await);
    settled(&client, &lab, "running").await;
    settled(&client, &unwanted, "running").await;
    let name = std::fs::read_to_string(apart.data.join("worker-name")).expect("its name").trim().to_owned();
    let (route, told) = (format!("/api/v1/admin/hosts/{name}"), "stop its worker first");
    client.delete(&route).await.problem(409, "conflict");
    let (done, said) = apart.portal_cli(&["host", "gone", &name]);
    assert!(!done && said.contains(told), "{said}");

    apart.worker = None;
    eventually("its nodes are lost", SOON, || async { client.vcluster(&lab).await.at("/nodes/0/state") == "lost" })
        .await;
    client.delete(&format!("/api/v1/vclusters/{unwanted}")).await.ok(202);
    let (done, said) = apart.portal_cli(&["host", "gone", &name]);
    assert!(done && said.contains("2 nodes of 2 vclusters"), "{said}");
    for id in [&lab, &unwanted] {
        client.vcluster(id).await.problem(404, "not_found");
    }
    assert_eq!(client.get("/api/v1/admin/health").await.ok(200).json()["hosts"], json!([]));
    client.delete(&route).await.problem(404, "not_found");

    apart.start_worker();
    eventually("what was not deleted is kept, and that is said", SOON, || async {
        let notices = client.get("/api/v1/admin/health").await.ok(200).json()["notices"].to_string();
        notices.contains("no record claims") && notices.contains(&lab)
    })
    .await;
    eventually("what was deleted is removed", SOON, || async {
        apart.daemon.cleanup.present().iter().filter(|thing| thing.starts_with("container ")).count() == 1
    })
    .await;
}

#[tokio::test]
async fn healthcheck_tells_a_portal_that_is_ready_from_one_that_only_serves_and_from_none() {
    let mut apart = Apart::start().await;
    let (listen, data) = (apart.daemon.address().to_string(), apart.daemon.data.clone());
    let well = |more: &[&str]| {
        let arguments = [&["healthcheck", "--listen", &listen], more].concat();
        try_cli(&data, &arguments).status.success()
    };
    assert!(well(&[]) && well(&["--ready"]));
    apart.worker = None;
    eventually("the worker's lease runs out", SOON, || async { !well(&["--ready"]) }).await;
    assert!(well(&[]), "it serves all the same");
    let doctor = try_cli(&data, &["doctor", "--worker-mode", "remote", "--worker-docker", "/no/engine"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(!said.contains("/no/engine"), "the portal needs none: {said}");
    apart.daemon.kill();
    assert!(!well(&[]));
}

#[tokio::test]
async fn a_role_that_lacks_what_it_shares_with_the_others_says_what() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let said = |arguments: &[&str]| {
        let output = try_cli(&dir.path().join("data"), arguments);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(said(&["worker"]).contains("--cluster-secret-file"));
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "short").expect("our directory");
    assert!(said(&["worker", "--cluster-secret-file", &text(&secret)]).contains("chmod o-rwx"));
    std::fs::remove_file(&secret).expect("our file");
    assert!(try_cli(dir.path(), &["cluster-secret", "--file", &text(&secret)]).status.success());
    let first = std::fs::read_to_string(&secret).expect("the secret");
    assert!(try_cli(dir.path(), &["cluster-secret", "--file", &text(&secret)]).status.success());
    assert_eq!(std::fs::read_to_string(&secret).expect("the secret"), first, "the first one stays");
    assert!(said(&["worker", "--cluster-secret-file", &text(&secret)]).contains("--etcd-endpoints"));
}

#[tokio::test]
async fn a_second_worker_is_refused_whatever_it_is_called() {
    let apart = Apart::start().await;
    let name = std::fs::read_to_string(apart.data.join("worker-name")).expect("its name");
    for name in [name.trim(), "another-host"] {
        let data = apart.dir.path().join(format!("second-{name}"));
        std::fs::create_dir_all(&data).expect("our directory");
        std::fs::write(data.join("installation"), apart.daemon.installation.to_string()).expect("our directory");
        let mut second = command(&data);
        // All but the first one's address.
        second.arg("worker").args(&apart.arguments[2..]).args(["--worker-name", name]);
        second.args(["--worker-listen", "127.0.0.1:0"]);
        let second = tokio::task::spawn_blocking(move || second.stdin(Stdio::null()).output());
        let ended = tokio::time::timeout(SOON * 2, second).await.expect("it ends").expect("no panic");
        let ended = ended.expect("the worker runs");
        assert_eq!(ended.status.code(), Some(1));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("worker already") || said.contains("another worker is there"), "{said}");
    }
    eventually("the first one is there", SOON, || async {
        apart.daemon.anonymous().get("/readyz").await.status == 200
    })
    .await;
}
