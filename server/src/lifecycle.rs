//! From start to end: what is brought up in which order, and how all of it ends within ten seconds.
//!
//! Nodes outlive the daemon: ending it leaves them running, and the next start adopts them. So ending is only this: accept
//! nothing new, let requests finish, tell streams to come back, stop the loops, stop etcd.

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, Result, bail};
use api::Backend;
use control::{
    Control,
    ports::clock::{Clock as _, SystemClock},
};
use etcd::{Etcd, EtcdConfig, embedded::EmbeddedEtcd};
use http::HeaderValue;
use leptos::config::LeptosOptions;
use rustix::process::{Resource, getrlimit, setrlimit};
use store::{ConnectError, Serving, SqlStore};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    compose::{self, Parts},
    config::{Config, Effective, Loaded, cargo_leptos},
    data_dir::DataDir,
    http::{
        apps::{AppEdge, hosts::Hosts},
        connections::Connections,
        known::KnownBrowsers,
        listen::{self, Door},
        provider_logout::ProviderLogouts,
        readiness::Readiness,
        revocation::{Renewal, Revocations},
        router::router,
        routes::console::package,
        session::Sessions,
        shares::Shares,
        shutdown::Shutdown,
        site::Site,
        tls::Tls,
    },
    installation::Installation,
    nodes,
    state::{AppState, Edge},
    takeover, telemetry,
};

/// For requests, streams and steps of the worker. Together with etcd's two seconds less than ten.
const PATIENCE: Duration = Duration::from_secs(7);
/// For providers that are being asked, from the beginning; they need no etcd.
const RENEWING: Duration = Duration::from_secs(9);
const CLOSING: Duration = Duration::from_millis(500);
/// How long a start waits for the database's server, and between two tries.
const DATABASE: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(1);

/// Runs the daemon until it is told to end.
pub async fn serve(loaded: Loaded, takeover: bool) -> Result<()> {
    let Loaded { config, effective } = loaded;
    let mut signals = Signals::listen()?;
    let data = DataDir::open(&config.server.data_dir)?;
    let _lock = data.lock()?;
    raise_descriptor_limit();
    let tls = config.tls.files().map(Tls::open).transpose().context("TLS cannot be served")?;
    let listener = bind(config.server.listen, "--listen").await?;
    let address = listener.local_addr()?;
    let begun = tokio::select! {
        begun = begin(&config, &data, address, takeover) => begun?,
        () = signals.next() => return Ok(()),
    };
    let mut running = run(&config, effective, &data, begun.parts, listener, tls)?;
    announce(&config, &data, address)?;
    let ended = tokio::select! {
        () = signals.next() => End::Asked,
        refused = takeover::until_superseded(&running.database, &begun.coordination, &begun.serving) => End::Refused(refused),
        ended = running.loops.join_next() => match ended {
            Some(Ok(Err(refused))) => End::Refused(refused),
            ended => End::Fault(format!("{ended:?}")),
        },
    };
    tracing::info!("ending");
    tokio::select! {
        () = running.end(begun.etcd) => {}
        () = signals.next() => {
            bail!("told to end twice, so it did not wait for what was going on");
        }
    }
    drop(begun.serving);
    match ended {
        End::Asked => Ok(()),
        End::Refused(why) => Err(why),
        End::Fault(ended) => bail!("a part of the daemon ended by itself ({ended}); this is a fault, please report it"),
    }
}

/// Why the daemon ends.
enum End {
    Asked,
    /// In a sentence.
    Refused(anyhow::Error),
    Fault(String),
}

struct Begun {
    parts: Parts,
    serving: Serving,
    coordination: Etcd,
    /// The one that is ours.
    etcd: Option<EmbeddedEtcd>,
}

/// Everything slow, side by side.
async fn begin(config: &Config, data: &DataDir, listens: SocketAddr, takeover: bool) -> Result<Begun> {
    let installation = nodes::installation(config, data)?;
    let database = async {
        let store = database(config, data).await?;
        let serving = store.serve(takeover).await?;
        ensure_administrator(config, data, &store).await?;
        Ok::<_, anyhow::Error>((store, serving))
    };
    let coordination = async {
        if let Some(external) = compose::external_etcd(config, installation) {
            return Ok((Etcd::connect(&external)?, None));
        }
        let ours = EmbeddedEtcd::start(compose::embedded_etcd(config, data)).await?;
        let endpoints = vec![ours.endpoint()];
        Ok::<_, anyhow::Error>((Etcd::connect(&EtcdConfig { endpoints, installation, credentials: None })?, Some(ours)))
    };
    let ((store, serving), (etcd, ours)) = tokio::try_join!(database, coordination)?;
    takeover::claim(&etcd, &serving, takeover || ours.is_some()).await?;
    let parts = compose::compose(config, data, store, etcd.clone(), listens)?;
    parts.control.federation.check_that_somebody_can_administer().await?;
    Ok(Begun { parts, serving, coordination: etcd, etcd: ours })
}

