//! Where adapters meet control: every part is made here, from the configuration, and handed to the parts that need it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use control::{
    Control, Policy, Ports,
    accounts::Accounts,
    jobs::JobPolicy,
    ports::{
        clock::{SystemClock, SystemEntropy},
        coordination::AssignmentPublisher,
        engine::Engine,
        node::NodeLink,
        store::Store,
    },
    reconcile::Reconciler,
};
use domain::{
    InstallationId,
    image::{ImageRef, ImageRules},
};
use etcd::{Credentials, Etcd, EtcdConfig, embedded::EmbeddedConfig};
use scheduler::Overcommit;
use store::{PostgresConfig, SessionStore, SqlStore, SqliteConfig, StoreConfig};
use worker::Worker;

use crate::{
    config::{Config, cargo_leptos, database::DatabaseUrl, setting::secret_in},
    data_dir::DataDir,
    federation::federation,
    http::readiness::{Question, Readiness},
    nodes::Nodes,
};

/// Everything that runs, put together.
pub struct Parts {
    pub control: Control,
    pub reconciler: Reconciler,
    /// The worker of this process, if it has one.
    pub worker: Option<Arc<Worker>>,
    pub nodes: Arc<dyn NodeLink>,
    pub database: SqlStore,
    pub sessions: SessionStore,
    pub readiness: Readiness,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("control", &self.control).finish_non_exhaustive()
    }
}

/// Puts everything together. `etcd` answers already; `listens` is where we listen.
pub fn compose(config: &Config, data: &DataDir, database: SqlStore, etcd: Etcd, listens: SocketAddr) -> Result<Parts> {
    let etcd = Arc::new(etcd);
    let Nodes { link: nodes, usages, here } = Nodes::open(config, data, &etcd, listens)?;
    let (worker, engine) = here.map(|here| (here.worker, here.engine)).unzip();
    let sessions = SessionStore::new(database.clone(), Arc::new(SystemClock)).bounded(config.sign_in.bounds());
    let store: Arc<dyn Store> = Arc::new(database.clone());
    let ports = Ports {
        store: store.clone(),
        publisher: etcd.clone(),
        nodes: nodes.clone(),
        usages,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    };
    let (control, reconciler) = Control::new(&ports, policy(config)?);
    let control = control.with_federation(federation(config, data, &ports)?).with_fresh_sign_in(config.sign_in.fresh());
    let readiness = readiness(database.clone(), etcd, engine, control.clone());
    Ok(Parts { control, reconciler, worker, nodes, database, sessions, readiness })
}

/// Opens the database and brings it up to date, beside whichever process serves it.
pub async fn open_store(config: &Config, data: &DataDir) -> Result<SqlStore> {
    let store = connect_store(config, data).await?;
    store::migrate(&store).await?;
    Ok(store)
}

/// Opens the database as it is, to serve it.
pub async fn connect_store(config: &Config, data: &DataDir) -> Result<SqlStore> {
    let database = match &config.database.url {
        Some(url) => StoreConfig::from(postgres(config, url)?),
        None => StoreConfig::from(SqliteConfig {
            busy_timeout: config.database.acquire_timeout,
            ..SqliteConfig::at(database_file(config, data))
        }),
    };
    Ok(store::connect(&database).await?)
}

/// The record's file, where it is one.
pub fn database_file(config: &Config, data: &DataDir) -> PathBuf {
    config.database.path.clone().unwrap_or_else(|| data.join("docklet.db"))
}

/// The record's server at this URL.
pub fn postgres(config: &Config, url: &DatabaseUrl) -> Result<PostgresConfig> {
    let settings = &config.database;
    let file = settings.password_file.as_deref();
    let password = file.map(|path| secret_in("database.password_file", path)).transpose()?;
    Ok(PostgresConfig {
        password: password.map(|secret| secret.0),
        pool_size: settings.pool_size,
        acquire_timeout: settings.acquire_timeout,
        statement_timeout: settings.statement_timeout,
        ..PostgresConfig::at(url.expose())
    })
}

