//! One dockletd serves a record at a time: a second one is refused, or takes over, and then the first one writes nothing.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testkit::{RealEtcd, RealPostgres, eventually, obtain};

use crate::common::daemon::{Daemon, Options, command, try_cli};

const SOON: Duration = Duration::from_secs(30);

/// Portals of one installation, on one record and one etcd, as on two hosts.
struct Portals {
    server: &'static RealPostgres,
    database: String,
    etcd: RealEtcd,
    directory: tempfile::TempDir,
}

impl Portals {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let secret = directory.path().join("secret");
        let made = try_cli(directory.path(), &["cluster-secret", "--file", secret.to_str().expect("text")]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = RealPostgres::shared();
        Self { server, database: server.database(None), etcd: RealEtcd::start().await, directory }
    }

    fn portal(&self) -> Daemon {
        Options::default()
            .with("database-url", self.server.url(&self.database))
            .with("etcd-endpoints", self.etcd.config().endpoints.join(","))
            .with("cluster-secret-file", self.directory.path().join("secret").display())
            .with("worker-mode", "remote")
            .with("worker-docker", "/no/engine")
            .prepare()
    }

    fn users(&self) -> String {
        self.server.sql(&self.database, "SELECT string_agg(name, ',' ORDER BY name) FROM users").trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_portal_is_refused_and_one_that_takes_over_leaves_the_first_nothing_to_write() {
    let portals = Portals::new().await;
    let (mut first, mut second) = (portals.portal(), portals.portal());
    std::fs::write(second.data.join("installation"), first.installation.to_string()).expect("our directory");
    first.start_unready().await;
    let before = first.admin();

    second.spawn();
    assert_eq!(second.ended(SOON).await.code(), Some(1));
    assert!(second.log().contains("another dockletd serves the record"), "{}", second.log());
    before.post("/api/v1/admin/users", &json!({"name": "early"})).await.ok(201);

    first.signal(Signal::STOP);
    let late = tokio::spawn({
        let (client, token) = (before.http.clone(), before.token.clone().expect("a token"));
        let url = format!("{}/api/v1/admin/users", before.url);
        async move { client.post(url).bearer_auth(token).json(&json!({"name": "late"})).send().await }
    });
    second.serve_with("--takeover");
    second.start_unready().await;
    second.admin().post("/api/v1/admin/users", &json!({"name": "new"})).await.ok(201);

    first.signal(Signal::CONT);
    assert_eq!(first.ended(SOON).await.code(), Some(1));
    assert!(first.log().contains("another dockletd has taken over the record"), "{}", first.log());
    if let Ok(answer) = late.await.expect("no panic") {
        assert!(!answer.status().is_success(), "{answer:?}");
    }
    assert_eq!(portals.users(), "admin,early,new");

    // The record is the second one's for good, until it ends.
    let mut third = portals.portal();
    third.spawn();
    assert_eq!(third.ended(SOON).await.code(), Some(1));
    second.kill();
    third.start_unready().await;
}

/// Portals of one installation on one etcd, each with a record in a file of its own.
struct Files {
    etcd: RealEtcd,
    directory: tempfile::TempDir,
}

impl Files {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let made = try_cli(
            directory.path(),
            &["cluster-secret", "--file", directory.path().join("secret").to_str().expect("text")],
        );
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { etcd: RealEtcd::start().await, directory }
    }

    fn portal(&self) -> Daemon {
        let portal = Options::default()
            .with("etcd-endpoints", self.etcd.config().endpoints.join(","))
            .with("cluster-secret-file", self.directory.path().join("secret").display())
            .with("worker-mode", "remote")
            .with("worker-docker", "/no/engine")
            .prepare();
        // The secret's.
        std::fs::remove_file(portal.data.join("installation")).expect("our directory");
        portal
    }
}

fn copy_record(from: &Daemon, to: &std::path::Path) {
    from.sqlite3(&format!(".backup '{}'", to.display()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etcd_that_belongs_to_another_record_is_refused_until_that_one_is_gone_for_good() {
    let files = Files::new().await;
    let (mut first, mut second) = (files.portal(), files.portal());
    first.start_unready().await;
    // Whatever their terms are.
    for _ in 0..2 {
        second.spawn();
        assert_eq!(second.ended(SOON).await.code(), Some(1));
    }
    assert!(second.log().contains("etcd belongs to another record of this installation"), "{}", second.log());
    assert!(second.log().contains("--takeover"), "it says what to do: {}", second.log());
    first.admin().post("/api/v1/admin/users", &json!({"name": "early"})).await.ok(201);

    second.serve_with("--takeover");
    second.start_unready().await;
    assert_eq!(first.ended(SOON).await.code(), Some(1));
    assert!(first.log().contains("etcd belongs to another record of this installation"), "{}", first.log());
    second.admin().get("/api/v1/vclusters").await.ok(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_restored_from_its_backup_has_its_etcd_again_whatever_term_etcd_knows() {
    let files = Files::new().await;
    let mut portal = files.portal();
    let backup = files.directory.path().join("backup");
    portal.start_unready().await;
    copy_record(&portal, &backup);
    // The backup's next term is the one that etcd knows, then one below it.
    for starts in 1..=2 {
        for _ in 0..starts {
            portal.kill();
            portal.start_unready().await;
        }
        portal.kill();
        for side in ["docklet.db-wal", "docklet.db-shm"] {
            let _ = std::fs::remove_file(portal.data.join(side));
        }
        std::fs::copy(&backup, portal.data.join("docklet.db")).expect("restored");
        portal.start_unready().await;
        eventually("its term is raised", SOON, || async {
            portal.log().matches("its term is raised").count() == starts
        })
        .await;
        portal.admin().post("/api/v1/admin/users", &json!({"name": "late"})).await.ok(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_copies_of_one_record_one_ends() {
    let files = Files::new().await;
    let (mut first, mut second) = (files.portal(), files.portal());
    first.start_unready().await;
    copy_record(&first, &second.data.join("docklet.db"));
    first.kill();
    // Both under the same term.
    first.start_unready().await;
    second.start_unready().await;
    let ended = obtain("one of them ends", SOON, || {
        let logs = [first.log(), second.log()];
        async move { logs.iter().position(|log| log.contains("another dockletd serves a copy of this record")) }
    })
    .await;
    let (mut loser, winner) = if ended == 0 { (first, second) } else { (second, first) };
    assert_eq!(loser.ended(SOON).await.code(), Some(1));
    winner.admin().post("/api/v1/admin/users", &json!({"name": "one"})).await.ok(201);
    winner.anonymous().get("/healthz").await.ok(200);
}

#[tokio::test]
async fn on_sqlite_the_lock_decides() {
    let daemon = Daemon::start_usual().await;
    let other = tempfile::tempdir().expect("a directory");
    let path = daemon.data.join("docklet.db");
    for (flags, told) in [
        (&[][..], format!("another dockletd serves the record {} as process {}", path.display(), daemon.pid())),
        (&["--takeover"], "on SQLite nothing takes over while that process lives".to_owned()),
    ] {
        let mut second = command(&other.path().join("data"));
        second.args(["serve", "--listen", "127.0.0.1:0", "--database-path"]).arg(&path).args(flags);
        let output = second.output().expect("dockletd runs");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(&told), "{said}");
    }
    daemon.anonymous().get("/readyz").await.ok(200);
}
