//! How long a user waits for their list of vclusters when the record holds ten thousand.

use std::time::Instant;

use anyhow::{Context, Result};

use control::ports::{
    clock::{Clock, SystemClock},
    store::{Account, Store, Transaction},
};
use domain::{
    NodeId, OperationId, UserId, VclusterId,
    name::NodeName,
    node::{Generation, Node, NodeIntent, NodeState},
    operation::{Operation, OperationKind, OperationState},
    resources::Resources,
    subnet,
    user::{Role, User},
    vcluster::{Intent, Vcluster},
};
use store::StoreConfig;
use uuid::Uuid;

use crate::{
    Options,
    client::Client,
    figure::{Figure, milliseconds},
    installation::Installation,
};

const OWNERS: u32 = 200;
const EACH: u32 = 50;
const REQUESTS: usize = 500;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let mut installation = Installation::prepare(&options.dockletd)?;
    fill(&installation).await?;
    installation.serve().await?;
    let client = Client::new(installation.url(), installation.token()?);
    let mut samples = Vec::new();
    for _ in 0..REQUESTS {
        let begun = Instant::now();
        let page = client.list().await?;
        samples.push(begun.elapsed());
        let items = page["items"].as_array().context("a page has items")?;
        anyhow::ensure!(items.len() == EACH as usize, "the page has {} items", items.len());
    }
    let name = format!("list of {EACH} vclusters for a user among {}", OWNERS * EACH);
    Ok(vec![Figure::new(name, "ms", milliseconds(&samples), None, "≤ 20 ms p50", |ours, _| ours.p50 <= 20.0)])
}

/// Stopped vclusters of two nodes each: `EACH` of them are the bench's own, the rest belong to others.
async fn fill(installation: &Installation) -> Result<()> {
    let store = store::connect(&StoreConfig::at(installation.data_dir().join("docklet.db"))).await?;
    let bench = store.account(&"bench".parse()?).await?.context("the user bench exists")?.user.id;
    let mut number = 0;
    for owner in 0..OWNERS {
        let mut tx = store.begin().await?;
        let owner = if owner == 0 { bench } else { other_owner(&mut *tx, owner).await? };
        for _ in 0..EACH {
            tx.save_vcluster(&stopped(owner, number)?, SystemClock.now()).await?;
            number += 1;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn other_owner(tx: &mut dyn Transaction, number: u32) -> Result<UserId> {
    let id = UserId::new(Uuid::now_v7());
    let name = format!("other-{number}").parse()?;
    let user = User { id, name, role: Role::User, locked: false, created_at: SystemClock.now() };
    tx.insert_account(&Account { user, password_hash: None }).await?;
    Ok(id)
}

fn stopped(owner: UserId, number: u32) -> Result<Vcluster> {
    let now = SystemClock.now();
    let mut operation = Operation::begin(OperationId::new(Uuid::now_v7()), OperationKind::Stop, now);
    operation.finish(OperationState::Succeeded, None, now);
    let network = std::net::Ipv4Addr::from(u32::from(std::net::Ipv4Addr::new(172, 24, 0, 0)) + number * 32);
    let subnet = ipnet::Ipv4Net::new(network, 27)?;
    let node = |name: NodeName| {
        Ok::<_, anyhow::Error>(Node {
            id: NodeId::new(Uuid::now_v7()),
            name,
            worker: "bench-host".parse()?,
            ip: subnet::address(subnet, name),
            generation: Generation(2),
            intent: NodeIntent::Stopped,
            state: NodeState::Stopped,
            reason: None,
            reserved: false,
            running_since: None,
            tries: 0,
            operation: operation.id,
            notes: domain::node::Notes::default(),
            runtime: None,
        })
    };
    Ok(Vcluster {
        id: VclusterId::new(Uuid::now_v7()),
        owner,
        name: format!("vc-{number}").parse()?,
        image: "docklet/base".parse()?,
        resources: Resources { cpu_milli: 1000, memory_mib: 512, pids: 512 },
        subnet,
        intent: Intent::Stopped,
        nodes: vec![node(NodeName::new(0))?, node(NodeName::new(1))?],
        operation: operation.clone(),
        created_at: now,
        autostart: true,
    })
}
