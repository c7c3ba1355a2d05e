//! Hosts, straight on the record and etcd: they work while the daemon runs.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use control::{
    installation::forget_host,
    ports::{
        clock::{Clock as _, SystemClock},
        coordination::WorkerDirectory as _,
    },
};
use domain::name::WorkerName;
use etcd::{Etcd, EtcdConfig, embedded};

use super::show;
use crate::{compose, config::Config, data_dir::DataDir, nodes};

#[derive(Debug, Subcommand)]
pub(super) enum HostCommand {
    /// Declare a host gone for good: its nodes leave the record, its tasks have failed, and what they held is free. Refused while the host answers.
    Gone { name: WorkerName },
}

pub(super) async fn host(config: &Config, command: HostCommand) -> Result<()> {
    let HostCommand::Gone { name } = command;
    let data = DataDir::open(&config.server.data_dir)?;
    let etcd = coordination(config, &data)?;
    let there = etcd.find_worker(&name).await.with_context(|| {
        format!("whether host {name} answers is known in etcd only; start dockletd, and try again when it has run for a minute")
    })?;
    if there.is_some() {
        bail!("host {name} answers; only a host that does not answer can be declared gone: stop its worker first");
    }
    let store = compose::open_store(config, &data).await?;
    let gone = forget_host(&store, &name, SystemClock.now(), config.jobs.policy().half_life).await;
    let gone = gone.with_context(|| format!("host {name}"))?;
    store.close().await?;
    let (nodes, vclusters, tasks) = (gone.nodes.len(), gone.vclusters, gone.tasks.len());
    let and_tasks = if tasks > 0 { format!(" and {tasks} tasks") } else { String::new() };
    show::line(&format!("Host {name} is gone, and with it {nodes} nodes of {vclusters} vclusters{and_tasks}"))
}

/// Where the daemon's etcd is: one of its own answers to the user it runs as.
fn coordination(config: &Config, data: &DataDir) -> Result<Etcd> {
    let installation = nodes::installation(config, data)?;
    let ours = || EtcdConfig {
        endpoints: vec![embedded::endpoint_in(&compose::embedded_etcd(config, data).data_dir)],
        installation,
        credentials: None,
    };
    Ok(Etcd::connect(&compose::external_etcd(config, installation).unwrap_or_else(ours))?)
}
