//! The worker itself: its parts put together, started, and ended in order.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use control::ports::{clock::Clock, coordination::WorkerCoordination, engine::Engine};
use domain::name::WorkerName;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    assignment_watcher::AssignmentWatcher, config::WorkerConfig, disk, firewall, host::Host, images, init_binary,
    presence, run_dir, sweep, usage, watch,
};

/// For steps that are under way when the worker ends. What is not done by then, the next start finds half done and finishes.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// Why a worker cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the data directory must be an absolute path, because the engine mounts parts of it: {0}")]
    RelativeDataDir(PathBuf),
    #[error("the data directory {path} cannot be used: {fault}")]
    DataDir { path: PathBuf, fault: io::Error },
    /// Under another name it would find no assignment for its nodes, and remove them.
    #[error(
        "this host's worker was called {was} and is now to be called {now}, but its nodes belong to {was}; \
         call it {was} again, or, to give them up, remove {file}"
    )]
    Renamed { was: String, now: WorkerName, file: PathBuf },
    #[error("{0}")]
    Refused(String),
    #[error("docklet-init cannot be copied from {path}: {fault}; build it, or say where it is")]
    Init { path: PathBuf, fault: io::Error },
}

/// One host's worker. Implements [`NodeLink`](control::ports::node::NodeLink) and [`Usages`](control::ports::usage::Usages)
/// for the nodes of its host.
#[derive(Clone, derive_more::Debug)]
#[debug("Worker {{ config: {:?} }}", host.config)]
pub struct Worker {
    pub(crate) host: Arc<Host>,
}

impl Worker {
    /// Prepares the data directory and the copy of docklet-init. Asks neither engine nor coordination; either may be away.
    pub fn open(
        config: WorkerConfig,
        engine: Arc<dyn Engine>,
        coordination: Arc<dyn WorkerCoordination>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WorkerError> {
        if !config.data_dir.is_absolute() {
            return Err(WorkerError::RelativeDataDir(config.data_dir));
        }
        let unusable = |fault| WorkerError::DataDir { path: config.data_dir.clone(), fault };
        let nodes = config.data_dir.join("nodes");
        DirBuilder::new().recursive(true).mode(0o700).create(nodes).map_err(unusable)?;
        let file = config.data_dir.join("worker-name");
        let was = keep(&file, config.name.as_str()).map_err(unusable)?;
        let id = keep(&config.data_dir.join("worker-id"), &Uuid::new_v4().to_string()).map_err(unusable)?;
        if was != config.name.as_str() {
            return Err(WorkerError::Renamed { was, now: config.name, file });
        }
        let init = init_binary::install(&config.init, &config.data_dir)
            .map_err(|fault| WorkerError::Init { path: config.init.clone(), fault })?;
        let end = CancellationToken::new();
        Ok(Self { host: Arc::new(Host::new(config, init, engine, coordination, clock, id, end)) })
    }

    /// Works until `end` is cancelled, then finishes the steps under way. Nodes go on running. To be called once.
    ///
    /// # Errors
    /// [`WorkerError::Refused`] when the installation has another worker.
    pub async fn run(&self, end: CancellationToken) -> Result<(), WorkerError> {
        let host = &self.host;
        let over = host.end.clone();
        // Everything below stops with `host.end`, which fires with `end` and also when this future is dropped.
        let _guard = over.clone().drop_guard();
        let tasks = &host.tasks;
        let watched = Arc::clone(host);
        self.spawn(watch::run(Arc::clone(host)));
        self.spawn(presence::run(Arc::clone(host)));
        self.spawn(firewall::run(Arc::clone(host)));
        self.spawn(sweep::run(Arc::clone(host)));
        self.spawn(usage::run(Arc::clone(host)));
        self.spawn(disk::run(Arc::clone(host)));
        self.spawn(images::run(Arc::clone(host)));
        self.spawn(async move {
            // An error means that the worker ends.
            let _ = watched.is_there.subscribe().wait_for(|is_there| *is_there).await;
            AssignmentWatcher::open(watched).await.serve().await;
        });
        let data_dir = host.config.data_dir.clone();
        tokio::task::spawn_blocking(move || run_dir::clear_left(&data_dir));
        let told = Arc::clone(host);
        // Told until all others have ended, so that their last words are told, too.
        let silence = CancellationToken::new();
        let teller = tokio::spawn({
            let silence = silence.clone();
            async move { told.reports.tell(told.coordination.as_ref(), &silence).await }
        });
        tokio::select! {
            () = end.cancelled() => {}
            () = over.cancelled() => {}
        }
        over.cancel();
        tasks.close();
        if tokio::time::timeout(LAST_STEPS, tasks.wait()).await.is_err() {
            tracing::warn!(unfinished = tasks.len(), "steps under way are left to the next start");
        }
        silence.cancel();
        if let Err(error) = teller.await {
            tracing::error!(%error, "the task that tells reports has broken off");
        }
        host.refusal().map_or(Ok(()), |why| Err(WorkerError::Refused(why.clone())))
    }

    /// A task that ends when the worker does.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.host.end.clone();
        self.host.tasks.spawn(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = task => tracing::error!("a task of the worker has ended before the worker"),
            }
        });
    }
}

/// Remembers the text when there is none yet; returns the one that is remembered.
fn keep(file: &Path, text: &str) -> io::Result<String> {
    match fs::read_to_string(file) {
        Ok(there) if !there.trim().is_empty() => Ok(there.trim().to_owned()),
        // Empty: a worker was ended while writing it.
        Ok(_) => fs::write(file, format!("{text}\n")).map(|()| text.to_owned()),
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => {
            fs::write(file, format!("{text}\n")).map(|()| text.to_owned())
        }
        Err(fault) => Err(fault),
    }
}
