//! A fresh record in a database of its own, of either kind, and things to put into it.

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
use store::{PostgresConfig, SqlStore, SqliteConfig, StoreConfig};
use tempfile::TempDir;
use testkit::RealPostgres;
use tokio::sync::OnceCell;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) const NODE: Resources = Resources { cpu_milli: 1500, memory_mib: 512, pids: 700 };

/// A kind of database: how a test gets one of its own.
pub(crate) trait Kind: Sized {
    /// Waits of another process, at the shortest: a server's connections take their time.
    const HASTE: Duration;

    /// An empty place for a database.
    async fn empty() -> Self;
    /// One with the schema, and the record in it.
    async fn migrated() -> (Self, SqlStore);
    fn config(&self, patience: Duration) -> StoreConfig;
    /// For connections that know no rules.
    fn url(&self) -> String;
}

/// The directory goes when this does.
pub(crate) struct Sqlite(TempDir);

impl Sqlite {
    fn path(&self) -> PathBuf {
        self.0.path().join("docklet.db")
    }
}

impl Kind for Sqlite {
    const HASTE: Duration = Duration::from_millis(150);

    async fn empty() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    async fn migrated() -> (Self, SqlStore) {
        let place = Self::empty().await;
        let store = opened(&place).await;
        (place, store)
    }

    fn config(&self, busy_timeout: Duration) -> StoreConfig {
        SqliteConfig { busy_timeout, ..SqliteConfig::at(self.path()) }.into()
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }
}

/// A database on the server that all tests of this program share.
pub(crate) struct Postgres(pub(crate) String);

/// Every test's database is a copy of this one, which is quicker than the steps.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

impl Kind for Postgres {
    const HASTE: Duration = Duration::from_millis(700);

    async fn empty() -> Self {
        Self(RealPostgres::shared().database(None))
    }

    async fn migrated() -> (Self, SqlStore) {
        let template = TEMPLATE.get_or_init(async || {
            let first = Self::empty().await;
            opened(&first).await.close().await.expect("an orderly end");
            first.0
        });
        let place = Self(RealPostgres::shared().database(Some(template.await)));
        let store = store::connect(&place.config(PATIENCE)).await.expect("the database");
        (place, store)
    }

    fn config(&self, acquire_timeout: Duration) -> StoreConfig {
        PostgresConfig { acquire_timeout, ..PostgresConfig::at(self.url()) }.into()
    }

    fn url(&self) -> String {
        RealPostgres::shared().url(&self.0)
    }
}

async fn opened(place: &impl Kind) -> SqlStore {
    let store = store::connect(&place.config(PATIENCE)).await.expect("an empty database");
    store::migrate(&store).await.expect("the schema");
    store
}

/// A fresh record in a database of its own.
pub(crate) struct Record<K> {
    pub(crate) place: K,
    pub(crate) store: SqlStore,
}

impl<K: Kind> Record<K> {
    pub(crate) async fn new() -> Self {
        let (place, store) = K::migrated().await;
        Self { place, store }
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

    pub(crate) async fn begin(&self) -> Box<dyn Transaction> {
        self.store.begin().await.expect("the writer's place")
    }

    /// What another process would have: connections of its own, with this much patience.
    pub(crate) async fn elsewhere(&self, patience: Duration) -> SqlStore {
        store::connect(&self.place.config(patience)).await.expect("the same database")
    }

    /// A connection that knows no rules.
    pub(crate) async fn plain(&self) -> DatabaseConnection {
        Database::connect(self.place.url()).await.expect("a plain connection")
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

impl Record<Sqlite> {
    pub(crate) fn path(&self) -> PathBuf {
        self.place.path()
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
        autostart: true,
        description: Default::default(),
    };
    let new = (0..nodes).map(|node| new_node(number * 1000 + node)).collect();
    vcluster.add_nodes(new, create).expect("room for nodes");
    vcluster
}

pub(crate) fn new_node(number: u128) -> NewNode {
    NewNode {
        id: NodeId::new(Uuid::from_u128(number)),
        worker: "here".parse().expect("a worker's name"),
        runtime: None,
    }
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
    node.tries = 2;
    node.runtime = Some("runsc".parse().expect("a runtime"));
    node.operation = OperationId::new(Uuid::from_u128(77));
}

/// Every address there is.
pub(crate) fn everywhere() -> Ipv4Net {
    Ipv4Net::default()
}
