//! One watch over a vcluster's apps for all its watchers: a task per watched vcluster, which ends with its last watcher.
//!
//! Listens to the nodes' ports and to the vcluster's own changes; probes services from time to time, because they fail
//! without a port changing. Nodes are in tenants' hands: however fast they change, probes have pauses between them.

use std::{collections::HashMap, pin::Pin, sync::Arc, time::Duration};

use domain::{NodeId, VclusterId, name::NodeName, vcluster::Vcluster};
use futures::{FutureExt, Stream, StreamExt, stream};
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, broadcast, watch},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_stream::StreamMap;

use super::{
    Apps,
    probe::{self, ProbeResult},
    record::Names,
    view::{self, AppView},
};
use crate::{
    Error,
    ports::{
        node::{ListeningPort, NodeAddress, NodeLink},
        store::{EventBody, StoredEvent},
    },
};

/// How often services are probed.
const SERVICES: Duration = Duration::from_secs(2);
/// Between two probes, …
const PAUSE: Duration = Duration::from_millis(50);
/// … and after one that had something to write down.
const LONG_PAUSE: Duration = Duration::from_millis(500);
/// Changes that are taken in at once, so that a node that never stops changing cannot keep us.
const CATCH_UP: usize = 256;
/// Before a node is asked again that has broken off, and before the record is read again that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// What watchers see.
#[derive(Debug, Clone, Default)]
pub(super) enum AppsSnapshot {
    #[default]
    NotYet,
    Apps {
        apps: Arc<Vec<AppView>>,
        nodes: Arc<Vec<(NodeName, NodeAddress)>>,
    },
    /// The vcluster is gone.
    Gone,
}

struct Watch {
    snapshot: watch::Sender<AppsSnapshot>,
    refresh: Notify,
}

/// The tasks there are.
#[derive(Clone, Default)]
pub(super) struct Watches(Arc<Mutex<HashMap<VclusterId, Arc<Watch>>>>);

impl Watches {
    /// Something about these apps was changed through us.
    pub(super) fn notify(&self, id: VclusterId) {
        if let Some(watch) = self.0.lock().get(&id) {
            watch.refresh.notify_one();
        }
    }

    /// Joins the watch over this vcluster; begins it when there is none.
    pub(super) fn join(&self, apps: &Apps, vcluster: Vcluster) -> watch::Receiver<AppsSnapshot> {
        let mut watches = self.0.lock();
        if let Some(watch) = watches.get(&vcluster.id) {
            return watch.snapshot.subscribe();
        }
        let (snapshot, watcher) = watch::channel(AppsSnapshot::NotYet);
        let watch = Arc::new(Watch { snapshot, refresh: Notify::new() });
        watches.insert(vcluster.id, watch.clone());
        let leave = Leave { watches: self.clone(), id: vcluster.id, watch: watch.clone() };
        let events = apps.events.listen();
        let guard = Guard {
            apps: apps.clone(),
            watch,
            events,
            vcluster,
            probed: ProbeResult::default(),
            ports: StreamMap::new(),
        };
        tokio::spawn(guard.run(leave));
        watcher
    }
}

/// Takes a watch out of the map when its task ends, however it ends.
struct Leave {
    watches: Watches,
    id: VclusterId,
    watch: Arc<Watch>,
}

impl Leave {
    /// Whether the last watcher has left; then no other can join, because both are done under the lock.
    fn if_alone(&self) -> bool {
        let mut watches = self.watches.0.lock();
        let alone = self.watch.snapshot.receiver_count() == 0;
        if alone {
            self.remove(&mut watches);
        }
        alone
    }

    /// There may be another watch over the same vcluster already.
    fn remove(&self, watches: &mut HashMap<VclusterId, Arc<Watch>>) {
        if watches.get(&self.id).is_some_and(|watch| Arc::ptr_eq(watch, &self.watch)) {
            watches.remove(&self.id);
        }
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        self.remove(&mut self.watches.0.lock());
    }
}

type Ports = Pin<Box<dyn Stream<Item = Option<Vec<ListeningPort>>> + Send>>;

/// Watches over one vcluster.
struct Guard {
    apps: Apps,
    watch: Arc<Watch>,
    events: broadcast::Receiver<Arc<StoredEvent>>,
    vcluster: Vcluster,
    probed: ProbeResult,
    ports: StreamMap<NodeId, Ports>,
}

/// What has woken the guard.
enum Woken {
    Unwatched,
    Ports(NodeId, Option<Vec<ListeningPort>>),
    Event(Result<Arc<StoredEvent>, broadcast::error::RecvError>),
    Refresh,
}

