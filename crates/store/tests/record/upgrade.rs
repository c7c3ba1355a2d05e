//! A record of an earlier Docklet, with things in it, brought up to date: everything is still there, and what is new works.

use std::sync::Arc;

use control::ports::{
    clock::SystemClock,
    store::{
        AccessReads, AppReads, EventBody, EventReads, HomeReads, OperationsOf, PageRequest, Store, StoreError,
        UserReads, VclusterReads,
    },
};
use domain::{app::AppLabel, operation::OperationState, user::Scopes};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database};
use store::{SessionStore, StoreConfig};
use tower_sessions_core::{SessionStore as _, session::Id};

use super::apps::app;
use crate::fixture::{user_id, vcluster_id};

/// How many steps the first release had.
const FIRST_RELEASE: u32 = 9;

const AT: &str = "'2026-11-20 23:00:00.000000 +00:00'";

/// An event as the first release wrote it.
const EVENT: &str = r#"{"kind": "vcluster", "usage": {"vclusters": 1, "nodes": 0, "cpu_milli": 0, "memory_mib": 0}, "vcluster": {
"id": "00000000-0000-0000-0000-000000000007", "owner": "00000000-0000-0000-0000-000000000001", "name": "lab",
"image": "docklet/base", "resources": {"cpu_milli": 1000, "memory_mib": 512}, "subnet": "172.20.0.32/27",
"intent": "running", "nodes": [], "created_at": "2026-11-20T23:00:00Z", "operation": {
"id": "00000000-0000-0000-0000-000000007000", "kind": "create", "state": "running", "reason": null,
"started_at": "2026-11-20T23:00:00Z", "finished_at": null}}}"#;

/// A uuid as SQLite has it.
fn blob(number: u128) -> String {
    format!("x'{number:032x}'")
}

/// What the first release wrote: a user, their running vcluster of two nodes, an earlier operation, a session and a token.
async fn fill(db: &impl ConnectionTrait) {
    let (user, lab, created, stopped) = (blob(1), blob(7), blob(7000), blob(7001));
    // Of session 0.
    let digest = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb";
    let statements = [
        format!(
            "INSERT INTO users (id, name, role, locked, password_hash, created_at) VALUES ({user}, 'ada', 'admin', FALSE, 'hash', {AT})"
        ),
        format!(
            "INSERT INTO operations (id, vcluster, kind, state, started_at, finished_at) VALUES ({created}, {lab}, 'create', 'succeeded', {AT}, {AT})"
        ),
        format!(
            "INSERT INTO operations (id, vcluster, kind, state, started_at) VALUES ({stopped}, {lab}, 'restart', 'running', {AT})"
        ),
        format!(
            "INSERT INTO vclusters (id, owner, name, image, cpu_milli, memory_mib, subnet, intent, operation, created_at) \
                 VALUES ({lab}, {user}, 'lab', 'docklet/base', 1000, 512, '172.20.0.32/27', 'running', {stopped}, {AT})"
        ),
        format!(
            "INSERT INTO nodes (id, vcluster, name, worker, ip, generation, intent, state, reserved, operation) \
                 VALUES ({}, {lab}, 'node-0', 'here', '172.20.0.34', 3, 'running', 'running', TRUE, {stopped}), \
                        ({}, {lab}, 'node-1', 'here', '172.20.0.35', 1, 'running', 'running', TRUE, {created})",
            blob(70),
            blob(71)
        ),
        format!(
            "INSERT INTO sessions (digest, user, data, expires_at) VALUES ('{digest}', {user}, '{{}}', '2199-01-01 00:00:00.000000 +00:00')"
        ),
        format!(
            "INSERT INTO tokens (id, user, digest, prefix, created_at, expires_at) VALUES ({}, {user}, 'aa', 'dkl_aa', {AT}, {AT})",
            blob(3)
        ),
        format!(
            "INSERT INTO users (id, name, role, locked, password_hash, created_at) VALUES ({}, 'bob', 'user', FALSE, 'hash', {AT})",
            blob(2)
        ),
        format!(
            "INSERT INTO tokens (id, user, digest, prefix, created_at, expires_at) VALUES ({}, {}, 'bb', 'dkl_bb', {AT}, {AT})",
            blob(4),
            blob(2)
        ),
        format!("INSERT INTO events (owner, at, body) VALUES ({user}, {AT}, '{}')", EVENT.replace('\n', "")),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.expect(&statement);
    }
}

