//! The daemon's memory: with idle vclusters, and for each of many idle terminals.

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};

use crate::{
    Options,
    client::Client,
    figure::{Figure, single},
    installation::Installation,
};

const VCLUSTERS: usize = 20;
const NODES: usize = 2;
const TERMINALS_PER_NODE: usize = 50;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Figure>> {
    let installation = Installation::start(&options.dockletd).await?;
    let client = Client::new(installation.url(), installation.token()?);
    let mut ids = Vec::new();
    for number in 0..VCLUSTERS {
        let mut events = client.events().await?;
        let vcluster = client.create(&format!("idle-{number}"), NODES, 0.5, 256).await?;
        events.until_running(&vcluster.id).await?;
        ids.push(vcluster.id);
    }
    let idle = installation.resident()?;
    let wanted = ids.iter().flat_map(|id| (0..NODES).flat_map(move |node| vec![(id, node); TERMINALS_PER_NODE]));
    let open = |(id, node): (&String, usize)| {
        let (client, id) = (client.clone(), id.clone());
        async move {
            let node = format!("node-{node}");
            let terminal = client.open_terminal(&id, &node, &["sleep", "infinity"]).await?;
            client.attach(&id, &node, &terminal.id).await
        }
    };
    let streams: Vec<_> = stream::iter(wanted.map(open)).buffer_unordered(8).try_collect().await?;
    let busy = installation.resident()?;
    let each = busy.saturating_sub(idle) as f64 / streams.len() as f64 / 1000.0;
    let name = format!("memory of dockletd for each of {} idle terminals", streams.len());
    drop(streams);
    for chunk in ids.chunks(4) {
        futures::future::try_join_all(chunk.iter().map(|id| client.delete(id))).await?;
    }
    let idle = idle as f64 / 1e6;
    Ok(vec![
        Figure::new(name, "kB", single(each), None, "≤ 64 kB", |ours, _| ours.p50 <= 64.0),
        Figure::new("dockletd with 20 vclusters idle", "MB", single(idle), None, "≤ 100 MB", |ours, _| {
            ours.p50 <= 100.0
        }),
    ])
}
