//! What all tasks of a worker share. Owns the parts, decides nothing.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use chrono::{DateTime, Utc};
use control::ports::{
    clock::Clock,
    coordination::WorkerCoordination,
    engine::{Engine, EngineError, EngineInfo},
};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::WorkerConfig, disk::Disk, firewall::Firewall, host_restarts::Restarts, images::Images,
    instance_registry::InstanceRegistry, networks::Networks, orphans::Orphans, out_of_memory::OutOfMemories,
    presence::Presence, pulls::Pulls, reports::Reports, usage::Usage,
};

/// Stops in progress at once. Stopping is mostly waiting for a node to end, so many may wait.
const STOPS_AT_ONCE: usize = 64;

/// One host.
pub(crate) struct Host {
    pub(crate) config: WorkerConfig,
    /// The copy of docklet-init that nodes are given.
    pub(crate) init: PathBuf,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) coordination: Arc<dyn WorkerCoordination>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) instances: InstanceRegistry,
    pub(crate) orphans: Orphans,
    pub(crate) reports: Reports,
    pub(crate) networks: Networks,
    pub(crate) pulls: Pulls,
    pub(crate) images: Images,
    pub(crate) firewall: Firewall,
    pub(crate) restarts: Restarts,
    pub(crate) presence: Presence,
    pub(crate) usage: Usage,
    pub(crate) out_of_memories: OutOfMemories,
    pub(crate) disk: Disk,
    /// Held while the engine creates, starts or removes.
    pub(crate) permits: Semaphore,
    pub(crate) stops: Semaphore,
    /// Asks for a sweep before its time.
    pub(crate) sweep_soon: Notify,
    /// This worker's own, whatever it is called.
    pub(crate) id: String,
    /// Coordination has taken it for this installation's worker. Before that it carries nothing out.
    pub(crate) is_there: watch::Sender<bool>,
    /// Why there is no place for it.
    refused: OnceLock<String>,
    pub(crate) end: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Host {
    pub(crate) fn new(
        config: WorkerConfig,
        init: PathBuf,
        engine: Arc<dyn Engine>,
        coordination: Arc<dyn WorkerCoordination>,
        clock: Arc<dyn Clock>,
        id: String,
        end: CancellationToken,
    ) -> Self {
        Self {
            init,
            engine,
            coordination,
            clock,
            instances: InstanceRegistry::default(),
            orphans: Orphans::default(),
            reports: Reports::new(config.name.clone()),
            networks: Networks::default(),
            pulls: Pulls::default(),
            images: Images::open(&config.data_dir),
            firewall: Firewall::default(),
            restarts: Restarts::open(config.data_dir.join("engine.json"), config.boot_id.clone()),
            presence: Presence::default(),
            usage: Usage::default(),
            out_of_memories: OutOfMemories::default(),
            disk: Disk::default(),
            permits: Semaphore::new(config.parallel),
            stops: Semaphore::new(STOPS_AT_ONCE),
            sweep_soon: Notify::new(),
            id,
            is_there: watch::Sender::new(false),
            refused: OnceLock::new(),
            end,
            tasks: TaskTracker::new(),
            config,
        }
    }

    /// Ends the worker: there is another one.
    pub(crate) fn refuse(&self, why: &str) {
        // The first reason stays.
        let _ = self.refused.set(why.to_owned());
        self.end.cancel();
    }

    pub(crate) fn refusal(&self) -> Option<&String> {
        self.refused.get()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Asks the engine whether it is still the same one; returns what it says of itself. A container's end can only be
    /// judged once the last restart is known, and the hint to look may come before that.
    pub(crate) async fn look_for_restart(&self) -> Result<EngineInfo, EngineError> {
        let info = self.engine.info().await?;
        self.restarts.answers(&info, self.now());
        Ok(info)
    }

    /// Does a piece of work on the engine when its turn has come.
    pub(crate) async fn in_turn<T>(
        &self,
        turns: &Semaphore,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        // The semaphores are never closed; were one closed, the work would only be done without waiting.
        let _turn = turns.acquire().await.ok();
        work.await
    }
}
