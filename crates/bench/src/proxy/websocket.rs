//! How long an echo takes through the proxy, beside the same app without it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::door::{Door, upgrade};
use crate::figure::{Figure, Spread, milliseconds};

const ECHOES: usize = 5000;

pub(super) async fn measure(door: &Door, app: SocketAddr) -> Result<Figure> {
    let mut through = socket(door.upgrade().await?).await?;
    let mut direct = socket(upgrade(app, &app.to_string(), &[]).await?).await?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ECHOES {
        ours.push(echo(&mut through).await?);
        floor.push(echo(&mut direct).await?);
    }
    let holds = |ours: Spread, floor: Option<Spread>| {
        floor.is_some_and(|floor| ours.p50 <= floor.p50 + 0.3 && ours.p99 <= floor.p99 + 3.0)
    };
    let peer = Some(("the app without a proxy", milliseconds(&floor)));
    Ok(Figure::new(
        "WebSocket echo through the app proxy",
        "ms",
        milliseconds(&ours),
        peer,
        "p50 + ≤ 0.3 ms, p99 + ≤ 3 ms",
        holds,
    ))
}

async fn socket((stream, status): (TcpStream, u16)) -> Result<WebSocketStream<TcpStream>> {
    ensure!(status == 101, "the WebSocket was answered {status}");
    Ok(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
}

async fn echo(socket: &mut WebSocketStream<TcpStream>) -> Result<Duration> {
    let begun = Instant::now();
    socket.send(Message::binary(vec![7; 64])).await?;
    let answer = socket.next().await.transpose()?;
    ensure!(answer.is_some_and(|answer| answer.len() == 64), "no echo");
    Ok(begun.elapsed())
}
