//! `dockletd healthcheck`: asks the dockletd of this configuration how it is, where there is no HTTP client at hand.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use worker::remote;

use crate::{config::Config, data_dir::DataDir, nodes};

const PATIENCE: Duration = Duration::from_secs(8);
/// Enough for the first line.
const HEAD: usize = 256;

/// Whether `dockletd serve` serves (`/healthz`) or, when `ready`, whether all it needs answers, too (`/readyz`).
pub async fn portal(config: &Config, ready: bool) -> Result<()> {
    let (path, address) = (if ready { "/readyz" } else { "/healthz" }, loopback(config.server.listen));
    let asked = timeout(PATIENCE, ask(address, path)).await;
    let line = asked.context("no answer in time")?.with_context(|| format!("nothing answers at {address}"))?;
    let status = line.split(' ').nth(1).unwrap_or_default();
    // With TLS, a plain request is redirected to https.
    let sent_on = config.tls.files().is_some() && status == "308";
    if status != "200" && !sent_on {
        bail!("{path} is answered with {line:?}");
    }
    Ok(())
}

/// Whether `dockletd worker` answers on its stream.
pub async fn worker(config: &Config) -> Result<()> {
    let data = DataDir::open(&config.server.data_dir)?;
    let name = nodes::worker_name(config, &data)?;
    let address = loopback(config.worker.listen).to_string();
    remote::ping(&address, &name, &nodes::required_credentials(config)?).await?;
    Ok(())
}

async fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    stream.take(HEAD as u64).read_to_end(&mut head).await?;
    Ok(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned())
}

/// Where one's own port is reached that may listen everywhere.
fn loopback(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
