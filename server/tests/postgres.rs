//! The record on a Postgres server: lost and found again under use, moved there from a file, refused when it is not ours.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use testkit::{Cable, Ending, RealPostgres, Wire, eventually};
use tokio::{sync::watch, task::block_in_place};

use crate::{
    common::{
        authority::Authority,
        client::{Client, order, send},
        daemon::{Daemon, Options, try_cli},
        docker::containers,
    },
    vcluster_lifecycle::settled,
};

const SOON: Duration = Duration::from_secs(40);
/// How long the network is away.
const LOSS: Duration = Duration::from_secs(10);

fn on(url: &str) -> Options {
    Options::default()
        .with("database-url", url)
        .with("database-acquire-timeout", "2s")
        .with("database-statement-timeout", "2s")
}

/// What people do meanwhile, and what they are answered.
struct People {
    admin: Client,
    browser: Client,
    /// The vclusters they want, by number; each is asked for until it is accepted.
    wanted: watch::Receiver<u32>,
    good: Arc<AtomicU32>,
    refused: Arc<AtomicU32>,
}

impl People {
    /// Every answer is a good one, or says to try again. Returns the ids of what was accepted when nothing more is wanted.
    async fn keep_asking(mut self) -> Vec<String> {
        let mut accepted: Vec<String> = Vec::new();
        while self.wanted.has_changed().is_ok() {
            self.look(self.admin.get("/api/v1/vclusters").await);
            self.look(self.browser.get("/api/v1/me/sessions").await);
            let next = accepted.len();
            if u32::try_from(next).expect("a small number") < *self.wanted.borrow_and_update() {
                accepted.extend(self.ask_for(next).await);
            }
        }
        accepted
    }