impl Guard {
    async fn run(mut self, leave: Leave) {
        let mut services = interval(SERVICES);
        services.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.follow_nodes();
            let woken = tokio::select! {
                () = self.watch.snapshot.closed() => Woken::Unwatched,
                Some((node, ports)) = self.ports.next() => Woken::Ports(node, ports),
                event = self.events.recv() => Woken::Event(event),
                () = self.watch.refresh.notified() => Woken::Refresh,
                _ = services.tick() => Woken::Refresh,
            };
            match self.take(woken, &leave).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, vcluster = %self.vcluster.id, "a watched vcluster could not be looked at");
                    sleep(RETRY).await;
                    self.watch.refresh.notify_one();
                }
            }
        }
    }

    /// Whether to go on.
    async fn take(&mut self, woken: Woken, leave: &Leave) -> Result<bool, Error> {
        match woken {
            Woken::Unwatched => return Ok(!leave.if_alone()),
            Woken::Ports(node, ports) => {
                self.see(node, ports);
                self.catch_up();
            }
            Woken::Event(event) => match self.hear(event).await? {
                Heard::Nothing => return Ok(true),
                Heard::Change => {}
                Heard::Gone => {
                    self.watch.snapshot.send_replace(AppsSnapshot::Gone);
                    return Ok(false);
                }
            },
            Woken::Refresh => {}
        }
        self.probed.services = probe::services_of(&*self.apps.nodes, &self.vcluster).await.unwrap_or_default();
        let wrote = self.show().await?;
        sleep(if wrote { LONG_PAUSE } else { PAUSE }).await;
        Ok(true)
    }

    fn see(&mut self, node: NodeId, ports: Option<Vec<ListeningPort>>) {
        match ports {
            Some(ports) => self.probed.ports.insert(node, ports),
            None => self.probed.ports.remove(&node),
        };
    }

    /// What has changed again meanwhile: only what is true now is worth a probe.
    fn catch_up(&mut self) {
        for _ in 0..CATCH_UP {
            let Some(Some((node, ports))) = self.ports.next().now_or_never() else { return };
            self.see(node, ports);
        }
    }

    async fn hear(&mut self, event: Result<Arc<StoredEvent>, broadcast::error::RecvError>) -> Result<Heard, Error> {
        let Ok(event) = event else {
            // Too much has happened meanwhile to have heard it all.
            let Some(vcluster) = self.apps.store.vcluster(self.vcluster.id).await? else { return Ok(Heard::Gone) };
            self.vcluster = vcluster;
            return Ok(Heard::Change);
        };
        match &event.body {
            EventBody::Vcluster { vcluster, .. } if vcluster.id == self.vcluster.id => {
                self.vcluster = (**vcluster).clone();
                Ok(Heard::Change)
            }
            EventBody::VclusterGone { id, .. } if *id == self.vcluster.id => Ok(Heard::Gone),
            EventBody::Vcluster { .. }
            | EventBody::VclusterGone { .. }
            | EventBody::LimitsChanged
            | EventBody::Job { .. } => Ok(Heard::Nothing),
        }
    }

    /// Watches the ports of every node that runs and of no other.
    fn follow_nodes(&mut self) {
        let running: HashMap<NodeId, NodeAddress> =
            self.vcluster.nodes.iter().filter_map(probe::address).map(|node| (node.node, node)).collect();
        let gone: Vec<NodeId> = self.ports.keys().filter(|node| !running.contains_key(node)).copied().collect();
        for node in gone {
            self.ports.remove(&node);
            self.probed.ports.remove(&node);
        }
        for (id, node) in running {
            if !self.ports.contains_key(&id) {
                self.ports.insert(id, ports_of(self.apps.nodes.clone(), node));
            }
        }
    }

    /// Shows watchers what there is now; says whether something had to be written down for it.
    async fn show(&mut self) -> Result<bool, Error> {
        let recorded = match self.apps.record(&self.vcluster, &self.probed, Names::Leave).await {
            // It is just going; the event that says so is on its way.
            Err(Error::NotFound(_)) => return Ok(false),
            recorded => recorded?,
        };
        let apps = view::views(&self.vcluster, recorded.apps, &self.probed);
        let nodes = self.vcluster.nodes.iter().map(|node| (node.name, NodeAddress::of(node))).collect();
        self.watch.snapshot.send_replace(AppsSnapshot::Apps { apps: Arc::new(apps), nodes: Arc::new(nodes) });
        Ok(recorded.wrote)
    }
}

enum Heard {
    Nothing,
    Change,
    Gone,
}

/// The node's ports whenever they change; `None` when the node does not tell them. Never ends.
fn ports_of(nodes: Arc<dyn NodeLink>, node: NodeAddress) -> Ports {
    let begin = (nodes, node, None, false);
    Box::pin(stream::unfold(begin, |(nodes, node, mut open, mut pause)| async move {
        if pause {
            sleep(RETRY).await;
        }
        if open.is_none() {
            open = nodes.watch_ports(&node).await.ok();
        }
        let next = match &mut open {
            Some(ports) => ports.next().await.and_then(Result::ok),
            None => None,
        };
        pause = next.is_none();
        if pause {
            open = None;
        }
        Some((next.map(probe::fit), (nodes, node, open, pause)))
    }))
}
