//! Says that this worker is there, what it has, and why it cannot take nodes when it cannot. What is said waits for nothing
//! that the engine is asked: a lease runs out sooner than a question to an engine that hangs.

use std::{path::PathBuf, sync::Arc, time::Duration};

use control::ports::{
    coordination::{CoordinationError, WorkerInfo},
    engine::{EngineError, EngineInfo},
};
use ipnet::Ipv4Net;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior},
};

use crate::{host::Host, routes};

/// How long another worker may be one that has just ended: its lease has run out by then.
const PREDECESSOR: Duration = Duration::from_secs(15);
/// Announcements between two looks at the routes.
const LOOK_EVERY: u32 = 5;

/// What is known of the host.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    facts: Mutex<Facts>,
    /// Something is to be said at once.
    news: Notify,
    /// The routes are to be looked at at once.
    look: Notify,
}

#[derive(Debug, Default)]
struct Facts {
    engine: Option<EngineInfo>,
    engine_fault: Option<String>,
    firewall_fault: Option<String>,
    pids: Option<u64>,
    /// `None` before the first look.
    routed: Option<Vec<Ipv4Net>>,
}

impl Presence {
    pub(crate) fn engine_is_away(&self, error: &EngineError) {
        self.facts.lock().engine_fault = Some(error.to_string());
        self.has_changed();
    }

    /// It did something it was asked to do.
    pub(crate) fn engine_answers(&self) {
        if self.facts.lock().engine_fault.take().is_some() {
            self.has_changed();
        }
    }

    pub(crate) fn engine_is_back(&self, info: EngineInfo) {
        let mut facts = self.facts.lock();
        (facts.engine, facts.engine_fault) = (Some(info), None);
        self.has_changed();
    }

    /// What is wrong with the firewall, if anything is.
    pub(crate) fn firewall(&self, fault: Option<String>) {
        self.facts.lock().firewall_fault = fault;
        self.has_changed();
    }

    /// Where the engine keeps images; `None` while it has not said.
    pub(crate) fn engine_root(&self) -> Option<PathBuf> {
        let root = self.facts.lock().engine.as_ref().map(|engine| engine.root_dir.clone());
        root.filter(|root| root.is_absolute())
    }

    /// Something is routed that was not known.
    pub(crate) fn look_again(&self) {
        self.look.notify_one();
    }

    /// With the engine, what is routed may have changed, too.
    fn has_changed(&self) {
        self.news.notify_one();
        self.look.notify_one();
    }

    fn routes(&self, routed: Vec<Ipv4Net>) {
        let known = self.facts.lock().routed.replace(routed.clone());
        if known.is_none_or(|known| known != routed) {
            self.news.notify_one();
        }
    }

    fn info(&self, host: &Host) -> WorkerInfo {
        let facts = self.facts.lock();
        let engine = facts.engine.as_ref();
        let is_known = engine.is_some() && facts.routed.is_some();
        let unknown = || (!is_known).then(|| "the Docker Engine has not answered yet".to_owned());
        WorkerInfo {
            name: host.config.name.clone(),
            cpu_milli: engine.map_or(0, |engine| u64::from(engine.cpus) * 1000),
            memory_mib: engine.map_or(0, |engine| engine.memory_mib),
            pids: facts.pids,
            runtimes: engine.map_or_else(Default::default, |engine| engine.runtimes.clone()),
            routed: facts.routed.clone().unwrap_or_default(),
            unready: facts.engine_fault.clone().or_else(unknown).or_else(|| facts.firewall_fault.clone()),
            remark: host.firewall.remark(host.now()),
            stream: host.config.stream.clone(),
            id: Some(host.id.clone()),
        }
    }
}

/// Never ends by itself. An engine that hangs keeps the looks waiting, and not the announcements: the lease is shorter than
/// the time it is given to answer.
pub(crate) async fn run(host: Arc<Host>) {
    claim(&host).await;
    tokio::join!(announce(&host), look(&host));
}

async fn announce(host: &Host) {
    let mut ticks = tokio::time::interval(host.config.announce_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = false;
    let mut refused_since = None;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = host.presence.news.notified() => {}
        }
        let outcome = host.coordination.announce(&host.presence.info(host)).await;
        match &outcome {
            Ok(()) => {
                refused_since = None;
                host.is_there.send_replace(true);
            }
            Err(CoordinationError::Refused(why)) => {
                if refused_since.get_or_insert_with(Instant::now).elapsed() > PREDECESSOR {
                    host.refuse(why);
                }
            }
            Err(_) => {}
        }
        if let Err(error) = &outcome
            && !silent
        {
            tracing::warn!(%error, "this worker cannot say that it is there; it goes on trying");
        }
        silent = outcome.is_err();
    }
}

/// Says that it is there before anything is asked of the engine, which may take its time: assignments are taken in meanwhile.
/// No nodes are placed on it before it has said what it has. When this fails, the next announcement does it.
async fn claim(host: &Host) {
    let begun = Some("the worker has just started".to_owned());
    let info = WorkerInfo { unready: begun, ..host.presence.info(host) };
    if host.coordination.announce(&info).await.is_ok() {
        host.is_there.send_replace(true);
    }
}

/// How many processes and threads the kernel can have at a time: the lower of its two limits. Both can be raised while it runs.
pub fn most_pids() -> Option<u64> {
    let limit = |name: &str| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok()?.trim().parse().ok();
    ["pid_max", "threads-max"].into_iter().filter_map(limit).min()
}

async fn look(host: &Host) {
    let mut ticks = tokio::time::interval(host.config.announce_every * LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = host.presence.look.notified() => {}
        }
        host.presence.facts.lock().pids = most_pids();
        match routes::routed(host).await {
            Ok(routed) => host.presence.routes(routed),
            Err(error) => {
                tracing::warn!(%error, "the networks this host routes cannot be listed; the last list is kept");
            }
        }
    }
}
