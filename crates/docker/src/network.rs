//! Networks: one bridge per vcluster.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bollard::{
    errors::Error,
    models::{Ipam, IpamConfig, Network as Listed, NetworkCreateRequest},
    query_parameters::{ListNetworksOptions, ListNetworksOptionsBuilder},
};
use control::ports::engine::{EngineError, Network, NetworkSpec};
use domain::{InstallationId, VclusterId};
use ipnet::Ipv4Net;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use crate::{
    client::{CHANGE, Client, QUERY},
    container::is_missing,
    fault::{fault, parts},
    label,
};

const BRIDGE_NAME: &str = "com.docker.network.bridge.name";
/// How long to wait for a network that another request is still making.
const IN_THE_MAKING: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Which vcluster each network belongs to, for events: the engine's events about networks carry no labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Arc<Mutex<HashMap<String, VclusterId>>>);

impl Known {
    pub(crate) fn add(&self, id: &str, vcluster: VclusterId) {
        self.0.lock().insert(id.to_owned(), vcluster);
    }

    /// What is not in the list any more is forgotten.
    pub(crate) fn learn(&self, networks: &[Network]) {
        *self.0.lock() = networks.iter().map(|network| (network.id.clone(), network.vcluster)).collect();
    }

    pub(crate) fn vcluster(&self, id: &str) -> Option<VclusterId> {
        self.0.lock().get(id).copied()
    }
}

pub(crate) async fn all(client: &Client, installation: InstallationId) -> Result<Vec<Network>, EngineError> {
    let filters = HashMap::from([label::filter(installation)]);
    let listed = list(client, Some(ListNetworksOptionsBuilder::new().filters(&filters).build())).await?;
    Ok(listed.into_iter().filter_map(|network| ours(&network, installation)).collect())
}

async fn list(client: &Client, options: Option<ListNetworksOptions>) -> Result<Vec<Listed>, EngineError> {
    client.ask(QUERY, |docker| async move { docker.list_networks(options).await }).await
}

fn ours(network: &Listed, installation: InstallationId) -> Option<Network> {
    Some(Network {
        id: network.id.clone()?,
        name: network.name.clone()?,
        vcluster: label::network(network.labels.as_ref()?, installation)?,
        subnet: subnets(network).next(),
        bridge: network.options.as_ref().and_then(|options| options.get(BRIDGE_NAME)).cloned(),
    })
}

fn subnets(network: &Listed) -> impl Iterator<Item = Ipv4Net> {
    let configs = network.ipam.as_ref().and_then(|ipam| ipam.config.as_deref()).unwrap_or_default();
    configs.iter().filter_map(|config| config.subnet.as_deref()?.parse().ok())
}

pub(crate) async fn foreign_subnets(
    client: &Client,
    installation: InstallationId,
) -> Result<Vec<Ipv4Net>, EngineError> {
    let listed = list(client, None).await?;
    let is_foreign =
        |network: &&Listed| !network.labels.as_ref().is_some_and(|labels| label::is_ours(labels, installation));
    Ok(listed.iter().filter(is_foreign).flat_map(subnets).collect())
}

/// Creates without looking first: the engine itself refuses a second network on the same subnet, and only then is it
/// worth finding out whose the first one is.
pub(crate) async fn ensure(client: &Client, spec: &NetworkSpec) -> Result<String, EngineError> {
    let began = Instant::now();
    loop {
        let error = match create(client, spec).await? {
            Ok(id) => return Ok(id),
            Err(error) => error,
        };
        let listed = list(client, None).await?;
        let mine = |network: &Network| network.vcluster == spec.vcluster;
        let there = listed.iter().filter_map(|network| ours(network, spec.installation)).find(mine);
        match there {
            Some(network) if network.subnet == Some(spec.subnet) => return Ok(network.id),
            // Left from before the vcluster got another subnet: it is of no use any more.
            Some(network) => remove(client, &network.id).await?,
            // The engine has given the subnet away and lists no network that has it: another request is still making
            // that network, most likely one of ours from before we were ended.
            None if is_overlap(&error) && !is_taken(&listed, spec.subnet) && began.elapsed() < IN_THE_MAKING => {
                sleep(LOOK_AGAIN).await;
            }
            None => return Err(refused(spec, error)),
        }
    }
}

fn is_taken(listed: &[Listed], subnet: Ipv4Net) -> bool {
    listed.iter().flat_map(subnets).any(|taken| taken.contains(&subnet) || subnet.contains(&taken))
}

async fn create(client: &Client, spec: &NetworkSpec) -> Result<Result<String, Error>, EngineError> {
    let request = request(spec);
    let answer = client.raw(CHANGE, |docker| async move { docker.create_network(request).await }).await?;
    Ok(answer.map(|created| created.id))
}

fn request(spec: &NetworkSpec) -> NetworkCreateRequest {
    let config = IpamConfig {
        subnet: Some(spec.subnet.to_string()),
        gateway: Some(spec.gateway.to_string()),
        ..Default::default()
    };
    let options = [
        (BRIDGE_NAME, spec.bridge.clone()),
        ("com.docker.network.bridge.enable_icc", "true".to_owned()),
        ("com.docker.network.bridge.enable_ip_masquerade", "true".to_owned()),
    ];
    NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".into()),
        ipam: Some(Ipam { config: Some(vec![config]), ..Default::default() }),
        enable_ipv6: Some(false),
        options: Some(options.map(|(key, value)| (key.to_owned(), value)).into()),
        labels: Some(label::of_network(spec)),
        ..Default::default()
    }
}

fn refused(spec: &NetworkSpec, error: Error) -> EngineError {
    if is_overlap(&error) { EngineError::SubnetTaken(spec.subnet) } else { fault(error) }
}

fn is_overlap(error: &Error) -> bool {
    let sentences = ["Pool overlaps", "overlapping IPv4", "overlaps with"];
    parts(error).is_some_and(|(_, message)| sentences.iter().any(|sentence| message.contains(sentence)))
}

pub(crate) async fn remove(client: &Client, id: &str) -> Result<(), EngineError> {
    match client.raw(CHANGE, |docker| async move { docker.remove_network(id).await }).await? {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) if has_endpoints(&error) => Err(in_use(client, id).await?),
        Err(error) => Err(fault(error)),
    }
}

fn has_endpoints(error: &Error) -> bool {
    parts(error).is_some_and(|(_, message)| message.contains("has active endpoints"))
}

/// Names the containers that are still in it.
async fn in_use(client: &Client, id: &str) -> Result<EngineError, EngineError> {
    let answer = client.raw(QUERY, |docker| async move { docker.inspect_network(id, None).await }).await?;
    let network = match answer {
        Ok(network) => network,
        Err(error) => return Ok(fault(error)),
    };
    let mut names: Vec<String> = network.containers.unwrap_or_default().into_values().filter_map(|c| c.name).collect();
    names.sort_unstable();
    let name = network.name.unwrap_or_else(|| id.to_owned());
    let by = if names.is_empty() { String::new() } else { format!(" (by {})", names.join(", ")) };
    Ok(EngineError::InUse(format!("the network {name}{by}")))
}