#[tokio::test]
async fn a_record_of_the_first_release_is_kept_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("docklet.db");
    let old = Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.expect("a database");
    Migrator::up(&old, Some(FIRST_RELEASE)).await.expect("the schema of the first release");
    fill(&old).await;
    old.close().await.expect("an orderly end");

    let store = store::connect(&StoreConfig::at(&path)).await.expect("the database");
    store::migrate(&store).await.expect("the schema of today");
    let lab = store.vcluster(vcluster_id(7)).await.expect("a read").expect("the vcluster");
    assert_eq!((lab.name.as_str(), lab.nodes.len(), lab.nodes[0].generation.0), ("lab", 2, 3));
    assert_eq!(store.user(user_id(1)).await.expect("a read").expect("the user").name.as_str(), "ada");
    let token = store.token("aa").await.expect("a read").expect("their token");
    assert_eq!(token.scopes, Scopes::ALL, "it may what it could");
    let bobs = store.token("bb").await.expect("a read").expect("his token");
    assert_eq!(bobs.scopes, Scopes::USUAL, "nothing in it wakes up when he is promoted");
    let session = SessionStore::new(store.clone(), Arc::new(SystemClock));
    assert!(session.load(&Id(0)).await.expect("a read").is_some(), "nobody is signed out");

    let homes = store.homes(None).await.expect("a read").homes;
    assert_eq!(homes, [(user_id(1), "here".parse().expect("a worker"))].into(), "their home is known");
    assert_eq!((lab.resources.pids, &lab.nodes[0].runtime), (1024, &None), "as its nodes were made");
    assert!(lab.autostart && lab.nodes.iter().all(|node| node.tries == 0));

    assert_eq!(
        store.vcluster_counts().await.expect("a read"),
        [(lab.state(), 1)],
        "what follows from the rest is there"
    );
    assert_eq!(store.subnets_in(lab.subnet).await.expect("a read"), [lab.subnet]);

    let events = store.events_after(user_id(1), 0, 10).await.expect("a read").expect("kept events");
    assert!(matches!(&events[0].body, EventBody::Vcluster { vcluster, .. } if vcluster.operation.by.is_none()));

    let all = PageRequest { after: None, limit: 10 };
    let history = store.operations(OperationsOf::Vcluster(vcluster_id(7)), all).await.expect("a history");
    let told: Vec<_> = history.iter().map(|listed| (listed.operation.state, listed.by.clone())).collect();
    assert_eq!(told, [(OperationState::Running, None), (OperationState::Succeeded, None)], "nobody wrote down who");
    let own = store.operations(OperationsOf::Owner(user_id(1)), all).await.expect("a history");
    assert_eq!(own, history, "it is their vcluster");
    assert!(own.iter().all(|listed| listed.vcluster_name.as_ref() == Some(&lab.name)));

    assert_eq!(store.apps_of(vcluster_id(7)).await.expect("a read"), []);
    let mut transaction = store.begin().await.expect("the writer's place");
    let jupyter = domain::app::App { owner: user_id(1), ..app(&lab, 0, 8888) };
    transaction.insert_app(&jupyter).await.expect("an app of an old vcluster");
    let again = domain::app::App { label: AppLabel::from_random(99), ..jupyter.clone() };
    let refused =
        transaction.insert_app(&domain::app::App { id: domain::AppId::new(uuid::Uuid::from_u128(5)), ..again }).await;
    assert!(matches!(refused, Err(StoreError::Taken("port"))), "{refused:?}");
    transaction.commit().await.expect("a commit");
    assert_eq!(store.apps_of(vcluster_id(7)).await.expect("a read"), [jupyter]);
}
