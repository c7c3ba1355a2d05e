//! What one person notices while thirty-two nodes of another are hostile: keystroke echo and `/healthz`, with the attack
//! beside the same without it.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use testkit::hostile::{HostileNode, Misdeed};

use crate::{
    Options,
    client::{Client, Stream},
    figure::{Figure, quantile, single},
    installation::Installation,
};

const VCLUSTERS: usize = 2;
const NODES: usize = 16;
const ROUNDS: usize = 4000;
const ECHO: &[&str] = &["sh", "-c", "stty -echo raw; exec cat"];
const WITHOUT: &str = "the same of honest nodes";

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let mut evil = Vec::new();
    for number in 0..VCLUSTERS {
        evil.push(create(&client, &format!("evil-{number}"), NODES).await?);
    }
    let places: Vec<PathBuf> = std::fs::read_dir(installation.data_dir().join("nodes"))?
        .flatten()
        .map(|entry| entry.path().join("init.sock"))
        .filter(|place| place.exists())
        .collect();
    ensure!(places.len() == VCLUSTERS * NODES, "{} sockets instead of {}", places.len(), VCLUSTERS * NODES);
    let victim = create(&client, "victim", 1).await?;
    let terminal = client.open_terminal(&victim, "node-0", ECHO).await?;
    let mut stream = client.attach(&victim, "node-0", &terminal.id).await?;
    let over = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = evil
        .iter()
        .flat_map(|id| (0..NODES).map(move |node| (id.clone(), format!("node-{node}"))))
        .map(|(id, node)| tokio::spawn(ask(client.clone(), id, node, Arc::clone(&over))))
        .collect();
    // The same questions, while the nodes answer as they should: what else they cost is what the hostility does.
    let calm = observe(&installation, &mut stream).await?;
    let kinds = Misdeed::ALL.into_iter().cycle();
    let nodes: Vec<_> = places.iter().zip(kinds).map(|(place, kind)| HostileNode::take_place(place, kind)).collect();
    let attacked = observe(&installation, &mut stream).await;
    over.store(true, Ordering::SeqCst);
    for asker in askers {
        asker.await?;
    }
    drop(nodes);
    let attacked = attacked?;
    for id in evil.iter().chain([&victim]) {
        client.delete(id).await?;
    }
    Ok(vec![
        figure("keystroke echo with 32 hostile nodes, p99.9", &attacked.echo, &calm.echo),
        figure("/healthz with 32 hostile nodes, p99.9", &attacked.health, &calm.health),
    ])
}

fn figure(name: &str, attacked: &[Duration], calm: &[Duration]) -> Figure {
    let (ours, without) = (quantile(attacked, 0.999), quantile(calm, 0.999));
    let bar = "at most 10 ms more";
    Figure::new(name, "ms", single(ours), Some((WITHOUT, single(without))), bar, |ours, without| {
        without.is_some_and(|without| ours.p50 <= without.p50 + 10.0)
    })
}

async fn create(client: &Client, name: &str, nodes: usize) -> Result<String> {
    let mut events = client.events().await?;
    let vcluster = client.create(name, nodes, 0.1, 64).await?;
    events.until_running(&vcluster.id).await?;
    Ok(vcluster.id)
}

/// Whatever the answer is, and without a pause.
async fn ask(client: Client, id: String, node: String, over: Arc<AtomicBool>) {
    while !over.load(Ordering::SeqCst) {
        let _ = client.terminals(&id, &node).await;
    }
}

struct Seen {
    echo: Vec<Duration>,
    health: Vec<Duration>,
}

async fn observe(installation: &Installation, stream: &mut Stream) -> Result<Seen> {
    let (http, health) = (reqwest::Client::new(), format!("{}/healthz", installation.url()));
    let mut seen = Seen { echo: Vec::new(), health: Vec::new() };
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        stream.input(b"x").await?;
        stream.until("x").await?;
        seen.echo.push(begun.elapsed());
        let begun = Instant::now();
        ensure!(http.get(&health).send().await?.status().is_success(), "/healthz is not well");
        seen.health.push(begun.elapsed());
    }
    Ok(seen)
}
