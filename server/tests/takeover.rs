//! One dockletd serves a record at a time: a second one is refused, or takes over, and then the first one writes nothing.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testkit::{RealEtcd, RealPostgres};

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
