//! Probes a vcluster's running nodes: which ports listen, what their services do. A probe changes nothing and is not
//! activity; a node that does not answer in time is one about which nothing is known.

use std::{collections::HashMap, time::Duration};

use domain::{
    NodeId,
    app::{JUPYTER_NODE, clean_process, is_app_port},
    node::{Node, NodeState},
    vcluster::Vcluster,
};
use futures::{StreamExt, future::join_all};
use tokio::time::timeout;

use crate::ports::node::{ListeningPort, NodeAddress, NodeError, NodeLink, ServiceStatus};

/// How long a list waits for one node; all are asked at the same time.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// What is known about the nodes at this moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProbeResult {
    /// Of the nodes that answered, the ports that can be apps, by number.
    pub(super) ports: HashMap<NodeId, Vec<ListeningPort>>,
    /// Of the node that has JupyterLab.
    pub(super) services: Vec<ServiceStatus>,
}

impl ProbeResult {
    pub(super) fn port(&self, node: NodeId, port: u16) -> Option<&ListeningPort> {
        self.ports.get(&node)?.iter().find(|listening| listening.port == port)
    }
}

/// Where a node is, if it runs.
pub(super) fn address(node: &Node) -> Option<NodeAddress> {
    (node.state == NodeState::Running).then(|| NodeAddress::of(node))
}

pub(super) async fn probe(nodes: &dyn NodeLink, vcluster: &Vcluster) -> ProbeResult {
    let running: Vec<NodeAddress> = vcluster.nodes.iter().filter_map(address).collect();
    let ports = join_all(running.iter().map(async |node| Some((node.node, ports_now(nodes, node).await?))));
    let services = async { services_of(nodes, vcluster).await.unwrap_or_default() };
    let (ports, services) = futures::future::join(ports, services).await;
    ProbeResult { ports: ports.into_iter().flatten().collect(), services }
}

async fn ports_now(nodes: &dyn NodeLink, node: &NodeAddress) -> Option<Vec<ListeningPort>> {
    let first = async { nodes.watch_ports(node).await?.next().await.transpose() };
    match timeout(PATIENCE, first).await {
        Ok(Ok(Some(ports))) => Some(fit(ports)),
        Ok(Ok(None)) | Err(_) => None,
        Ok(Err(error)) => {
            tracing::debug!(node = %node.node, %error, "a node does not say which ports listen");
            None
        }
    }
}

/// The services of the vcluster's Jupyter node; `None` when it does not run or does not say.
pub(super) async fn services_of(nodes: &dyn NodeLink, vcluster: &Vcluster) -> Option<Vec<ServiceStatus>> {
    let node = address(vcluster.node(JUPYTER_NODE)?)?;
    timeout(PATIENCE, nodes.services(&node)).await.ok()?.ok()
}

/// What a node says, made fit for lists: ports that can be apps, names cleaned and bounded.
pub(super) fn fit(ports: Vec<ListeningPort>) -> Vec<ListeningPort> {
    let clean =
        |port: ListeningPort| ListeningPort { process: port.process.as_deref().and_then(clean_process), ..port };
    let mut ports: Vec<_> = ports.into_iter().filter(|port| is_app_port(port.port)).map(clean).collect();
    ports.sort_by_key(|port| port.port);
    ports.dedup_by_key(|port| port.port);
    ports
}

/// The status of one service, found out now.
pub(super) async fn service(
    nodes: &dyn NodeLink,
    node: &NodeAddress,
    name: &str,
) -> Result<Option<ServiceStatus>, NodeError> {
    let services = timeout(PATIENCE, nodes.services(node)).await;
    let services = services.unwrap_or_else(|_| Err(NodeError::Unreachable("it took too long".into())))?;
    Ok(services.into_iter().find(|service| service.name == name))
}
