//! A client of Docklet's REST interface and terminal stream that shares no code with the server but the wire types.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use domain::job::JobState;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use wire::{
    app::{App, PublishApp},
    event::Event,
    terminal::{ClientFrame, NodeFrame, SUBPROTOCOL},
    terminals::Terminal,
    vcluster::Vcluster,
};

#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    pub(crate) fn new(base: String, token: String) -> Self {
        Self { http: reqwest::Client::new(), base, token }
    }

    pub(crate) async fn create(&self, name: &str, nodes: usize, cpus: f64, memory_mib: u32) -> Result<Vcluster> {
        let body = json!({"name": name, "image": "docklet/base", "nodes": nodes,
            "resources": {"cpus": cpus, "memory_mib": memory_mib}});
        let answer = self.http.post(self.api("/vclusters")).bearer_auth(&self.token).json(&body).send().await?;
        read(answer).await
    }

    pub(crate) async fn get(&self, id: &str) -> Result<Option<Vcluster>> {
        let answer = self.http.get(self.api(&format!("/vclusters/{id}"))).bearer_auth(&self.token).send().await?;
        if answer.status() == 404 { Ok(None) } else { read(answer).await.map(Some) }
    }

    pub(crate) async fn list(&self) -> Result<Value> {
        read(self.http.get(self.api("/vclusters?limit=50")).bearer_auth(&self.token).send().await?).await
    }

    /// The job's number.
    pub(crate) async fn submit_job(&self, job: &Value) -> Result<i64> {
        let answer = self.http.post(self.api("/jobs")).bearer_auth(&self.token).json(job).send().await?;
        let job: Value = read(answer).await?;
        job["id"].as_i64().with_context(|| format!("the job has no number: {job}"))
    }

    pub(crate) async fn job(&self, id: i64) -> Result<Value> {
        read(self.http.get(self.api(&format!("/jobs/{id}"))).bearer_auth(&self.token).send().await?).await
    }

    pub(crate) async fn publish(&self, id: &str, app: &PublishApp) -> Result<App> {
        let url = self.api(&format!("/vclusters/{id}/apps"));
        read(self.http.post(url).bearer_auth(&self.token).json(app).send().await?).await
    }

    /// Deletes the vcluster and waits until it is gone.
    pub(crate) async fn delete(&self, id: &str) -> Result<()> {
        let answer = self.http.delete(self.api(&format!("/vclusters/{id}"))).bearer_auth(&self.token).send().await?;
        ensure!(answer.status() == 202, "delete was answered {}", answer.status());
        for _ in 0..1200 {
            if self.get(id).await?.is_none() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("vcluster {id} is still there after 60 s")
    }

    /// The live feed as text, one server-sent event after the other.
    pub(crate) async fn events(&self) -> Result<Events> {
        let answer = self.http.get(self.api("/events")).bearer_auth(&self.token).send().await?;
        ensure!(answer.status().is_success(), "events were answered {}", answer.status());
        Ok(Events { bytes: Box::pin(answer.bytes_stream()), buffer: String::new() })
    }

    pub(crate) async fn apps(&self, id: &str) -> Result<Vec<App>> {
        read(self.http.get(self.api(&format!("/vclusters/{id}/apps"))).bearer_auth(&self.token).send().await?).await
    }

    /// What happens in one vcluster, as the console hears it.
    pub(crate) async fn live(&self, id: &str) -> Result<Events> {
        let url = self.api(&format!("/vclusters/{id}/live"));
        let answer = self.http.get(url).bearer_auth(&self.token).send().await?;
        ensure!(answer.status().is_success(), "live was answered {}", answer.status());
        Ok(Events { bytes: Box::pin(answer.bytes_stream()), buffer: String::new() })
    }

    pub(crate) async fn open_terminal(&self, id: &str, node: &str, command: &[&str]) -> Result<Terminal> {
        let url = self.api(&format!("/vclusters/{id}/nodes/{node}/terminals"));
        let body = json!({"cols": 80, "rows": 24, "command": command});
        read(self.http.post(url).bearer_auth(&self.token).json(&body).send().await?).await
    }

    pub(crate) async fn terminals(&self, id: &str, node: &str) -> Result<Vec<Terminal>> {
        let url = self.api(&format!("/vclusters/{id}/nodes/{node}/terminals"));
        read(self.http.get(url).bearer_auth(&self.token).send().await?).await
    }

    pub(crate) async fn attach(&self, id: &str, node: &str, terminal: &str) -> Result<Stream> {
        static VIEWERS: AtomicU64 = AtomicU64::new(1);
        let viewer = VIEWERS.fetch_add(1, Ordering::Relaxed);
        let base = self.base.replacen("http", "ws", 1);
        let url = format!(
            "{base}/api/v1/vclusters/{id}/nodes/{node}/terminals/{terminal}?client={viewer:032x}&from=0&cols=80&rows=24"
        );
        Stream::connect(&url, Some(&self.token)).await
    }

    fn api(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }
}

