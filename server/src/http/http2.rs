//! HTTP/2 to browsers, over TLS only. Gives each request the form HTTP/1.1 would have given it, so that no code behind
//! has to know the difference, and ends connections on which nothing happens.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, response::IntoResponse as _};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request};
use hyper::{Request, Response, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use proxy::guard::Refusal;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{client::Peer, listen::LARGEST_HEAD, refused, shares::keep, shutdown::Shutdown, site::Site};

/// One page asks for a dozen files and holds two streams of events; a tab with fifty terminals has fifty WebSockets elsewhere.
const MOST_STREAMS: u32 = 200;
/// What is larger is refused by the library, in its own words. Up to here it is read, so that a browser with too many cookies
/// can be told to take them away, and no further: what a stranger has sent of a head is in memory for as long as the rest may
/// take to come.
const LARGEST_READ: u32 = 256 * 1024;
/// What a header counts beside its name and value (RFC 9113, 6.5.2).
const PER_HEADER: usize = 32;
/// A dead client is found out by a ping it does not answer.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_secs(20);
/// A connection without a request for this long makes room for another.
const IDLE: Duration = Duration::from_secs(120);
/// What one slow stream may hold back in memory.
const SEND_BUFFER: usize = 256 * 1024;

pub(super) fn builder() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(LARGEST_READ)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_PATIENCE);
    http
}

/// Serves one connection to its end. `first`: how long its first request may take to come.
pub(super) async fn serve<S>(stream: S, peer: Peer, site: Site, first: Duration, shutdown: Shutdown)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let streams = Streams::default();
    let counted = streams.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (site, open) = (site.clone(), counted.open());
        // The stream is open as long as its answer is not sent.
        async move { Ok::<_, Infallible>(keep(Box::pin(answer(request, peer, site)).await, open)) }
    });
    let connection = builder().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        heard = streams.quiet(first) => {
            if !heard {
                return;
            }
            connection.as_mut().graceful_shutdown();
            // Nothing is under way; what has begun in this moment is finished.
            connection.await
        }
        () = shutdown.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %peer.0, %error, "HTTP/2 connection ended");
    }
}

async fn answer(request: Request<Incoming>, peer: Peer, site: Site) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    if let Some(refusal) = too_large(&parts) {
        let mut response = refused::answer(refusal);
        // The stream is over, the connection goes on.
        response.headers_mut().remove(header::CONNECTION);
        return response;
    }
    if !straighten(&mut parts) {
        return (StatusCode::BAD_REQUEST, "This request does not say clearly which host it is for.\n").into_response();
    }
    site.answer(Request::from_parts(parts, Body::new(body)), peer, true).await
}

/// As the guard of HTTP/1.1 has it.
fn too_large(parts: &request::Parts) -> Option<Refusal> {
    let (mut all, mut cookies) = (parts.uri.path_and_query().map_or(0, |path| path.as_str().len()), 0);
    for (name, value) in &parts.headers {
        let size = name.as_str().len() + value.len() + PER_HEADER;
        all += size;
        cookies += if name == header::COOKIE { size } else { 0 };
    }
    let most = LARGEST_HEAD as usize;
    (all > most).then_some(if cookies > most / 2 { Refusal::TooManyCookies } else { Refusal::TooLarge })
}

/// `:authority` becomes `Host`, the address loses scheme and host, cookies become one header. False when the request
/// names two hosts, or none, or wants a tunnel.
fn straighten(parts: &mut request::Parts) -> bool {
    if parts.method == Method::CONNECT {
        return false;
    }
    let mut hosts = parts.headers.get_all(header::HOST).into_iter();
    let (host, another) = (hosts.next().cloned(), hosts.next().is_some());
    let authority = parts.uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    let chosen = match (authority, host) {
        (Some(authority), Some(host)) if authority.as_bytes().eq_ignore_ascii_case(host.as_bytes()) => authority,
        (Some(authority), None) => authority,
        (None, Some(host)) => host,
        _ => return false,
    };
    if another || chosen.is_empty() || chosen.as_bytes().contains(&b'@') {
        return false;
    }
    let path = parts.uri.path_and_query().cloned();
    let Some(uri) = path.and_then(|path| Uri::builder().path_and_query(path).build().ok()) else { return false };
    parts.uri = uri;
    parts.headers.insert(header::HOST, chosen);
    join_cookies(&mut parts.headers)
}

/// HTTP/2 lets browsers send each cookie in a header of its own.
fn join_cookies(headers: &mut HeaderMap) -> bool {
    let cookies: Vec<&[u8]> = headers.get_all(header::COOKIE).into_iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() < 2 {
        return true;
    }
    let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..])) else { return false };
    headers.insert(header::COOKIE, joined);
    true
}

/// How many streams of one connection there are and were.
#[derive(Debug, Clone, Default)]
struct Streams(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    begun: AtomicU64,
}

/// A stream that is open until this is dropped.
#[derive(Debug)]
struct Open(Arc<Counts>);

impl Streams {
    fn open(&self) -> Open {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        self.0.open.fetch_add(1, Ordering::Relaxed);
        Open(self.0.clone())
    }

    /// Returns when nothing was asked for a while and nothing is being answered; false when nothing ever was.
    async fn quiet(&self, first: Duration) -> bool {
        let (mut before, mut patience) = (0, first);
        loop {
            tokio::time::sleep(patience).await;
            let begun = self.0.begun.load(Ordering::Relaxed);
            if begun == before && self.0.open.load(Ordering::Relaxed) == 0 {
                return begun > 0;
            }
            (before, patience) = (begun, IDLE);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straightened(uri: &str, headers: &[(&'static str, &'static str)]) -> Option<request::Parts> {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).expect("a request").into_parts();
        straighten(&mut parts).then_some(parts)
    }

    #[test]
    fn the_authority_becomes_the_host_and_cookies_become_one() {
        let parts = straightened("https://lab.example:8000/a?b", &[("cookie", "a=1"), ("cookie", "b=2")]);
        let parts = parts.expect("an ordinary request");
        assert_eq!(parts.uri, "/a?b");
        assert_eq!(parts.headers["host"], "lab.example:8000");
        assert_eq!(parts.headers.get_all("cookie").into_iter().collect::<Vec<_>>(), ["a=1; b=2"]);
    }

    #[test]
    fn a_request_for_two_hosts_or_none_is_refused() {
        assert!(straightened("https://lab.example/", &[("host", "LAB.example")]).is_some());
        assert!(straightened("/", &[("host", "lab.example")]).is_some());
        for (uri, headers) in [
            ("https://lab.example/", vec![("host", "evil.example")]),
            ("https://u@lab.example/", vec![]),
            ("/", vec![("host", "a"), ("host", "a")]),
            ("/", vec![("host", "")]),
            ("/", vec![]),
        ] {
            assert!(straightened(uri, &headers).is_none(), "{uri} {headers:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_quiet_when_nothing_is_asked_and_nothing_answered() {
        let first = Duration::from_secs(10);
        assert!(!Streams::default().quiet(first).await, "nothing ever came");
        let streams = Streams::default();
        let open = streams.open();
        let quiet = streams.quiet(first);
        tokio::pin!(quiet);
        assert!(tokio::time::timeout(Duration::from_secs(3600), &mut quiet).await.is_err(), "an answer is being sent");
        drop(open);
        assert!(tokio::time::timeout(2 * IDLE, quiet).await.expect("it is quiet now"));
    }
}