    async fn ask_for(&self, number: usize) -> Option<String> {
        let request = self.admin.request(reqwest::Method::POST, "/api/v1/vclusters");
        let request = request.header("idempotency-key", format!("key-{number}"));
        let answer = send(request.json(&order(&format!("lab-{number}"), 1))).await;
        if answer.status == 503 {
            answer.problem(503, "not_ready");
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(answer.ok(202).at("/id"))
    }

    fn look(&self, answer: crate::common::answer::Answer) {
        if answer.status == 503 {
            answer.problem(503, "not_ready");
            self.refused.fetch_add(1, Ordering::Relaxed);
        } else {
            answer.ok(200);
            self.good.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn more(what: &str, counter: &AtomicU32) {
    let before = counter.load(Ordering::Relaxed);
    eventually(what, SOON, || async { counter.load(Ordering::Relaxed) > before + 2 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_and_a_network_that_is_lost_cost_tries_and_nothing_else() {
    let server = RealPostgres::start();
    let cable = Cable::to(&server.socket()).await;
    let daemon = on(&format!("postgres://docklet@{}/{}", cable.address(), server.database(None))).start().await;
    let (admin, browser) = (daemon.admin(), daemon.browser());
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let (want, wanted) = watch::channel(0);
    let (good, refused) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let people = People { admin: admin.clone(), browser, wanted, good: good.clone(), refused: refused.clone() };
    let asking = tokio::spawn(people.keep_asking());

    for (number, how) in (1..).zip([Ending::Fast, Ending::Immediate]) {
        want.send_replace(number);
        block_in_place(|| server.end(how));
        more("somebody is told to try again", &refused).await;
        block_in_place(|| server.begin());
        more("somebody is served again", &good).await;
    }
    want.send_replace(3);
    cable.set(Wire::Silent);
    tokio::time::sleep(LOSS).await; // this is what is tested, not what is waited for
    cable.set(Wire::Whole);
    more("somebody is served again", &good).await;
    assert!(refused.load(Ordering::Relaxed) > 0);

    want.send_replace(4);
    eventually("all that was wanted is there", SOON, || async {
        admin.get("/api/v1/vclusters").await.ok(200).json()["items"].as_array().is_some_and(|items| items.len() == 4)
    })
    .await;
    drop(want);
    let accepted = asking.await.expect("no panic");
    assert_eq!(accepted.len(), 4);
    for id in &accepted {
        settled(&admin, id, "running").await;
    }
    assert_eq!(containers(daemon.installation).len(), 4, "one node each, and none is half");
    let again = admin.request(reqwest::Method::POST, "/api/v1/vclusters").header("idempotency-key", "key-0");
    assert_eq!(send(again.json(&order("lab-0", 1))).await.ok(202).at("/id"), accepted[0]);
    for id in &accepted {
        admin.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    }
    eventually("nothing is left", SOON, || async { containers(daemon.installation).is_empty() }).await;
}

fn refusal(data: &Path, arguments: &[&str]) -> String {
    let output = try_cli(data, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_from_its_file_to_a_server() {
    let server = RealPostgres::shared();
    let url = server.url(&server.database(None));
    let mut daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let id = daemon.admin().create("lab", 2).await;
    let before = settled(&daemon.admin(), &id, "running").await.json();
    let nodes = containers(daemon.installation);

    let told = refusal(&daemon.data, &["db", "copy", "--to", &url]);
    assert!(told.contains(&format!("runs as process {}", daemon.pid())), "{told}");
    daemon.signal(rustix::process::Signal::TERM);
    daemon.ended(SOON).await;
    let told = daemon.cli(&["db", "copy", "--to", &url]);
    let rows = |table: &str| told.lines().find_map(|line| line.strip_prefix(table)?.trim().parse::<u32>().ok());
    assert_eq!((rows("users"), rows("vclusters"), rows("nodes")), (Some(1), Some(1), Some(2)), "{told}");
    let told = refusal(&daemon.data, &["db", "copy", "--to", &url]);
    assert!(told.contains("the target is not empty"), "{told}");

    daemon.set("database-url", &url);
    daemon.start().await;
    let after = daemon.admin().vcluster(&id).await.ok(200).json();
    let same = |value: &Value| (value["name"].clone(), value["state"].clone(), value["created_at"].clone());
    assert_eq!(same(&after), same(&before));
    assert_eq!(containers(daemon.installation), nodes, "what runs goes on");
    browser.get("/api/v1/me/sessions").await.ok(200);
    assert_eq!(server_rows(server, &url), "2");
}

fn server_rows(server: &RealPostgres, url: &str) -> String {
    let database = url.split('?').next().and_then(|url| url.rsplit('/').next()).expect("a database");
    server.sql(database, "SELECT count(*) FROM nodes").trim().to_owned()
}

#[tokio::test]
async fn what_is_said_to_a_server_elsewhere_is_encrypted_and_only_said_to_whom_it_is_meant_for() {
    let (authority, another) = (Authority::new(), Authority::new());
    let pair = authority.issue();
    let server = RealPostgres::start_encrypted(&pair.certificate, &pair.key);
    let database = server.database(None);
    let address = format!("postgres://docklet@localhost:{}/{database}", server.port());
    let trusting = |authority: &Authority| {
        format!("{address}?sslmode=verify-full&sslrootcert={}", authority.root_file().display())
    };
    let daemon = on(&trusting(&authority)).start().await;
    daemon.admin().get("/api/v1/vclusters").await.ok(200);
    let theirs =
        format!("pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE datname = '{database}' AND usename = 'docklet'");
    assert_eq!(server.sql("postgres", &format!("SELECT count(*) > 0, bool_and(ssl) FROM {theirs}")).trim(), "t|t");

    let directory = tempfile::tempdir().expect("a directory");
    for (url, told) in [
        (trusting(&another), "certificate"),
        (format!("{}&host=127.0.0.1", trusting(&authority)), "certificate"),
        (format!("{address}?sslmode=disable"), "no encryption"),
    ] {
        let said = refusal(directory.path(), &["migrate", "--database-url", &url]);
        assert!(said.contains(told), "{url}: {said}");
    }
}

#[tokio::test]
async fn a_record_of_a_newer_docklet_is_refused_with_a_sentence() {
    let server = RealPostgres::shared();
    let (directory, database) = (tempfile::tempdir().expect("a directory"), server.database(None));
    let url = server.url(&database);
    let settings = ["--database-url", &url];
    let output = try_cli(directory.path(), &[&["migrate"], &settings[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    server.sql(&database, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29990101_000001_flying', 0)");
    for role in ["migrate", "serve"] {
        let told = refusal(directory.path(), &[&[role], &settings[..]].concat());
        assert!(told.contains("was written by a newer Docklet (it has the step m29990101_000001_flying)"), "{told}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_used_is_named_without_the_password() {
    let server = RealPostgres::shared();
    let directory = tempfile::tempdir().expect("a directory");
    let password = directory.path().join("password");
    std::fs::write(&password, "swordfish\n").expect("our directory");
    let url = server.url("no_such_database").replace("docklet@", "docklet:hunter2@");
    let settings = ["--database-url", &url, "--database-password-file", password.to_str().expect("text")];
    for role in [&["migrate"][..], &["doctor"], &["user", "list"]] {
        let output = try_cli(&directory.path().join("data"), &[role, &settings[..]].concat());
        let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(told.contains("no_such_database at "), "{told}");
        assert!(!told.contains("swordfish") && !told.contains("hunter2"), "{told}");
    }
}
