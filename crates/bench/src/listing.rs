//! What ten thousand vclusters in the record cost: a user's list, a scrape, a new vcluster.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use control::ports::{
    clock::{Clock, SystemClock},
    store::{Account, Store, Transaction, UserReads},
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

/// Users, and vclusters of each.
const MANY: (u32, u32) = (200, 50);
const FEW: (u32, u32) = (1, 10);
const REQUESTS: usize = 500;
const CREATIONS: usize = 30;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let few = creations(&holding(options, FEW).await?).await?;
    let installation = holding(options, MANY).await?;
    let (owners, each) = MANY;
    let all = owners * each;
    let list = of(REQUESTS, async || {
        let page = client(&installation)?.list().await?;
        let items = page["items"].as_array().context("a page has items")?;
        anyhow::ensure!(items.len() == each as usize, "the page has {} items", items.len());
        Ok(())
    })
    .await?;
    let address = format!("{}/metrics", installation.url());
    let metrics = of(REQUESTS, async || {
        anyhow::ensure!(reqwest::get(&address).await?.text().await?.contains("docklet_vclusters"), "no counts");
        Ok(())
    })
    .await?;
    let created = creations(&installation).await?;
    let among = Some(("the same among 10", milliseconds(&few)));
    Ok(vec![
        Figure::new(
            format!("list of {each} vclusters for a user among {all}"),
            "ms",
            milliseconds(&list),
            None,
            "≤ 20 ms p50",
            |ours, _| ours.p50 <= 20.0,
        ),
        Figure::new(format!("/metrics among {all}"), "ms", milliseconds(&metrics), None, "≤ 10 ms p50", |ours, _| {
            ours.p50 <= 10.0
        }),
        Figure::new(
            format!("a new vcluster is accepted among {all}"),
            "ms",
            milliseconds(&created),
            among,
            "≤ 1.2×",
            |ours, few| few.is_some_and(|few| ours.p50 <= few.p50 * 1.2),
        ),
    ])
}

async fn holding(options: &Options, (owners, each): (u32, u32)) -> Result<Installation> {
    let mut installation = Installation::prepare(&options.dockletd)?;
    fill(&installation, owners, each).await?;
    installation.serve().await?;
    Ok(installation)
}

fn client(installation: &Installation) -> Result<Client> {
    Ok(Client::new(installation.url(), installation.token()?))
}

/// How long each of so many takes.
async fn of(rounds: usize, work: impl AsyncFn() -> Result<()>) -> Result<Vec<Duration>> {
    let mut samples = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        work().await?;
        samples.push(begun.elapsed());
    }
    Ok(samples)
}

/// Until the answer that a new vcluster is accepted. Each is deleted before the next, so that its containers are not in the way.
async fn creations(installation: &Installation) -> Result<Vec<Duration>> {
    let client = client(installation)?;
    let mut samples = Vec::new();
    for round in 0..CREATIONS {
        let begun = Instant::now();
        let made = client.create(&format!("new-{round}"), 1, 0.1, 64).await?;
        samples.push(begun.elapsed());
        client.delete(&made.id).await?;
    }
    Ok(samples)
}

/// Stopped vclusters of two nodes each: `each` of them are the bench's own, the rest belong to others.
async fn fill(installation: &Installation, owners: u32, each: u32) -> Result<()> {
    let store = store::connect(&StoreConfig::at(installation.data_dir().join("docklet.db"))).await?;
    let bench = store.account(&"bench".parse()?).await?.context("the user bench exists")?.user.id;
    let mut number = 0;
    for owner in 0..owners {
        let mut tx = store.begin().await?;
        let owner = if owner == 0 { bench } else { other_owner(&mut *tx, owner).await? };
        for _ in 0..each {
            tx.save_vcluster(&stopped(owner, number)?, SystemClock.now()).await?;
            number += 1;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// A person who owns nothing yet.
pub(crate) async fn other_owner(tx: &mut dyn Transaction, number: u32) -> Result<UserId> {
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
        description: Default::default(),
    })
}