async fn read<T: serde::de::DeserializeOwned>(answer: reqwest::Response) -> Result<T> {
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "answered {status}: {text}");
    serde_json::from_str(&text).with_context(|| format!("unexpected answer: {text}"))
}

pub(crate) struct Events {
    bytes: futures::stream::BoxStream<'static, reqwest::Result<axum::body::Bytes>>,
    buffer: String,
}

impl Events {
    /// Waits for the event that says this vcluster runs.
    pub(crate) async fn until_running(&mut self, id: &str) -> Result<()> {
        loop {
            let (_, data) = self.next().await?;
            let Ok(value) = serde_json::from_str::<Value>(&data) else { continue };
            let vcluster = &value["vcluster"];
            if vcluster["id"] == id {
                ensure!(vcluster["state"] != "failed", "vcluster failed: {}", vcluster["reason"]);
                if vcluster["state"] == "running" {
                    return Ok(());
                }
            }
        }
    }

    /// Waits until this job is over; how it ended.
    pub(crate) async fn until_over(&mut self, job: i64) -> Result<JobState> {
        loop {
            let (_, data) = self.next().await?;
            match serde_json::from_str(&data) {
                Ok(Event::Job { job: this, state }) if this == job && state.is_final() => return Ok(state),
                Ok(Event::Resync) => bail!("the live feed was read too slowly"),
                _ => {}
            }
        }
    }

    /// The next event: its name and its data.
    pub(crate) async fn next(&mut self) -> Result<(String, String)> {
        loop {
            if let Some(end) = self.buffer.find("\n\n") {
                let event: String = self.buffer.drain(..end + 2).collect();
                let field = |name: &str| {
                    event.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim_start).collect::<String>()
                };
                return Ok((field("event:"), field("data:")));
            }
            let bytes = self.bytes.next().await.context("the live feed ended")??;
            self.buffer.push_str(std::str::from_utf8(&bytes).context("the live feed is not UTF-8")?);
        }
    }
}

/// A terminal's WebSocket, speaking `docklet.terminal.v1`.
#[derive(Debug)]
pub(crate) struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    sent: u64,
    acknowledged: u64,
    frame: Vec<u8>,
}

/// Output is acknowledged in pieces of this size.
const ACKNOWLEDGE_EVERY: u64 = 64 * 1024;

impl Stream {
    pub(crate) async fn connect(url: &str, token: Option<&str>) -> Result<Self> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
        if let Some(token) = token {
            request.headers_mut().insert("authorization", HeaderValue::from_str(&format!("Bearer {token}"))?);
        }
        let (socket, _) = connect_async(request).await.context("the terminal's WebSocket was refused")?;
        if let MaybeTlsStream::Plain(tcp) = socket.get_ref() {
            tcp.set_nodelay(true)?;
        }
        Ok(Self { socket, sent: 0, acknowledged: 0, frame: Vec::new() })
    }

    pub(crate) async fn input(&mut self, bytes: &[u8]) -> Result<()> {
        let frame = ClientFrame::Input { seq: self.sent, bytes };
        self.sent += bytes.len() as u64;
        self.send(&frame).await
    }

    async fn send(&mut self, frame: &ClientFrame<'_>) -> Result<()> {
        self.frame.clear();
        frame.encode(&mut self.frame);
        Ok(self.socket.send(Message::binary(self.frame.clone())).await?)
    }

    /// The next piece of output; acknowledges as it reads.
    pub(crate) async fn output(&mut self) -> Result<Vec<u8>> {
        loop {
            let message = self.socket.next().await.context("the terminal's stream ended")??;
            let Message::Binary(frame) = message else { continue };
            let (end, bytes) = match NodeFrame::decode(&frame)? {
                NodeFrame::Output { offset, bytes } => (offset + bytes.len() as u64, bytes.to_vec()),
                NodeFrame::Snapshot { offset, bytes, .. } => (offset, bytes.to_vec()),
                NodeFrame::Error { code, message } => bail!("the terminal says {code}: {message}"),
                _ => continue,
            };
            if end >= self.acknowledged + ACKNOWLEDGE_EVERY {
                self.acknowledged = end;
                self.send(&ClientFrame::Ack { offset: end }).await?;
            }
            return Ok(bytes);
        }
    }

    /// Reads until this text has come.
    pub(crate) async fn until(&mut self, text: &str) -> Result<()> {
        let mut seen = Vec::new();
        loop {
            seen.extend(self.output().await?);
            if String::from_utf8_lossy(&seen).contains(text) {
                return Ok(());
            }
        }
    }
}
