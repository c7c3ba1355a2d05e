//! Accepts connections and serves HTTP on them: HTTP/1.1 (with upgrades), and under TLS HTTP/2 as well. Knows no route.
//!
//! Plain TCP speaks HTTP/1.1 only: browsers use HTTP/2 over TLS alone, and detecting it here would add a phase
//! in which a silent client costs a connection without any time limit.

use std::{convert::Infallible, io, time::Duration};

use axum::body::Body;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use proxy::guard::{Guarded, Refusal};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use super::{
    client::Peer,
    connections::Connections,
    http2, refused,
    shutdown::Shutdown,
    site::Site,
    stream::Stream,
    tls::{Arrived, Tls},
    wrong_scheme,
};

/// The head of a request may be this large; ours are a tenth of it.
pub(super) const LARGEST_HEAD: u32 = 64 * 1024;
/// After accepting has failed for want of descriptors or memory.
const BREATH: Duration = Duration::from_millis(100);

/// What every connection is served with.
#[derive(Debug, Clone)]
pub struct Door {
    pub site: Site,
    /// For a TLS handshake, and then for the head of each request.
    pub header_timeout: Duration,
    /// `None`: plain HTTP.
    pub tls: Option<Tls>,
    pub shutdown: Shutdown,
}

/// Serves until the shutdown begins; connections are then asked to end after the request they are in.
pub async fn serve(listener: TcpListener, connections: Connections, door: Door) {
    loop {
        let accepted = tokio::select! {
            () = door.shutdown.begun() => return,
            accepted = next(&listener, &connections) => accepted,
        };
        match accepted {
            Ok(Some((stream, peer))) => door.shutdown.track(door.clone().serve_connection(stream, peer)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// The next connection; `None` when there is no place for it.
async fn next(listener: &TcpListener, connections: &Connections) -> io::Result<Option<(Stream, Peer)>> {
    let (tcp, peer) = match listener.accept().await {
        Ok(accepted) => accepted,
        // The client has gone again before it was accepted.
        Err(error) if is_of_the_connection(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(place) = connections.place(peer.ip()) else {
        metrics::counter!("docklet_connections_refused_total").increment(1);
        tracing::debug!(address = %peer.ip(), "there is no place for another connection of this address");
        return Ok(None);
    };
    Ok(prepare(tcp).map(|tcp| (Stream::new(tcp, place), Peer(peer))))
}

/// Small frames must leave at once. Fails only on a connection that is dead already.
fn prepare(tcp: TcpStream) -> Option<TcpStream> {
    tcp.set_nodelay(true).ok().map(|()| tcp)
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

impl Door {
    async fn serve_connection(self, stream: Stream, peer: Peer) {
        let Some(tls) = self.tls.clone() else { return Box::pin(self.serve_http1(stream, peer, false)).await };
        let handshake = tokio::select! {
            done = tokio::time::timeout(self.header_timeout, tls.accept(stream)) => done,
            () = self.shutdown.begun() => return,
        };
        let (outcome, arrived) = match handshake {
            Ok(Ok(Arrived::Plain(stream))) => {
                Box::pin(self.serve_wrong_scheme(stream)).await;
                return;
            }
            Ok(Ok(arrived)) => ("done", Some(arrived)),
            Ok(Err(error)) => {
                tracing::debug!(peer = %peer.0, %error, "TLS handshake failed");
                ("failed", None)
            }
            Err(_) => ("late", None),
        };
        metrics::counter!("docklet_tls_handshakes_total", "outcome" => outcome).increment(1);
        match arrived {
            Some(Arrived::Http1(stream)) => Box::pin(self.serve_http1(*stream, peer, true)).await,
            Some(Arrived::Http2(stream)) => {
                Box::pin(http2::serve(*stream, peer, self.site, self.header_timeout, self.shutdown)).await;
            }
            Some(Arrived::Plain(_)) | None => {}
        }
    }

    async fn serve_http1<S>(self, stream: S, peer: Peer, over_tls: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let site = self.site.clone();
        let (stream, answers) = Guarded::new(stream);
        let service = service_fn(move |request: Request<Incoming>| {
            let (site, answers) = (site.clone(), answers.clone());
            async move {
                let response = match Refusal::of(&request) {
                    Some(refusal) => refused::answer(refusal),
                    None => site.answer(request.map(Body::new), peer, over_tls).await,
                };
                answers.sent(response.status());
                Ok::<_, Infallible>(response)
            }
        });
        let connection = self.http1().serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.begun() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            // Clients leave in every way there is; none of them is a fault of ours.
            tracing::debug!(peer = %peer.0, %error, "connection ended");
        }
    }

    /// A client spoke HTTP where we speak HTTPS: one answer, then the connection ends.
    async fn serve_wrong_scheme(self, stream: Stream) {
        // No async closure: rustc 1.95 breaks off in the second incremental build of one in a service.
        let service = service_fn(|request: Request<Incoming>| {
            std::future::ready(Ok::<_, Infallible>(wrong_scheme::answer(&request)))
        });
        let mut http = self.http1();
        http.keep_alive(false);
        let answered =
            tokio::time::timeout(2 * self.header_timeout, http.serve_connection(TokioIo::new(stream), service));
        // Neither what they sent nor whether they read it is of any interest.
        let _ = answered.await;
    }

    fn http1(&self) -> http1::Builder {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.header_timeout).max_buf_size(LARGEST_HEAD as usize);
        http.max_header_size(LARGEST_HEAD as usize);
        http
    }
}
