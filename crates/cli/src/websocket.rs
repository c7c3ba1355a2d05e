//! WebSockets over the same HTTP client as everything else, so that proxies, certificates and refusals are met in one place.

use std::time::Duration;

use bytes::Bytes;
use futures::{
    Sink, SinkExt as _, Stream, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use reqwest::{
    Upgraded,
    header::{self, HeaderMap, HeaderValue},
};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};
use wire::port::PING_SECONDS;

use crate::{
    client::Client,
    failure::{Failure, Kind},
};

/// No message of the server is as long; a terminal's frames and a port's bytes come in pieces of 64 KiB at most.
const LONGEST: usize = 256 * 1024;
/// What is read at once. All of it is cleared before every read, small ones too.
const READ_BUFFER: usize = 32 * 1024;
/// A node is connected to before this is answered.
const ANSWER: Duration = Duration::from_secs(30);
/// The server sends a ping every 10 s.
const SILENCE: Duration = Duration::from_secs(25);
/// What a connection ended with that ended without a close frame (RFC 6455, section 7.1.5).
const ABNORMAL: u16 = 1006;
/// The same with a close frame that has no code.
const NO_CODE: u16 = 1005;

pub(crate) struct WebSocket(WebSocketStream<Upgraded>);

/// The half that sends.
pub(crate) struct Sender(SplitSink<WebSocketStream<Upgraded>, Message>);

/// The half that receives.
pub(crate) struct Receiver(SplitStream<WebSocketStream<Upgraded>>);

/// What comes out of it.
#[derive(Debug)]
pub(crate) enum Received {
    Bytes(Bytes),
    /// The close code.
    Closed(u16),
}

impl WebSocket {
    pub(crate) async fn open(client: &Client, path: &str, protocol: &'static str) -> Result<Self, Failure> {
        let key = generate_key();
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
            (header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol)),
        ];
        let mut headers: HeaderMap = headers.into_iter().collect();
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_str(&key).map_err(|_| refused(client))?);
        let silent = |_| Failure::new(Kind::Unreachable, format!("{} does not answer in time.", client.url()));
        let answer = timeout(ANSWER, client.open(path, headers)).await.map_err(silent)??;
        let accepts = |name, expected: &str| answer.headers().get(name).is_some_and(|value| value == expected);
        let accepted = accepts(header::SEC_WEBSOCKET_ACCEPT, &derive_accept_key(key.as_bytes()))
            && accepts(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        if !accepted {
            return Err(refused(client));
        }
        let stream = answer.upgrade().await.map_err(|_| refused(client))?;
        let limits = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(LONGEST))
            .max_frame_size(Some(LONGEST));
        Ok(Self(WebSocketStream::from_raw_socket(stream, Role::Client, Some(limits)).await))
    }

    /// For two that send and receive at the same time.
    pub(crate) fn split(self) -> (Sender, Receiver) {
        let (sender, receiver) = self.0.split();
        (Sender(sender), Receiver(receiver))
    }

    pub(crate) async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Ended> {
        send(&mut self.0, Message::Binary(bytes.into())).await
    }

    pub(crate) async fn receive(&mut self) -> Received {
        receive(&mut self.0).await
    }

    /// Says goodbye; who does not hear it notices the closed connection.
    pub(crate) async fn close(mut self) {
        let _ = self.0.close(None).await;
    }
}

impl Sender {
    pub(crate) async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Ended> {
        send(&mut self.0, Message::Binary(bytes.into())).await
    }

    pub(crate) async fn send_text(&mut self, text: String) -> Result<(), Ended> {
        send(&mut self.0, Message::Text(text.into())).await
    }

    /// Shows that we are there, also while nothing is received.
    pub(crate) async fn ping(&mut self) -> Result<(), Ended> {
        send(&mut self.0, Message::Ping(Vec::new().into())).await
    }
}

impl Receiver {
    pub(crate) async fn receive(&mut self) -> Received {
        receive(&mut self.0).await
    }
}

/// When to send pings, the first at once.
pub(crate) fn pings() -> Interval {
    let mut pings = interval(Duration::from_secs(PING_SECONDS));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// An error is an end: `receive` says which.
async fn send(to: &mut (impl Sink<Message> + Unpin), message: Message) -> Result<(), Ended> {
    to.send(message).await.map_err(|_| Ended)
}

async fn receive(from: &mut (impl Stream<Item = Result<Message, Error>> + Unpin)) -> Received {
    loop {
        // A server says at least that it is there; a network that is lost says nothing.
        let Ok(message) = timeout(SILENCE, from.next()).await else { return Received::Closed(ABNORMAL) };
        match message {
            Some(Ok(Message::Binary(bytes))) => return Received::Bytes(bytes),
            Some(Ok(Message::Close(frame))) => {
                return Received::Closed(frame.map_or(NO_CODE, |frame| frame.code.into()));
            }
            // Pings are answered by the library.
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Received::Closed(ABNORMAL),
        }
    }
}

/// The connection has ended.
#[derive(Debug)]
pub(crate) struct Ended;

fn refused(client: &Client) -> Failure {
    let what =
        format!("{} did not open a WebSocket. If there is a proxy in between, it must pass them on.", client.url());
    Failure::new(Kind::Unreachable, what)
}
