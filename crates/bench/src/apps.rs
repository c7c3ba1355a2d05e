//! How long people wait for apps: from the click that makes a vcluster to JupyterLab's page, and from a program's listening
//! to its page.

mod hub;

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime},
};

use anyhow::{Context, Result, ensure};
use wire::app::{App, PublishApp};

use self::hub::Hub;
use crate::{
    Options,
    client::{Client, Events},
    figure::{Figure, milliseconds},
    installation::Installation,
    visitor::Visitor,
};

/// Waits for a line, listens, and says when it did.
const PROGRAM: &str = "import sys, time, http.server as h\n\
    sys.stdin.readline()\n\
    s = h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler)\n\
    print('listens-at %.6f.' % time.time(), flush=True)\n\
    s.serve_forever()";
const FIRST_PORT: u16 = 9000;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let mut visitor = Visitor::sign_in(installation.port(), "bench", &installation.new_password()?).await?;
    let hub = Hub::start(Path::new("target/peers")).await?;
    let (mut opened, mut peers) = (Vec::new(), Vec::new());
    for round in 0..=options.rounds {
        let took = (jupyter(&client, &mut visitor, round).await?, hub.jupyter(round).await?);
        // The first round warms caches.
        if round > 0 {
            opened.push(took.0);
            peers.push(took.1);
        }
    }
    drop(hub);
    let mut figures = vec![Figure::new(
        "POST a vcluster → JupyterLab answers 200, through the proxy",
        "ms",
        milliseconds(&opened),
        Some(("JupyterHub with DockerSpawner", milliseconds(&peers))),
        "≤ 3.5 s",
        |ours, _| ours.p50 <= 3500.0,
    )];
    figures.extend(reachable(&client, &mut visitor, options.rounds).await?);
    Ok(figures)
}

async fn jupyter(client: &Client, visitor: &mut Visitor, round: usize) -> Result<Duration> {
    let begun = Instant::now();
    let vcluster = client.create(&format!("jupyter-{round}"), 1, 1.0, 1024).await?;
    let apps = client.apps(&vcluster.id).await?;
    let app = apps.first().context("a new vcluster has no JupyterLab")?;
    let shown = visitor.open_when_ready(&app.url).await?;
    let took = begun.elapsed();
    ensure!(shown.status.is_success(), "JupyterLab was answered {}: {}", shown.status, shown.text);
    ensure!(shown.text.contains("jupyter-config-data"), "this is not JupyterLab: {}", shown.text);
    client.delete(&vcluster.id).await?;
    Ok(took)
}

/// From the moment a program listens: until the page that waits for it shows it, and until the console lists it.
async fn reachable(client: &Client, visitor: &mut Visitor, rounds: usize) -> Result<[Figure; 2]> {
    let mut events = client.events().await?;
    let vcluster = client.create("reachable", 1, 1.0, 512).await?;
    events.until_running(&vcluster.id).await?;
    let mut live = client.live(&vcluster.id).await?;
    let (mut shown, mut listed) = (Vec::new(), Vec::new());
    for port in (FIRST_PORT..).take(rounds) {
        let publish = PublishApp { node: "node-0".into(), port: port.into(), name: None };
        let url = client.publish(&vcluster.id, &publish).await?.url;
        let terminal =
            client.open_terminal(&vcluster.id, "node-0", &["python3", "-c", PROGRAM, &port.to_string()]).await?;
        let mut stream = client.attach(&vcluster.id, "node-0", &terminal.id).await?;
        // The page is open, and waits, before there is anything to wait for.
        ensure!(!visitor.open(&url).await?.status.is_success(), "port {port} is open already");
        let begin = async {
            stream.input(b"\n").await?;
            listens_at(&mut stream).await
        };
        let page = async {
            let shown = visitor.open_when_ready(&url).await?;
            ensure!(shown.status.is_success(), "the app was answered {}", shown.status);
            Ok(SystemTime::now())
        };
        let list = until_listed(&mut live, port);
        let (begun, opened, seen) = futures::try_join!(begin, page, list)?;
        shown.push(opened.duration_since(begun).unwrap_or_default());
        listed.push(seen.duration_since(begun).unwrap_or_default());
    }
    client.delete(&vcluster.id).await?;
    let figure = |name: &str, samples: &[Duration]| {
        Figure::new(name, "ms", milliseconds(samples), None, "≤ 250 ms", |ours, _| ours.p50 <= 250.0)
    };
    Ok([
        figure("a program listens → its page is shown where one waited", &shown),
        figure("a program listens → the console lists it", &listed),
    ])
}

/// What the program itself says, by the clock that node and bench share.
async fn listens_at(stream: &mut crate::client::Stream) -> Result<SystemTime> {
    let mut heard = String::new();
    loop {
        heard.push_str(&String::from_utf8_lossy(&stream.output().await?));
        let said = heard.split_once("listens-at ").and_then(|(_, said)| said.split_once(".\r"));
        if let Some((seconds, _)) = said {
            return Ok(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds.parse()?));
        }
    }
}

async fn until_listed(live: &mut Events, port: u16) -> Result<SystemTime> {
    loop {
        let (event, data) = live.next().await?;
        if event == "apps" {
            let apps: Vec<App> = serde_json::from_str(&data)?;
            if apps.iter().any(|seen| seen.port == port && seen.listening) {
                return Ok(SystemTime::now());
            }
        }
    }
}
