//! From the POST to a terminal that answers on every node, beside the Docker API making the same network and containers.

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use control::ports::engine::{Attachment, Ceilings, ContainerSpec, Engine, NetworkSpec, VolumeSpec};
use docker::DockerEngine;
use domain::{
    InstallationId, InstanceId, UserId, VclusterId, name::NodeName, node::Generation, resources::Resources, subnet,
};
use futures::future::try_join_all;
use uuid::Uuid;

use crate::{
    Options,
    client::Client,
    figure::{Figure, milliseconds, single},
    installation::Installation,
};

const NODE: Resources = Resources { cpu_milli: 1000, memory_mib: 512, pids: 512 };

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let floor = Floor::new(&installation)?;
    let mut figures = Vec::new();
    for nodes in [1, 4] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..=options.rounds {
            let (mine, peer) = (one_click(&client, round, nodes).await?, floor.make(nodes).await?);
            // The first round warms caches on both sides.
            if round > 0 {
                ours.push(mine);
                theirs.push(peer);
            }
        }
        let bar = if nodes == 1 { "≤ 1.25 × the floor, ≤ 1 s" } else { "≤ 1.25 × the floor" };
        let holds = |ours: crate::figure::Spread, peer: Option<crate::figure::Spread>| {
            peer.is_some_and(|peer| ours.p50 <= 1.25 * peer.p50) && (nodes > 1 || ours.p50 <= 1000.0)
        };
        let name = format!("POST → a terminal answers on every node, {nodes} node(s)");
        let peer = ("Docker API: same network, containers", milliseconds(&theirs));
        figures.push(Figure::new(name, "ms", milliseconds(&ours), Some(peer), bar, holds));
    }
    if options.many > 0 {
        figures.push(many(&client, options.many).await?);
    }
    Ok(figures)
}

async fn one_click(client: &Client, round: usize, nodes: usize) -> Result<Duration> {
    let mut events = client.events().await?;
    let begun = Instant::now();
    let vcluster = client.create(&format!("bench-{nodes}-{round}"), nodes, 1.0, 512).await?;
    events.until_running(&vcluster.id).await?;
    try_join_all(vcluster.nodes.iter().map(|node| answers(client, &vcluster.id, &node.name))).await?;
    let took = begun.elapsed();
    client.delete(&vcluster.id).await?;
    Ok(took)
}

async fn answers(client: &Client, id: &str, node: &str) -> Result<()> {
    let terminal = client.open_terminal(id, node, &[]).await?;
    let mut stream = client.attach(id, node, &terminal.id).await?;
    stream.input(b"echo ready-$((6*7))\n").await?;
    stream.until("ready-42").await
}

/// So many vclusters on one host, each with a network of its own.
async fn many(client: &Client, count: usize) -> Result<Figure> {
    let begun = Instant::now();
    let mut ids = Vec::new();
    for number in 0..count {
        let mut events = client.events().await?;
        let vcluster = client.create(&format!("many-{number}"), 1, 0.1, 64).await?;
        events.until_running(&vcluster.id).await?;
        ids.push(vcluster.id);
    }
    let took = begun.elapsed().as_secs_f64();
    for chunk in ids.chunks(4) {
        try_join_all(chunk.iter().map(|id| client.delete(id))).await?;
    }
    let name = format!("{count} vclusters running at once, time for each");
    let each = single(took * 1000.0 / count as f64);
    Ok(Figure::new(name, "ms", each, None, "all of them run", |_, _| ids.len() == count))
}

/// The same network and containers through the Docker API alone: create the network, then create and start all in parallel.
struct Floor {
    engine: Arc<dyn Engine>,
    installation: InstallationId,
    init: std::path::PathBuf,
    run: tempfile::TempDir,
}

impl Floor {
    fn new(installation: &Installation) -> Result<Self> {
        let id = std::fs::read_to_string(installation.data_dir().join("installation"))?;
        Ok(Self {
            engine: Arc::new(DockerEngine::new(testkit::engine_socket())),
            // The same label, so that the clean-up finds these, too; names cannot clash.
            installation: id.trim().parse().context("the installation id is unreadable")?,
            init: installation.init_binary(),
            run: tempfile::tempdir()?,
        })
    }

    async fn make(&self, nodes: usize) -> Result<Duration> {
        let vcluster = VclusterId::new(Uuid::now_v7());
        let owner = UserId::new(Uuid::from_u128(1));
        let network: ipnet::Ipv4Net = "10.213.0.0/27".parse()?;
        let home = format!("docklet-bench-{}", self.installation);
        let volume = VolumeSpec { name: home.clone(), installation: self.installation, owner };
        self.engine.create_volume(&volume).await?;
        let spec = NetworkSpec {
            name: format!("bench-{vcluster}"),
            installation: self.installation,
            owner,
            vcluster,
            subnet: network,
            gateway: subnet::gateway(network),
            bridge: format!("dkb{}", &vcluster.as_uuid().simple().to_string()[20..]),
        };
        let begun = Instant::now();
        let id = self.engine.ensure_network(&spec).await?;
        let names = (0..u8::try_from(nodes)?).map(NodeName::new);
        let specs: Vec<ContainerSpec> = names
            .map(|name| self.container(&spec, owner, name, subnet::address(network, name), &home))
            .collect::<Result<_>>()?;
        let containers = try_join_all(specs.iter().map(|spec| async {
            let id = self.engine.create_container(spec).await?;
            self.engine.start_container(&id, spec.ip()).await?;
            Ok::<_, anyhow::Error>(id)
        }))
        .await?;
        let took = begun.elapsed();
        try_join_all(containers.iter().map(|id| self.engine.remove_container(id))).await?;
        self.engine.remove_network(&id).await?;
        Ok(took)
    }

    fn container(
        &self,
        network: &NetworkSpec,
        owner: UserId,
        name: NodeName,
        ip: Ipv4Addr,
        home: &str,
    ) -> Result<ContainerSpec> {
        let run_dir = self.run.path().join(format!("{}-{name}", network.vcluster));
        std::fs::create_dir_all(&run_dir)?;
        Ok(ContainerSpec {
            name: format!("bench-{}-{name}", network.vcluster),
            installation: self.installation,
            owner,
            vcluster: Some(network.vcluster),
            instance: InstanceId::new(Uuid::now_v7()),
            generation: Generation::FIRST,
            host_name: name.to_string(),
            image: "docklet/base".parse()?,
            runtime: None,
            resources: NODE,
            ceilings: Ceilings::default(),
            network: Some(Attachment { network: network.name.clone(), ip }),
            home: home.to_owned(),
            init: self.init.clone(),
            run_dir,
            env: [("DOCKLET_SSHD".to_owned(), "1".to_owned())].into(),
        })
    }
}