/// A server may begin when we do, after a restart of both, and be ready later.
async fn database(config: &Config, data: &DataDir) -> Result<SqlStore> {
    let patience = Instant::now() + DATABASE;
    loop {
        match compose::connect_store(config, data).await {
            Err(error) if may_pass(&error) && Instant::now() < patience => {
                tracing::warn!("the database is not ready yet: {error:#}");
                tokio::time::sleep(AGAIN).await;
            }
            opened => return opened,
        }
    }
}

fn may_pass(error: &anyhow::Error) -> bool {
    error.downcast_ref::<ConnectError>().is_some_and(ConnectError::may_pass)
}

/// The first start makes the first account. Its password is only ever in a file that our user alone can read.
async fn ensure_administrator(config: &Config, data: &DataDir, store: &SqlStore) -> Result<()> {
    if let Some(password) = compose::accounts(config, Arc::new(store.clone())).ensure_admin().await? {
        data.write_private(ADMIN_PASSWORD, &format!("{password}\n"))?;
    }
    Ok(())
}

const ADMIN_PASSWORD: &str = "admin-password";

struct Running {
    shutdown: Shutdown,
    stop: CancellationToken,
    database: SqlStore,
    /// Each runs until `stop`; one that ends before is a fault, or says why it may not go on.
    loops: JoinSet<Result<&'static str>>,
    /// Their loop, which is in `loops` too, is not cut off with the others: a token that a provider has given in exchange for
    /// another is to be written down.
    renewals: TaskTracker,
}

fn run(
    config: &Config,
    settings: Vec<Effective>,
    data: &DataDir,
    parts: Parts,
    listener: TcpListener,
    tls: Option<Tls>,
) -> Result<Running> {
    let Parts { control, reconciler, worker, nodes, database, sessions, readiness } = parts;
    let (shutdown, stop, revocations) = (Shutdown::default(), CancellationToken::new(), Revocations::default());
    let metrics = telemetry::metrics()?;
    let edge = Arc::new(edge(config)?);
    let https = tls.is_some() || edge.public_urls.first().is_some_and(crate::http::origin::Origin::is_https);
    let console = console(&edge, listener.local_addr()?);
    let state = AppState {
        control: control.clone(),
        backend: backend(control.clone(), readiness.clone(), settings, config, data),
        provider_logouts: ProviderLogouts::default(),
        clock: Arc::new(SystemClock),
        sessions: Sessions::new(sessions.clone(), config.sign_in.idle, https),
        known: KnownBrowsers::new(data.seal()?),
        revocations: revocations.clone(),
        shares: Shares::default(),
        shutdown: shutdown.clone(),
        edge,
        readiness,
        metrics: metrics.clone(),
        console,
    };
    let mut loops: JoinSet<Result<&'static str>> = JoinSet::new();
    if let Some(worker) = worker {
        let token = stop.clone();
        loops.spawn(async move {
            worker.run(token).await?;
            Ok::<_, anyhow::Error>("worker")
        });
    }
    let token = stop.clone();
    loops.spawn(async move {
        Box::pin(reconciler.run(token)).await;
        Ok("reconciler")
    });
    let renewals = TaskTracker::new();
    let renewing = renewals.spawn(control.federation.clone().run(stop.clone()));
    renewals.close();
    loops.spawn(async move {
        match renewing.await {
            Ok(()) => Ok("federation"),
            Err(_) => Ok("federation, which panicked"),
        }
    });
    let token = stop.clone();
    loops.spawn(async move {
        telemetry::keep_up(metrics, token).await;
        Ok("metrics")
    });
    let renewal = Renewal { clock: Arc::new(SystemClock), idle: config.sign_in.idle };
    shutdown.track(revocations.run(control, sessions, renewal, shutdown.clone()));
    if let Some(tls) = tls.clone() {
        shutdown.track(tls.keep_current(SystemClock, shutdown.clone()));
    }
    let door = Door {
        site: Site::new(router(state.clone()), AppEdge::new(state.clone(), nodes, limits(config)), state),
        header_timeout: config.server.header_timeout,
        tls,
        shutdown: shutdown.clone(),
    };
    shutdown.track(listen::serve(listener, connections(config), door));
    Ok(Running { shutdown, stop, database, loops, renewals })
}

