//! An edge like dockletd's, in front of an app that is a plain socket.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use control::ports::node::{Duplex, NodeAddress, NodeError};
use domain::{NodeId, name::WorkerName};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use proxy::{
    BodyError, Dial, Forwarder, Limits, OwnNames, Permission, Site, Upstream, Visit,
    guard::{Guarded, Refusal},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Nothing here takes as long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type AnyBody = UnsyncBoxBody<Bytes, BodyError>;

/// An app: every connection to it is handed to the test.
pub(crate) struct App {
    pub(crate) port: u16,
    connections: mpsc::UnboundedReceiver<TcpStream>,
    accepting: JoinHandle<()>,
}

impl App {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, connections) = mpsc::unbounded_channel();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if sender.send(stream).is_err() {
                    return;
                }
            }
        });
        Self { port, connections, accepting }
    }

    pub(crate) async fn accept(&mut self) -> Socket {
        Socket(within(self.connections.recv()).await.expect("a connection"))
    }

    pub(crate) fn has_no_connection(&mut self) -> bool {
        self.connections.try_recv().is_err()
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Reaches every node at loopback, and counts.
#[derive(Clone, Default)]
pub(crate) struct Loopback {
    pub(crate) dials: Arc<AtomicUsize>,
}

#[async_trait]
impl Dial for Loopback {
    async fn dial(&self, _: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        self.dials.fetch_add(1, Ordering::Relaxed);
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(|_| NodeError::PortClosed(port))?;
        stream.set_nodelay(true).map_err(|error| NodeError::Unreachable(error.to_string()))?;
        Ok(Box::new(stream))
    }
}

pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    pub(crate) dials: Arc<AtomicUsize>,
    /// Ends every exchange.
    pub(crate) revoked: CancellationToken,
    serving: JoinHandle<()>,
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone)]
struct Service {
    forwarder: Forwarder,
    port: u16,
    permission: Arc<dyn Permission>,
}

impl Edge {
    pub(crate) async fn start(app: &App) -> Self {
        Self::with(app.port, Limits::default(), true).await
    }

    pub(crate) async fn with_limits(app: &App, limits: Limits) -> Self {
        Self::with(app.port, limits, true).await
    }

    pub(crate) async fn with(port: u16, limits: Limits, is_guarded: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (dial, revoked) = (Loopback::default(), CancellationToken::new());
        let dials = dial.dials.clone();
        let cookies = ["docklet_session", "docklet-app"].map(str::to_owned).into();
        let names = OwnNames { cookies, token_prefix: "dkl_".into() };
        let forwarder = Forwarder::new(dial, names, limits);
        let service = Service { forwarder, port, permission: Arc::new(revoked.clone()) };
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a living socket");
                tokio::spawn(serve(stream, service.clone(), is_guarded));
            }
        });
        Self { address, dials, revoked, serving }
    }

    pub(crate) async fn connect(&self) -> Socket {
        Socket(TcpStream::connect(self.address).await.expect("a connection"))
    }

    /// One request with this head (without its end) on a connection of its own.
    pub(crate) async fn ask(&self, head: &str) -> Socket {
        let mut socket = self.connect().await;
        socket.write(&format!("{head}\r\nHost: abc.localhost\r\n\r\n")).await;
        socket
    }

    pub(crate) fn dialled(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, service: Service, is_guarded: bool) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).max_buf_size(64 * 1024);
    if !is_guarded {
        let serve = service_fn(move |request| answer(service.clone(), request));
        let _ = http.serve_connection(TokioIo::new(stream), serve).with_upgrades().await;
        return;
    }
    let (stream, answers) = Guarded::new(stream);
    let serve = service_fn(move |request| {
        let (service, answers) = (service.clone(), answers.clone());
        async move {
            let answer = answer(service, request).await;
            answers.sent(answer.as_ref().map_or(StatusCode::BAD_GATEWAY, Response::status));
            answer
        }
    });
    let _ = http.serve_connection(TokioIo::new(stream), serve).with_upgrades().await;
}

async fn answer(service: Service, request: Request<Incoming>) -> Result<Response<AnyBody>, Infallible> {
    if let Some(refusal) = Refusal::of(&request) {
        return Ok(plain(StatusCode::BAD_REQUEST, &refusal.to_string()));
    }
    let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let node =
        NodeAddress { node: NodeId::new(uuid::Uuid::nil()), worker: "here".parse::<WorkerName>().expect("a name") };
    let site =
        Site { authority: &host, https: false, client: [192, 0, 2, 7].into(), prefix: None, frame_ancestors: None };
    let upstream = Upstream { node, port: service.port, generation: 1 };
    let visit = Visit { upstream, site, permission: service.permission.clone() };
    Ok(match service.forwarder.forward(visit, request).await {
        Ok(response) => response.map(|body| body.boxed_unsync()),
        Err(error) => plain(StatusCode::BAD_GATEWAY, &format!("{:?}: {error:?}", error.phase())),
    })
}

fn plain(status: StatusCode, text: &str) -> Response<AnyBody> {
    let body = Full::new(Bytes::from(text.to_owned())).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if status == StatusCode::BAD_REQUEST {
        response.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
    }
    response
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    timeout(PATIENCE, work).await.expect("nothing hangs")
}

/// Either end of a connection, as bytes.
pub(crate) struct Socket(pub(crate) TcpStream);

impl Socket {
    pub(crate) async fn write(&mut self, text: &str) {
        self.write_bytes(text.as_bytes()).await;
    }

    pub(crate) async fn write_bytes(&mut self, bytes: &[u8]) {
        within(self.0.write_all(bytes)).await.expect("it is read");
    }

    /// For a side that may have gone.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        within(self.0.write_all(bytes)).await.is_ok()
    }

    /// Reads until this has come; everything read.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(end) {
            let mut byte = [0];
            let read = within(self.0.read(&mut byte)).await.unwrap_or(0);
            assert!(read > 0, "ended before {end:?} came: {}", String::from_utf8_lossy(&seen));
            seen.push(byte[0]);
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// The head of a message.
    pub(crate) async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        within(self.0.read_exact(&mut bytes)).await.expect("as many bytes");
        bytes
    }

    /// All until the other side closes, politely or not.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset is an end, too.
        let _ = within(self.0.read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
