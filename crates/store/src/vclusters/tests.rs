//! How many statements lists and saves need, counted where they are made.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use chrono::DateTime;
use domain::{
    OperationId,
    operation::{Operation, OperationKind},
    resources::Resources,
    vcluster::{Intent, NewNode},
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::*;

const NODES: u128 = 3;

fn vcluster(number: u128) -> Vcluster {
    let id = OperationId::new(Uuid::from_u128(number));
    let create = Operation::begin(id, OperationKind::Create, DateTime::UNIX_EPOCH);
    let mut vcluster = Vcluster {
        id: VclusterId::new(Uuid::from_u128(number)),
        owner: UserId::new(Uuid::nil()),
        name: format!("lab-{number}").parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        resources: Resources { cpu_milli: 1000, memory_mib: 512, pids: 512 },
        subnet: format!("172.20.{number}.0/27").parse().expect("a subnet"),
        intent: Intent::Running,
        nodes: Vec::new(),
        operation: create.clone(),
        created_at: DateTime::UNIX_EPOCH,
        autostart: true,
        description: Default::default(),
    };
    let worker = || "here".parse().expect("a worker's name");
    let ids = (0..NODES).map(|node| NodeId::new(Uuid::from_u128(number * NODES + node)));
    vcluster
        .add_nodes(ids.map(|id| NewNode { id, worker: worker(), runtime: None }).collect(), create)
        .expect("room for nodes");
    vcluster
}

/// A database in memory with one user, and the number of statements it was asked so far.
async fn counted() -> (DatabaseConnection, Arc<AtomicUsize>) {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let mut db = Database::connect(options).await.expect("a database");
    Migrator::up(&db, None).await.expect("the schema");
    let user = "INSERT INTO users (id, name, role, locked, created_at) VALUES (zeroblob(16), 'ada', 'user', 0, '')";
    db.execute_unprepared(user).await.expect("a user");
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    db.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (db, statements)
}

#[tokio::test]
async fn however_long_a_list_is_it_takes_two_statements() {
    let (db, statements) = counted().await;
    for number in 1..=40 {
        save::save(&db, &vcluster(number), DateTime::UNIX_EPOCH).await.expect("a save");
    }
    let owner = UserId::new(Uuid::nil());
    for limit in [1, 7, 40] {
        statements.store(0, Ordering::Relaxed);
        let listed = page(&db, owner, PageRequest { after: None, limit }).await.expect("a read");
        assert_eq!((listed.vclusters.len(), statements.load(Ordering::Relaxed)), (limit as usize, 2));
        assert!(listed.vclusters.iter().all(|vcluster| vcluster.nodes.len() == NODES as usize));
    }
    statements.store(0, Ordering::Relaxed);
    assert_eq!((all(&db).await.expect("a read").vclusters.len(), statements.load(Ordering::Relaxed)), (40, 2));
}

#[tokio::test]
async fn however_large_a_vcluster_is_it_is_saved_in_eight_statements() {
    let (db, statements) = counted().await;
    save::save(&db, &vcluster(1), DateTime::UNIX_EPOCH).await.expect("a save");
    assert_eq!(statements.load(Ordering::Relaxed), 8, "one of them for its worker");
}