/// Accounts alone, for the command line.
pub fn accounts(config: &Config, store: Arc<dyn Store>) -> Accounts {
    Accounts::new(
        store,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
        config.limits.quota_policy(config.worker.pids.0),
    )
}

/// Where etcd is, when dockletd does not run its own.
pub fn external_etcd(config: &Config, installation: InstallationId) -> Option<EtcdConfig> {
    let settings = &config.etcd;
    let credentials = settings.user.clone().map(|user| {
        let password = settings.password.clone().map(|secret| secret.0).unwrap_or_default();
        Credentials { user, password }
    });
    let endpoints = settings.endpoints.clone();
    (!endpoints.is_empty()).then_some(EtcdConfig { endpoints, installation, credentials })
}

/// How to run an etcd of our own.
pub fn embedded_etcd(config: &Config, data: &DataDir) -> EmbeddedConfig {
    EmbeddedConfig { binary: config.etcd.binary.clone(), ..EmbeddedConfig::new(data.join("etcd")) }
}

fn policy(config: &Config) -> Result<Policy> {
    let overcommit = Overcommit { cpu: config.worker.cpu_overcommit, memory: config.worker.memory_overcommit };
    let images = ImageRules { registries: config.images.registries.clone(), base: base_image(config)? };
    let pids = config.worker.pids.0;
    let quota_policy = config.limits.quota_policy(pids);
    let (cluster_net, jobs) = (config.network.cluster_net, JobPolicy::default());
    Ok(Policy { quota_policy, cluster_net, overcommit, images, pids, jobs })
}

/// The image that new vclusters are offered.
pub fn base_image(config: &Config) -> Result<ImageRef> {
    let name = &config.worker.base_image;
    name.parse().with_context(|| format!("worker.base_image: {name}"))
}

/// docklet-init: where the configuration says, or beside this program.
pub fn init(config: &Config) -> Result<PathBuf> {
    config.worker.init.clone().map_or_else(|| beside_us("docklet-init"), Ok)
}

/// A program or folder beside this program.
fn beside_us(name: &str) -> Result<PathBuf> {
    let us = std::env::current_exe().context("cannot find out where this program is")?;
    Ok(us.parent().unwrap_or(Path::new(".")).join(name))
}

/// The book's files: beside this program, or one directory up.
pub fn book_root() -> Result<PathBuf> {
    let (beside, above) = (beside_us("book")?, beside_us("../book")?);
    Ok(if beside.is_dir() { beside } else { above })
}

/// The console's files: where the configuration says, where cargo-leptos says, beside this program, or one directory up.
pub fn site_root(config: &Config) -> Result<PathBuf> {
    if let Some(root) = &config.server.site_root {
        return Ok(root.clone());
    }
    if let Some(root) = cargo_leptos::site_root() {
        return Ok(root);
    }
    let (beside, above) = (beside_us("site")?, beside_us("../site")?);
    Ok(if beside.is_dir() { beside } else { above })
}

fn readiness(database: SqlStore, etcd: Arc<Etcd>, engine: Option<Arc<dyn Engine>>, control: Control) -> Readiness {
    let mut parts: Vec<(&'static str, Question)> = vec![
        (
            "database",
            Box::new(move || {
                let database = database.clone();
                Box::pin(async move { database.version().await.map(Some).map_err(|error| error.to_string()) })
            }),
        ),
        (
            "coordination",
            Box::new(move || {
                let etcd = etcd.clone();
                Box::pin(async move {
                    etcd.ping().await.map_err(|error| error.to_string())?;
                    etcd.version().await.map(Some).map_err(|error| error.to_string())
                })
            }),
        ),
    ];
    // Else it is the worker's, which says in its presence how it is.
    if let Some(engine) = engine {
        parts.push((
            "engine",
            Box::new(move || {
                let engine = engine.clone();
                Box::pin(async move {
                    engine.info().await.map(|info| Some(info.version)).map_err(|error| error.to_string())
                })
            }),
        ));
    }
    parts.push((
        "hosts",
        Box::new(move || Box::pin(std::future::ready(control.vclusters.unready().map_or(Ok(None), Err)))),
    ));
    Readiness::new(parts)
}
