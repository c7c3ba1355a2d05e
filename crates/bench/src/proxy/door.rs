//! The way into the app: what a browser has after it was let in, as every request must carry it.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use wire::app::PublishApp;

use crate::{client::Client, visitor::Visitor};

/// What a request to the app must carry.
#[derive(Debug, Clone)]
pub(super) struct Door {
    pub(super) address: SocketAddr,
    host: String,
    cookie: String,
}

impl Door {
    /// The way in of a signed-in visitor.
    pub(super) async fn open(visitor: &mut Visitor, client: &Client, vcluster: &str, port: u16) -> Result<Self> {
        let publish = PublishApp { node: "node-0".into(), port: port.into(), name: None };
        let url = client.publish(vcluster, &publish).await?.url;
        let host = url.split('/').nth(2).context("the app's address")?.to_owned();
        let shown = visitor.open_when_ready(&format!("http://{host}/small")).await?;
        ensure!(shown.status.is_success(), "the app was answered {}: {}", shown.status, shown.text);
        let cookie = visitor.cookies_of(host.split(':').next().unwrap_or_default());
        Ok(Self { address: ([127, 0, 0, 1], visitor.port()).into(), host, cookie })
    }

    /// As wrk wants them.
    pub(super) fn fields(&self) -> Vec<String> {
        vec![format!("Host: {}", self.host), format!("Cookie: {}", self.cookie)]
    }

    /// Asks for the echo's WebSocket on a connection of its own; the connection and the status of the answer.
    pub(super) async fn upgrade(&self) -> Result<(TcpStream, u16)> {
        upgrade(self.address, &self.host, &self.fields()[1..]).await
    }
}

/// The same anywhere.
pub(super) async fn upgrade(address: SocketAddr, host: &str, fields: &[String]) -> Result<(TcpStream, u16)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    let request = format!(
        "GET /echo HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{fields}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    let mut piece = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await?;
        ensure!(read > 0, "the connection ended during the handshake");
        head.extend_from_slice(&piece[..read]);
    }
    let status = String::from_utf8_lossy(&head).split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((stream, status.context("no status")?))
}