/// What clients are answered from.
fn backend(
    control: Control,
    readiness: Readiness,
    settings: Vec<Effective>,
    config: &Config,
    data: &DataDir,
) -> Backend {
    let (base_image, data_dir) = (config.worker.base_image.clone(), data.path().to_owned());
    let started_at = SystemClock.now();
    let installation = Installation { control: control.clone(), readiness, settings, base_image, data_dir, started_at };
    Backend { control, clock: Arc::new(SystemClock), installation: Arc::new(installation) }
}

fn edge(config: &Config) -> Result<Edge> {
    Ok(Edge {
        public_urls: config.server.public_urls.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        connections_per_address: config.server.max_connections_per_address,
        hosts: Hosts::new(config.apps.domain.clone(), config.server.public_urls.clone(), config.apps.path_mode),
        site_root: compose::site_root(config)?,
        book: compose::book_root()?,
        reload: reload_sources(),
        hsts: hsts(config),
    })
}

/// Where leptos finds the console's files.
fn console(edge: &Edge, address: SocketAddr) -> LeptosOptions {
    LeptosOptions::builder()
        .output_name("docklet")
        .site_root(edge.site_root.to_string_lossy())
        .site_pkg_dir(package(&edge.site_root))
        .site_addr(address)
        .reload_port(cargo_leptos::reload_port().unwrap_or_default())
        .build()
}

/// How long an app may be silent.
fn limits(config: &Config) -> proxy::Limits {
    proxy::Limits { head: config.apps.answer_timeout, idle: config.apps.idle_timeout, ..proxy::Limits::default() }
}

fn reload_sources() -> String {
    let sources = |port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}");
    cargo_leptos::reload_port().map(sources).unwrap_or_default()
}

fn connections(config: &Config) -> Connections {
    let server = &config.server;
    Connections::new(server.max_connections, server.max_connections_per_address, &server.trusted_proxies)
}

fn hsts(config: &Config) -> Option<HeaderValue> {
    let remember = config.tls.hsts?;
    HeaderValue::try_from(format!("max-age={}", remember.as_secs())).ok()
}

impl Running {
    async fn end(&mut self, etcd: Option<EmbeddedEtcd>) {
        let renewed_by = Instant::now() + RENEWING;
        self.shutdown.begin();
        self.stop.cancel();
        let loops = async { while self.loops.join_next().await.is_some() {} };
        let (connections, loops) = tokio::join!(self.shutdown.wait(PATIENCE), tokio::time::timeout(PATIENCE, loops));
        if connections > 0 {
            tracing::warn!(connections, "some connections did not end in time and are cut");
        }
        if loops.is_err() {
            // Whatever they were in can be repeated.
            tracing::info!("work in progress is left for the next start");
            self.loops.abort_all();
        }
        let etcd = async {
            if let Some(etcd) = etcd {
                etcd.stop().await;
            }
        };
        let ((), renewed) = tokio::join!(etcd, tokio::time::timeout_at(renewed_by, self.renewals.wait()));
        if renewed.is_err() {
            tracing::warn!(
                "a provider has not answered in time about a session; whoever it is may have to sign in again"
            );
        }
        // Tasks that were cut off may still hold a connection; then the next start recovers what this one would have done.
        match tokio::time::timeout(CLOSING, self.database.clone().close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the database was not closed in order"),
            Err(_) => tracing::info!("the database is left open"),
        }
    }
}

pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

pub(crate) async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; choose another address with {flag}"))
}

/// Each stream into a node takes two descriptors, and three for datagrams; the usual soft limit of 1024 is for programs that use select(2).
pub(crate) fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
}

/// Tells the person who has started us which address to open. Never the password itself: output ends up in logs.
fn announce(config: &Config, data: &DataDir, address: SocketAddr) -> Result<()> {
    let scheme = if config.tls.files().is_some() { "https" } else { "http" };
    let url = config.server.public_urls.first().map_or_else(|| local_url(scheme, address), ToString::to_string);
    let mut text = format!("Docklet serves {url} (it listens on {address})\n");
    let password = data.join(ADMIN_PASSWORD);
    if password.exists() {
        text += &format!("The first administrator is admin; the password is in {}\n", password.display());
    }
    tracing::info!(%address, "serving");
    // Standard output may have no reader; serving goes on.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn local_url(scheme: &str, address: SocketAddr) -> String {
    let ip = address.ip();
    if ip.is_loopback() || ip.is_unspecified() {
        format!("{scheme}://localhost:{}", address.port())
    } else {
        format!("{scheme}://{address}")
    }
}
