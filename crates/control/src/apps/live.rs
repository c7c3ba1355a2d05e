//! What a watcher of a vcluster gets: its apps whenever something about them changes, and what its nodes use.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{NodeId, VclusterId, name::NodeName};
use futures::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Interval, MissedTickBehavior, interval},
};

use super::{AppView, Apps, watch::AppsSnapshot};
use crate::{
    Error,
    actor::Actor,
    ports::{
        node::NodeAddress,
        usage::{NodeSamples, Sample, Usages},
    },
};

const SAMPLES: Duration = Duration::from_secs(2);
/// Nodes are not sampled at the same moment: a sample may come after a later one of another node.
const OVERLAP: TimeDelta = TimeDelta::seconds(10);

/// One thing a watcher gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// All listed apps as they are now.
    Apps(Arc<Vec<AppView>>),
    /// Samples the watcher has not had; the first time all of the last hour.
    Samples(Vec<NodeUsage>),
}

/// What one node used, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeUsage {
    pub node: NodeName,
    pub samples: Vec<Sample>,
}

impl Apps {
    /// Goes on until the vcluster is gone.
    pub async fn live(&self, actor: &Actor, id: VclusterId) -> Result<impl Stream<Item = Live> + Send + use<>, Error> {
        let vcluster = self.vclusters.get(actor, id).await?;
        let snapshot = self.watches.join(self, vcluster);
        let mut tick = interval(SAMPLES);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watcher = Watcher {
            snapshot,
            usages: self.usages.clone(),
            tick,
            apps: None,
            nodes: Arc::default(),
            had: HashMap::new(),
        };
        Ok(stream::unfold(watcher, |mut watcher| async move { watcher.next().await.map(|live| (live, watcher)) }))
    }

    /// What the vcluster's nodes used within the last hour.
    pub async fn usage(&self, actor: &Actor, id: VclusterId) -> Result<Vec<NodeUsage>, Error> {
        let vcluster = self.vclusters.get(actor, id).await?;
        let nodes: Vec<_> = vcluster.nodes.iter().map(|node| (node.name, NodeAddress::of(node))).collect();
        let addresses: Vec<NodeAddress> = nodes.iter().map(|(_, node)| node.clone()).collect();
        Ok(named(&nodes, self.usages.samples(&addresses, None).await?))
    }
}

struct Watcher {
    snapshot: watch::Receiver<AppsSnapshot>,
    usages: Arc<dyn Usages>,
    tick: Interval,
    /// What was passed on last.
    apps: Option<Arc<Vec<AppView>>>,
    nodes: Arc<Vec<(NodeName, NodeAddress)>>,
    /// The newest sample of each node that was passed on.
    had: HashMap<NodeId, DateTime<Utc>>,
}

impl Watcher {
    async fn next(&mut self) -> Option<Live> {
        // A watch that others have begun has something to show already.
        if self.apps.is_none() {
            let first = self.look();
            if first.is_some() {
                return first;
            }
        }
        loop {
            tokio::select! {
                changed = self.snapshot.changed() => {
                    changed.ok()?;
                    if matches!(*self.snapshot.borrow(), AppsSnapshot::Gone) {
                        return None;
                    }
                    let shown = self.look();
                    if shown.is_some() {
                        return shown;
                    }
                }
                _ = self.tick.tick(), if !self.nodes.is_empty() => {
                    let samples = self.new_samples().await;
                    if !samples.is_empty() {
                        return Some(Live::Samples(samples));
                    }
                }
            }
        }
    }

    fn look(&mut self) -> Option<Live> {
        let AppsSnapshot::Apps { apps, nodes } = self.snapshot.borrow_and_update().clone() else { return None };
        self.nodes = nodes;
        if self.apps.as_ref() == Some(&apps) {
            return None;
        }
        self.apps = Some(apps.clone());
        Some(Live::Apps(apps))
    }

    async fn new_samples(&mut self) -> Vec<NodeUsage> {
        let addresses: Vec<NodeAddress> = self.nodes.iter().map(|(_, node)| node.clone()).collect();
        let since = self.had.values().max().map(|newest| *newest - OVERLAP);
        let mut samples = match self.usages.samples(&addresses, since).await {
            Ok(samples) => samples,
            Err(error) => {
                tracing::debug!(%error, "what nodes use is not known now");
                return Vec::new();
            }
        };
        for node in &mut samples {
            let had = self.had.get(&node.node).copied();
            node.samples.retain(|sample| had.is_none_or(|had| sample.at > had));
            if let Some(newest) = node.samples.last() {
                self.had.insert(node.node, newest.at);
            }
        }
        named(&self.nodes, samples)
    }
}

fn named(nodes: &[(NodeName, NodeAddress)], samples: Vec<NodeSamples>) -> Vec<NodeUsage> {
    let named = samples.into_iter().filter(|node| !node.samples.is_empty()).filter_map(|node| {
        let (name, _) = nodes.iter().find(|(_, address)| address.node == node.node)?;
        Some(NodeUsage { node: *name, samples: node.samples })
    });
    let mut named: Vec<NodeUsage> = named.collect();
    named.sort_by_key(|usage| usage.node);
    named
}
