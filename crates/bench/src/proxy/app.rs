//! The app behind all proxies: this very program, copied into the node and run there.

use std::{
    env,
    net::{IpAddr, SocketAddr},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::Bytes,
    extract::{WebSocketUpgrade, ws::WebSocket},
    response::Response,
    routing::get,
};
use futures::StreamExt;
use tokio::net::{TcpListener, TcpStream};

use crate::installation::Installation;

pub(super) const PORT: u16 = 8050;
pub(super) const LARGE: usize = 1_000_000;
const INSIDE: &str = "/docklet-bench";

/// Runs in the node: a small answer, a large one, and an echo.
pub(crate) async fn serve(port: u16) -> Result<()> {
    let large = Bytes::from(vec![b'x'; LARGE]);
    let router = Router::new()
        .route("/small", get(async || "a small answer\n"))
        .route("/large", get(async move || large))
        .route(
            "/echo",
            get(async |upgrade: WebSocketUpgrade| -> Response {
                upgrade.read_buffer_size(1024).write_buffer_size(0).on_upgrade(echo)
            }),
        );
    let listener = TcpListener::bind(("0.0.0.0", port)).await?;
    axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| _ = stream.set_nodelay(true)), router).await?;
    Ok(())
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.next().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

#[derive(Debug)]
pub(super) struct App {
    container: String,
    /// As the host reaches it; the peers go this way.
    pub(super) address: SocketAddr,
}

impl App {
    /// In the only node of the installation.
    pub(super) async fn start(installation: &Installation) -> Result<Self> {
        let label = format!("label=docklet.installation={}", installation.id()?);
        let container = docker(&["ps", "-q", "--filter", &label])?;
        ensure!(!container.is_empty() && !container.contains('\n'), "one node was expected, not {container:?}");
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let address: IpAddr = docker(&["inspect", "-f", format, &container])?.parse().context("no address")?;
        let program = env::current_exe()?;
        docker(&["cp", &program.to_string_lossy(), &format!("{container}:{INSIDE}")])?;
        let command = format!("ulimit -n 65536; exec {INSIDE} --app {PORT}");
        docker(&["exec", "-d", "-e", "TOKIO_WORKER_THREADS=1", &container, "sh", "-c", &command])?;
        let app = Self { container, address: SocketAddr::new(address, PORT) };
        until_listening(app.address).await?;
        Ok(app)
    }
}

/// It stops listening; the node runs on.
impl Drop for App {
    fn drop(&mut self) {
        // Fails only when it has ended by itself. The image need not have pkill.
        let stop = format!(
            "for p in /proc/[0-9]*; do [ \"$(readlink $p/exe)\" = {INSIDE} ] && kill ${{p#/proc/}}; done; true"
        );
        let _ = docker(&["exec", &self.container, "sh", "-c", &stop]);
    }
}

pub(super) async fn until_listening(address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(address).await.is_err() {
        ensure!(Instant::now() < deadline, "nothing listens on {address}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

fn docker(arguments: &[&str]) -> Result<String> {
    let output = Command::new("docker").args(arguments).output().context("docker cannot be run")?;
    ensure!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
