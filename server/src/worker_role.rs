//! `dockletd worker`: one host's worker in a process of its own, reached by the portal over the worker stream. The only
//! process that needs the Docker Engine's socket.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, bail};
use docker::DockerEngine;
use etcd::Etcd;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::remote::StreamServer;

use crate::{
    compose,
    config::Config,
    data_dir::DataDir,
    lifecycle::{Signals, bind, raise_descriptor_limit},
    nodes,
};

/// Works until it is told to end. Nodes run on.
pub async fn work(config: &Config) -> Result<()> {
    let mut signals = Signals::listen()?;
    let data = DataDir::open(&config.server.data_dir)?;
    let _lock = data.lock()?;
    raise_descriptor_limit();
    let credentials = nodes::required_credentials(config)?;
    let Some(etcd) = compose::external_etcd(config, nodes::installation(config, &data)?) else {
        bail!("a worker needs the etcd that its portal uses; say where it is with --etcd-endpoints");
    };
    let etcd = Arc::new(Etcd::connect(&etcd)?);
    let listener = bind(config.worker.listen, "--worker-listen").await?;
    let address = advertised(config, listener.local_addr()?);
    let worker = nodes::for_others(config, &data, &etcd, address.clone())?.worker;
    let name = nodes::worker_name(config, &data)?;
    let server = StreamServer::new(name.clone(), worker.clone(), worker.clone(), &credentials)?;
    tracing::info!(%name, %address, "working");
    let (stop, mut loops) = (CancellationToken::new(), JoinSet::new());
    let token = stop.clone();
    loops.spawn(async move { worker.run(token).await });
    let serving = server.run(listener, stop.clone());
    loops.spawn(async move {
        serving.await;
        Ok(())
    });
    let ended = tokio::select! {
        () = signals.next() => Ok(()),
        ended = loops.join_next() => match ended {
            Some(Ok(Err(refused))) => return Err(refused.into()),
            ended => Err(ended),
        },
    };
    tracing::info!("ending");
    stop.cancel();
    tokio::select! {
        () = async { while loops.join_next().await.is_some() {} } => {}
        () = signals.next() => bail!("told to end twice, so it did not wait for what was going on"),
    }
    match ended {
        Ok(()) => Ok(()),
        Err(ended) => bail!("a part of the worker ended by itself ({ended:?}); this is a fault, please report it"),
    }
}

/// Removes every node and network of the installation from this host. Homes stay.
pub async fn clear(config: &Config) -> Result<String> {
    let data = DataDir::open(&config.server.data_dir)?;
    let _lock = data.lock().context("the worker must be stopped before its nodes are removed")?;
    let engine = DockerEngine::new(&config.worker.docker);
    let cleared = worker::clear(&engine, nodes::installation(config, &data)?, data.path()).await?;
    let (containers, networks) = (cleared.containers, cleared.networks);
    Ok(format!("Removed {containers} nodes and {networks} networks. The users' homes are kept, as Docker volumes."))
}

/// Where the portal reaches this worker: as configured, else where it listens, else under this host's name.
fn advertised(config: &Config, listens: SocketAddr) -> String {
    let own = || match listens.ip().is_unspecified() {
        true => format!("{}:{}", nodes::host_name(), listens.port()),
        false => listens.to_string(),
    };
    config.worker.address.clone().unwrap_or_else(own)
}
