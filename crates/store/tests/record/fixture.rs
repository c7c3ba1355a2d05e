//! A fresh record in a directory of its own, and things to put into it.

use std::{net::Ipv4Addr, path::PathBuf, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::store::{Account, Store, Transaction};
use domain::{
    NodeId, OperationId, UserId, VclusterId,
    node::Node,
    operation::{Operation, OperationKind},
    resources::Resources,
    user::{Role, User},
    vcluster::{Intent, NewNode, Vcluster},
};
use ipnet::Ipv4Net;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use store::{SqlStore, SqliteConfig, StoreConfig};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const NODE: Resources = Resources { cpu_milli: 1500, memory_mib: 512 };

/// The directory goes when this does.
pub(crate) struct Record {
    directory: TempDir,
    pub(crate) store: SqlStore,
}

impl Record {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let config = StoreConfig::at(directory.path().join("docklet.db"));
        let store = store::connect(&config).await.expect("an empty database");
        store::migrate(&store).await.expect("the schema");
        Self { directory, store }
    }

    /// With these users in it.
    pub(crate) async fn of(users: impl IntoIterator<Item = u128>) -> Self {
        let record = Self::new().await;
        let mut transaction = record.begin().await;
        for number in users {
            transaction.insert_account(&account(number)).await.expect("a new account");
        }
        transaction.commit().await.expect("a commit");
        record
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("docklet.db")
    }

    pub(crate) async fn begin(&self) -> Box<dyn Transaction> {
        self.store.begin().await.expect("the writer's place")
    }

    /// What another process would have: connections of its own, with this much patience.
    pub(crate) async fn elsewhere(&self, busy_timeout: Duration) -> SqlStore {
        let config = SqliteConfig { busy_timeout, ..SqliteConfig::at(self.path()) };
        store::connect(&config.into()).await.expect("the same database")
    }

    /// A connection that knows no rules.
    pub(crate) async fn plain(&self) -> DatabaseConnection {
        let url = format!("sqlite://{}", self.path().display());
        Database::connect(url).await.expect("a plain connection")
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.plain().await.execute_unprepared(sql).await.expect(sql);
    }

    pub(crate) async fn save(&self, vcluster: &Vcluster) {
        let mut transaction = self.begin().await;
        transaction.save_vcluster(vcluster, at(0)).await.expect("a saved vcluster");
        transaction.commit().await.expect("a commit");
    }
}

/// A time with a fraction that a careless column would lose, `seconds` after another one.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 123_456_000).expect("a time") + TimeDelta::seconds(seconds)
}

pub(crate) fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

pub(crate) fn vcluster_id(number: u128) -> VclusterId {
    VclusterId::new(Uuid::from_u128(number))
}

pub(crate) fn account(number: u128) -> Account {
    let name = format!("user-{number}").parse().expect("a name");
    let user = User { id: user_id(number), name, role: Role::User, locked: false, created_at: at(0) };
    Account { user, password_hash: Some(format!("hash of {number}")) }
}

pub(crate) fn operation(number: u128, kind: OperationKind) -> Operation {
    Operation::begin(OperationId::new(Uuid::from_u128(number)), kind, at(1))
}

/// Vcluster `lab-<number>` with this many nodes on worker `here`, being created. Ids of its nodes and operation follow from `number`.
pub(crate) fn vcluster(owner: u128, number: u128, nodes: u128) -> Vcluster {
    let create = operation(number * 1000, OperationKind::Create);
    let subnet = Ipv4Addr::from(0xAC14_0000 + u32::try_from(number).expect("a small number") * 32);
    let mut vcluster = Vcluster {
        id: vcluster_id(number),
        owner: user_id(owner),
        name: format!("lab-{number}").parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        resources: NODE,
        subnet: Ipv4Net::new(subnet, 27).expect("a subnet"),
        intent: Intent::Running,
        nodes: Vec::new(),
        operation: create.clone(),
        created_at: at(0),
    };
    let new = (0..nodes).map(|node| new_node(number * 1000 + node)).collect();
    vcluster.add_nodes(new, create).expect("room for nodes");
    vcluster
}

pub(crate) fn new_node(number: u128) -> NewNode {
    NewNode { id: NodeId::new(Uuid::from_u128(number)), worker: "here".parse().expect("a worker's name") }
}

/// Every field of the node is something other than what a new node has.
pub(crate) fn change_everything(node: &mut Node) {
    use domain::node::{Generation, NodeIntent, NodeState};
    node.worker = "there".parse().expect("a worker's name");
    node.generation = Generation(7);
    node.intent = NodeIntent::Restarting;
    node.state = NodeState::Lost;
    node.reason = Some("its host does not answer · 主机".into());
    node.reserved = false;
    node.running_since = Some(at(9));
    node.operation = OperationId::new(Uuid::from_u128(77));
}
