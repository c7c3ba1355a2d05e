//! The vclusters' networks: made by the first node that needs one, removed by the last one that leaves.
//! Everything about one network is done one after the other, so making and removing never cross.

use std::{collections::HashMap, sync::Arc, time::Duration};

use control::ports::{
    coordination::Member,
    engine::{EngineError, Network, NetworkSpec},
};
use domain::{InstanceId, UserId, VclusterId, subnet};
use ipnet::Ipv4Net;
use parking_lot::Mutex;
use tokio::{
    sync::Mutex as Turn,
    time::{Instant, sleep},
};

use crate::{host::Host, names};

/// How long a network of ours that no node needs may hold up a subnet. Its containers have ended by then.
const ON_ITS_WAY_OUT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What is known of one network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum There {
    #[default]
    Unknown,
    Yes(String),
    No,
}

/// The networks of this host's vclusters.
#[derive(Debug, Default)]
pub(crate) struct Networks(Mutex<HashMap<VclusterId, Arc<Turn<There>>>>);

impl Networks {
    fn of(&self, vcluster: VclusterId) -> Arc<Turn<There>> {
        Arc::clone(self.0.lock().entry(vcluster).or_default())
    }

    /// Takes what the engine has into account, before anything else is done.
    pub(crate) async fn learn(&self, networks: Vec<Network>) {
        for network in networks {
            *self.of(network.vcluster).lock().await = There::Yes(network.id);
        }
    }

    /// Makes it if need be; returns its name.
    pub(crate) async fn ensure(&self, host: &Host, owner: UserId, member: &Member) -> Result<String, EngineError> {
        let name = names::network_name(&member.vcluster_name, member.vcluster);
        let network = self.of(member.vcluster);
        let mut there = network.lock().await;
        if !matches!(*there, There::Yes(_)) {
            let spec = NetworkSpec {
                name: name.clone(),
                installation: host.config.installation,
                owner,
                vcluster: member.vcluster,
                subnet: member.subnet,
                gateway: subnet::gateway(member.subnet),
                bridge: names::bridge_name(host.config.installation, member.vcluster),
            };
            *there = There::Yes(make(host, &spec).await?);
        }
        Ok(name)
    }

    /// Something about it has changed: look before relying on it.
    pub(crate) async fn forget(&self, vcluster: VclusterId) {
        let known = self.0.lock().get(&vcluster).cloned();
        if let Some(network) = known {
            *network.lock().await = There::Unknown;
        }
    }

    /// The engine was away.
    pub(crate) async fn forget_all(&self) {
        let all: Vec<_> = self.0.lock().values().cloned().collect();
        for network in all {
            *network.lock().await = There::Unknown;
        }
    }

    /// A node has gone. When none of its vcluster stays, so does the network.
    pub(crate) async fn leave(&self, host: &Host, vcluster: VclusterId, node: InstanceId) -> Result<(), EngineError> {
        let network = self.of(vcluster);
        let mut there = network.lock().await;
        if !host.instances.stays(vcluster) {
            match remove(host, vcluster, &mut there).await {
                // A sibling's container is still in it; the sibling will come here, too.
                Err(EngineError::InUse(_)) if host.instances.others_are_leaving(vcluster, node) => {}
                outcome => outcome?,
            }
        }
        // Marked in our turn: of two that leave together, the second sees that it is the last.
        host.instances.set_cleared(node);
        if *there == There::No {
            self.0.lock().remove(&vcluster);
        }
        Ok(())
    }

    /// Removes a network that no node here needs, unless an assignment has just come for it.
    pub(crate) async fn remove_orphan(&self, host: &Host, vcluster: VclusterId) -> Result<(), EngineError> {
        let network = self.of(vcluster);
        let mut there = network.lock().await;
        if host.instances.knows(vcluster) {
            return Ok(());
        }
        remove(host, vcluster, &mut there).await?;
        self.0.lock().remove(&vcluster);
        Ok(())
    }
}

async fn remove(host: &Host, vcluster: VclusterId, there: &mut There) -> Result<(), EngineError> {
    if *there == There::Unknown {
        *there = find(host, vcluster).await?;
    }
    if let There::Yes(id) = &*there {
        host.engine.remove_network(id).await?;
        *there = There::No;
    }
    Ok(())
}

async fn find(host: &Host, vcluster: VclusterId) -> Result<There, EngineError> {
    let networks = host.engine.networks(host.config.installation).await?;
    Ok(networks
        .into_iter()
        .find(|network| network.vcluster == vcluster)
        .map_or(There::No, |found| There::Yes(found.id)))
}

/// Makes the network. Waits while another of ours without nodes still holds the subnet: control gives a subnet away
/// once no node stands in it, and a worker that was ended at that moment has yet to remove the network.
async fn make(host: &Host, spec: &NetworkSpec) -> Result<String, EngineError> {
    let began = Instant::now();
    loop {
        match host.engine.ensure_network(spec).await {
            Err(EngineError::SubnetTaken(_)) if began.elapsed() < ON_ITS_WAY_OUT => {
                if !clear(host, spec.subnet).await? {
                    return host.engine.ensure_network(spec).await;
                }
                sleep(LOOK_AGAIN).await;
            }
            outcome => return outcome,
        }
    }
}

/// Removes our networks on this subnet that no node needs. Returns whether any of ours was on it.
async fn clear(host: &Host, subnet: Ipv4Net) -> Result<bool, EngineError> {
    let overlaps =
        |network: &Network| network.subnet.is_some_and(|taken| taken.contains(&subnet) || subnet.contains(&taken));
    let mut ours = host.engine.networks(host.config.installation).await?;
    // One that is kept goes nowhere: for the vcluster that wants its subnet it is like another's.
    ours.retain(|network| overlaps(network) && !host.orphans.keeps(network.vcluster));
    for network in ours.iter().filter(|network| host.instances.is_complete() && !host.instances.knows(network.vcluster))
    {
        match host.engine.remove_network(&network.id).await {
            // Its containers are on their way out, too.
            Err(EngineError::InUse(_)) => {}
            outcome => outcome?,
        }
    }
    Ok(!ours.is_empty())
}
