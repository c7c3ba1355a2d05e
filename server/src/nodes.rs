//! How the nodes are reached: by a worker in this process, or by the worker stream of workers elsewhere.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use control::ports::{
    clock::SystemClock,
    engine::{Ceilings, Engine},
    node::NodeLink,
    usage::Usages,
};
use docker::DockerEngine;
use domain::{InstallationId, name::WorkerName};
use etcd::Etcd;
use worker::{
    FirewallConfig, ImageKeeping, Opening, Transport, Worker, WorkerConfig,
    remote::{Credentials, RemoteNodes},
};

use crate::{
    compose,
    config::{Config, worker::WorkerMode},
    data_dir::DataDir,
};

/// The ports to the nodes, and what stands behind them in this process.
pub(crate) struct Nodes {
    pub(crate) link: Arc<dyn NodeLink>,
    pub(crate) usages: Arc<dyn Usages>,
    pub(crate) here: Option<Here>,
}

/// This host's worker and its engine.
pub(crate) struct Here {
    pub(crate) worker: Arc<Worker>,
    pub(crate) engine: Arc<dyn Engine>,
}

impl Nodes {
    /// For `dockletd serve`, which listens there.
    pub(crate) fn open(config: &Config, data: &DataDir, etcd: &Arc<Etcd>, listens: SocketAddr) -> Result<Self> {
        match config.worker.mode {
            WorkerMode::Local => {
                let mut settings = worker_config(config, data)?;
                if let Some(firewall) = &mut settings.firewall {
                    firewall.open.extend(public_port(listens));
                }
                let here = here(config, etcd, settings)?;
                Ok(Self { link: here.worker.clone(), usages: here.worker.clone(), here: Some(here) })
            }
            WorkerMode::Remote => {
                let remote = Arc::new(RemoteNodes::new(etcd.clone(), &required_credentials(config)?)?);
                Ok(Self { link: remote.clone(), usages: remote, here: None })
            }
        }
    }
}

/// The public port as nodes may reach it; none where it listens on loopback alone, or on an IPv6 address, which nodes have
/// no way to.
fn public_port(listens: SocketAddr) -> Option<Opening> {
    let address = match listens.ip() {
        ip if ip.is_loopback() => return None,
        ip if ip.is_unspecified() => None,
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(address) => Some(address.to_ipv4_mapped().filter(|address: &Ipv4Addr| !address.is_loopback())?),
    };
    Some(Opening { address, port: listens.port(), transport: Transport::Tcp })
}

/// This host's worker for a portal elsewhere, which reaches it at `stream`.
pub(crate) fn for_others(config: &Config, data: &DataDir, etcd: &Arc<Etcd>, stream: String) -> Result<Here> {
    here(config, etcd, WorkerConfig { stream: Some(stream), ..worker_config(config, data)? })
}

fn here(config: &Config, etcd: &Arc<Etcd>, settings: WorkerConfig) -> Result<Here> {
    let engine: Arc<dyn Engine> = Arc::new(DockerEngine::new(&config.worker.docker));
    let worker = Arc::new(Worker::open(settings, engine.clone(), etcd.clone(), Arc::new(SystemClock))?);
    Ok(Here { worker, engine })
}

/// The installation's id: the one that is kept, else the one of the cluster's secret, else a new one.
pub(crate) fn installation(config: &Config, data: &DataDir) -> Result<InstallationId> {
    let shared = credentials(config)?.map(|credentials| credentials.installation());
    Ok(data.installation(shared)?)
}

pub(crate) fn required_credentials(config: &Config) -> Result<Credentials> {
    let Some(credentials) = credentials(config)? else {
        bail!(
            "portal and workers in different processes need a shared secret: make one with `dockletd cluster-secret \
             --file FILE`, and name the file with --cluster-secret-file for all of them"
        );
    };
    Ok(credentials)
}

fn credentials(config: &Config) -> Result<Option<Credentials>> {
    Ok(config.cluster.secret_file.as_deref().map(Credentials::read).transpose()?)
}

fn worker_config(config: &Config, data: &DataDir) -> Result<WorkerConfig> {
    let settings = &config.worker;
    let init = compose::init(config)?;
    if !init.is_file() {
        bail!(
            "there is no docklet-init at {}; build it with `make run`, or say where it is with --worker-init",
            init.display()
        );
    }
    let image = compose::base_image(config)?;
    let (name, installation) = (worker_name(config, data)?, installation(config, data)?);
    Ok(WorkerConfig {
        ceilings: Ceilings {
            open_files: settings.open_files.0,
            io_weight: settings.io_weight.narrow(),
            oom_score_adj: settings.oom_score_adj.narrow(),
        },
        firewall: Some(FirewallConfig {
            net: config.network.cluster_net,
            connections: config.firewall.connections,
            open: config.firewall.open.clone(),
        }),
        routes: settings.routes.clone(),
        disk_every: settings.disk_every,
        images: ImageKeeping { keep: config.images.keep, min_free: config.images.min_free, ..ImageKeeping::default() },
        ..WorkerConfig::new(name, installation, data.path().into(), init, image)
    })
}

pub(crate) fn worker_name(config: &Config, data: &DataDir) -> Result<WorkerName> {
    match &config.worker.name {
        Some(name) => name.parse().with_context(|| format!("worker.name {name}")),
        None => Ok(data.worker_name(&host_name())?),
    }
}

pub(crate) fn host_name() -> String {
    std::fs::read_to_string(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_reach_the_public_port_where_it_listens() {
        let open = |text: &str| public_port(text.parse().expect("an address")).map(|opening| opening.to_string());
        assert_eq!(open("0.0.0.0:443").as_deref(), Some("443/tcp"));
        assert_eq!(open("[::]:443").as_deref(), Some("443/tcp"));
        assert_eq!(open("10.0.0.5:443").as_deref(), Some("10.0.0.5:443/tcp"));
        for closed in ["127.0.0.1:8000", "[::1]:8000", "[2001:db8::1]:443", "[::ffff:127.0.0.1]:443"] {
            assert_eq!(open(closed), None, "{closed}");
        }
    }
}
