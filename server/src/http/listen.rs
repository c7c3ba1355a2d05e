//! Accepts connections and serves HTTP/1.1 on them (with upgrades). Knows no route.
//!
//! Plain TCP speaks HTTP/1.1 only: browsers use HTTP/2 over TLS alone, and detecting it here would add a phase
//! in which a silent client costs a connection without any time limit.

use std::{convert::Infallible, io, time::Duration};

use axum::{Router, body::Body};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

use super::{client::Peer, connections::Connections, ending::Ending, stream::Stream};

/// The head of a request may be this large; ours are a tenth of it.
const LARGEST_HEAD: usize = 64 * 1024;
/// After accepting has failed for want of descriptors or memory.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until the ending begins; connections are then asked to end after the request they are in.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    connections: Connections,
    header_timeout: Duration,
    ending: Ending,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(LARGEST_HEAD);
    http.max_header_size(LARGEST_HEAD);
    loop {
        let accepted = tokio::select! {
            () = ending.begun() => return,
            accepted = next(&listener, &connections) => accepted,
        };
        match accepted {
            Ok(Some((stream, peer))) => {
                ending.track(serve_connection(http.clone(), stream, peer, router.clone(), ending.clone()));
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// The next connection; `None` when its address has too many.
async fn next(listener: &TcpListener, connections: &Connections) -> io::Result<Option<(Stream, Peer)>> {
    let place = connections.place().await;
    let (tcp, peer) = match listener.accept().await {
        Ok(accepted) => accepted,
        // The client has gone again before it was accepted.
        Err(error) if is_of_the_connection(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(place) = place.of(peer.ip()) else {
        tracing::debug!(address = %peer.ip(), "too many connections from one address");
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

async fn serve_connection(http: http1::Builder, stream: Stream, peer: Peer, router: Router, ending: Ending) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(infallible(router.call(request.map(Body::new)).await)) }
    });
    let connection = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = ending.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients leave in every way there is; none of them is a fault of ours.
        tracing::debug!(peer = %peer.0, %error, "connection ended");
    }
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}
