//! The app proxy beside Debian's nginx and npm's configurable-http-proxy, all in front of the same app in a node, one worker
//! thread each. Ours also identifies the user, on every request.

mod app;
mod door;
mod idle;
mod peers;
mod revocation;
mod stale;
mod websocket;
mod wrk;

use std::path::Path;

use anyhow::Result;

use crate::{
    Options,
    client::Client,
    figure::{Figure, Spread, single},
    installation::Installation,
    visitor::Visitor,
};
use app::App;
use door::Door;
use peers::Peers;
use wrk::{Load, Outcome};

pub(crate) use app::serve as serve_app;

/// Every proxy gets so many turns, one after the other; the middle one counts.
const TURNS: usize = 3;
const SMALL: Load = Load { path: "/small", connections: 32, seconds: 6 };
const LARGE: Load = Load { path: "/large", connections: 8, seconds: 6 };

/// What stands in front of the app: ours, and the peers.
#[derive(Debug)]
struct Outcomes {
    ours: Outcome,
    nginx: Outcome,
    chp: Outcome,
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let one_thread = [("TOKIO_WORKER_THREADS", "1"), ("DOCKLET_SERVER_MAX_CONNECTIONS", "20000")];
    let installation = Installation::start_with(&options.dockletd, &one_thread).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let vcluster = client.create("bench", 1, 2.0, 2048).await?;
    let mut events = client.events().await?;
    if client.get(&vcluster.id).await?.is_none_or(|now| now.state.as_str() != "running") {
        events.until_running(&vcluster.id).await?;
    }
    let app = App::start(&installation).await?;
    let password = installation.new_password()?;
    let mut visitor = Visitor::sign_in(installation.port(), "bench", &password).await?;
    let door = Door::open(&mut visitor, &client, &vcluster.id, app::PORT).await?;
    let peers = Peers::start(Path::new("target/peers"), app.address)?;
    peers.ready().await?;
    let small = outcomes(SMALL, &door, &peers).await?;
    let large = outcomes(LARGE, &door, &peers).await?;
    let mut figures = small_figures(&small);
    figures.push(large_figure(&large));
    figures.push(websocket::measure(&door, app.address).await?);
    figures.push(revocation::measure(installation.port(), &password, &client, &vcluster.id).await?);
    figures.extend(idle::measure(&installation, &door).await?);
    drop(app);
    figures.push(stale::measure(&installation, &door).await?);
    client.delete(&vcluster.id).await?;
    Ok(figures)
}

async fn outcomes(load: Load, door: &Door, peers: &Peers) -> Result<Outcomes> {
    let (mut ours, mut nginx, mut chp) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        ours.push(wrk::run(load, door.address, &door.fields()).await?);
        nginx.push(wrk::run(load, peers.nginx, &[]).await?);
        chp.push(wrk::run(load, peers.chp, &[]).await?);
    }
    Ok(Outcomes { ours: middle(ours), nginx: middle(nginx), chp: middle(chp) })
}

fn middle(mut outcomes: Vec<Outcome>) -> Outcome {
    outcomes.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    outcomes[outcomes.len() / 2]
}

fn small_figures(outcomes: &Outcomes) -> Vec<Figure> {
    let Outcomes { ours, nginx, chp } = outcomes;
    let at_least =
        |times: f64| move |ours: Spread, peer: Option<Spread>| peer.is_some_and(|peer| ours.p50 >= times * peer.p50);
    let rate = |outcome: &Outcome| single(outcome.per_second);
    vec![
        Figure::new(
            "small GET through the app proxy",
            "1/s",
            rate(ours),
            Some(("nginx", rate(nginx))),
            "≥ 0.5 × nginx",
            at_least(0.5),
        ),
        Figure::new(
            "small GET through the app proxy",
            "1/s",
            rate(ours),
            Some(("configurable-http-proxy", rate(chp))),
            "≥ 5 × configurable-http-proxy",
            at_least(5.0),
        ),
        Figure::new(
            "small GET, 32 connections, time",
            "ms",
            ours.latency,
            Some(("nginx", nginx.latency)),
            "p99 ≤ 2 × nginx",
            |ours, peer| peer.is_some_and(|peer| ours.p99 <= 2.0 * peer.p99),
        ),
    ]
}

fn large_figure(outcomes: &Outcomes) -> Figure {
    let rate = |outcome: &Outcome| single(outcome.per_second * app::LARGE as f64 / 1e6);
    let Outcomes { ours, nginx, .. } = outcomes;
    let peer = Some(("nginx", rate(nginx)));
    Figure::new("1 MB bodies, 8 connections", "MB/s", rate(ours), peer, "≥ 0.8 × nginx", |ours, peer| {
        peer.is_some_and(|peer| ours.p50 >= 0.8 * peer.p50)
    })
}
