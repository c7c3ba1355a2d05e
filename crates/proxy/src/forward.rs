//! One exchange after the other: a request to the app, its answer back.

use std::{fmt, future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use control::ports::node::{Duplex, NodeAddress, NodeError, NodeLink};
use domain::NodeId;
use http::{Request, Response, StatusCode, Version, header, request, response};
use http_body::Body;
use hyper::{body::Incoming, client::conn::TrySendError, upgrade::OnUpgrade};
use tokio::time::{Instant, timeout};

use crate::{
    body::{Home, ResponseBody},
    connection::AppConnection,
    error::ProxyError,
    headers::{self, OwnNames, Site},
    permission::Permission,
    pool::{Key, Pool},
    tunnel,
    upload::{Progress, Upload},
};

/// What cannot be sent twice is not sent on a connection that has rested longer.
const FRESH: Duration = Duration::from_millis(500);
/// An answer that takes longer is watched for the end of its permission.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Connecting to a port of a node.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError>;
}

#[async_trait]
impl Dial for Arc<dyn NodeLink> {
    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        NodeLink::dial(&**self, node, port).await
    }
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub dial: Duration,
    /// While nothing of the request is sent and nothing answered.
    pub head: Duration,
    /// While nothing of a body comes. Event streams and upgraded connections may be silent for ever.
    pub idle: Duration,
    /// How long a connection waits for its next request.
    pub pool_idle: Duration,
    pub pool_per_app: usize,
    pub pool_total: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(5),
            // Notebooks turned into PDF take minutes.
            head: Duration::from_secs(300),
            idle: Duration::from_secs(300),
            // Many apps close after 5 s.
            pool_idle: Duration::from_secs(4),
            pool_per_app: 64,
            pool_total: 2048,
        }
    }
}

/// Which app, and of which life of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub node: NodeAddress,
    pub port: u16,
    pub generation: u64,
}

/// A visit that is allowed.
#[derive(derive_more::Debug)]
pub struct Visit<'a> {
    pub upstream: Upstream,
    pub site: Site<'a>,
    #[debug(skip)]
    pub permission: Arc<dyn Permission>,
}

/// Cheap to clone; there is one per process.
#[derive(Clone)]
pub struct Forwarder(Arc<Inner>);

struct Inner {
    dial: Box<dyn Dial>,
    names: OwnNames,
    limits: Limits,
    pool: Arc<Pool>,
}

impl fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarder").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

/// A request as it goes to the app, and what is known about it.
struct Outgoing {
    head: request::Parts,
    upload: Upload,
    progress: Option<Arc<Progress>>,
}

/// What is left of a request that did not arrive.
enum Failed {
    /// Nothing of it was sent: it may be sent again.
    Unsent(Box<Request<Upload>>),
    /// The app may have seen it.
    Lost(ProxyError),
}

impl Forwarder {
    pub fn new(dial: impl Dial, names: OwnNames, limits: Limits) -> Self {
        let pool = Pool::new(limits.pool_idle, limits.pool_per_app, limits.pool_total);
        Self(Arc::new(Inner { dial: Box::new(dial), names, limits, pool }))
    }

    /// Lets go of unused connections to a node.
    pub fn forget(&self, node: NodeId) {
        self.0.pool.forget(node);
    }

    /// Sends the request to the app. When it answers with an upgrade, the tunnel runs in a task of its own.
    pub async fn forward<B>(&self, visit: Visit<'_>, request: Request<B>) -> Result<Response<ResponseBody>, ProxyError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (mut head, body) = request.into_parts();
        let browser = std::mem::take(&mut head.extensions).remove::<OnUpgrade>();
        let has_body = !body.is_end_stream();
        let ready = headers::prepare(head, has_body, &visit.site, &self.0.names);
        let method = ready.head.method.clone();
        let (upload, progress) = match has_body {
            true => {
                let (upload, progress) = Upload::of(body);
                (upload, Some(progress))
            }
            false => (Upload::none(), None),
        };
        let is_repeatable = !has_body && !ready.upgrade && method.is_idempotent();
        let outgoing = Outgoing { head: ready.head, upload, progress };
        let (connection, response) = self.0.send(&visit, outgoing, is_repeatable).await?;
        let (mut head, incoming) = response.into_parts();
        head.extensions.clear();
        head.version = Version::HTTP_11;
        headers::confine(&mut head, &method, visit.upstream.port, &visit.site, &self.0.names)?;
        if head.status == StatusCode::SWITCHING_PROTOCOLS {
            let browser = browser.filter(|_| ready.upgrade);
            let Some(browser) = browser else { return Err(ProxyError::BadHead("an upgrade nobody asked for".into())) };
            self.0.upgrade(&visit, browser, connection);
            return Ok(Response::from_parts(head, ResponseBody::none()));
        }
        Ok(self.0.answer(visit, head, incoming, connection).await)
    }
}

impl Inner {
    /// Sends it on a connection that rests or on a new one, and once more where that is safe.
    async fn send(
        &self,
        visit: &Visit<'_>,
        outgoing: Outgoing,
        is_repeatable: bool,
    ) -> Result<(Box<AppConnection>, Response<Incoming>), ProxyError> {
        let Outgoing { head, upload, progress } = outgoing;
        let progress = progress.as_deref();
        let mut request = Request::from_parts(head, upload);
        let rested = if is_repeatable { Duration::MAX } else { FRESH };
        if let Some(mut connection) = self.pool.take(&key(visit), rested) {
            let again = is_repeatable.then(|| copy(&request));
            match self.exchange(&mut connection, request, progress, &*visit.permission).await {
                Ok(response) => return Ok((connection, response)),
                Err(Failed::Unsent(unsent)) => request = *unsent,
                Err(Failed::Lost(ProxyError::Closed)) if let Some(again) = again => request = again,
                Err(Failed::Lost(error)) => return Err(error),
            }
        }
        let mut connection = self.dial(visit).await?;
        match self.exchange(&mut connection, request, progress, &*visit.permission).await {
            Ok(response) => Ok((connection, response)),
            Err(Failed::Unsent(_)) => Err(ProxyError::Closed),
            Err(Failed::Lost(error)) => Err(error),
        }
    }

    async fn dial(&self, visit: &Visit<'_>) -> Result<Box<AppConnection>, ProxyError> {
        let Upstream { node, port, .. } = &visit.upstream;
        let dialled = timeout(self.limits.dial, self.dial.dial(node, *port)).await;
        let stream = dialled.map_err(|_| ProxyError::DialTimeout(self.limits.dial))?.map_err(ProxyError::Dial)?;
        AppConnection::begin(stream).await.map_err(|error| ProxyError::Send(error.to_string()))
    }

    /// Waits for the head of the answer as long as something happens.
    async fn exchange(
        &self,
        connection: &mut AppConnection,
        request: Request<Upload>,
        progress: Option<&Progress>,
        permission: &dyn Permission,
    ) -> Result<Response<Incoming>, Failed> {
        let mut exchange = pin!(connection.exchange(request));
        let limit = self.limits.head;
        if let Ok(done) = timeout(AT_ONCE.min(limit), exchange.as_mut()).await {
            return done.map_err(|error| failed(error, progress));
        }
        let watched = permission.watch();
        let frames = || progress.map_or(0, Progress::frames);
        let (mut seen, mut last_moved) = (frames(), Instant::now() - AT_ONCE.min(limit));
        loop {
            tokio::select! {
                done = exchange.as_mut() => return done.map_err(|error| failed(error, progress)),
                () = watched.ended.cancelled() => return Err(Failed::Lost(ProxyError::Ended)),
                () = tokio::time::sleep_until(last_moved + limit) => {
                    if frames() == seen {
                        return Err(Failed::Lost(stalled(progress, limit)));
                    }
                    (seen, last_moved) = (frames(), Instant::now());
                }
            }
        }
    }

    fn upgrade(&self, visit: &Visit<'_>, browser: OnUpgrade, connection: Box<AppConnection>) {
        let watched = visit.permission.watch();
        let limit = self.limits.dial;
        tokio::spawn(async move {
            let Ok((app, read_already)) = timeout(limit, connection.into_upgraded()).await else { return };
            tunnel::run(browser, app, read_already, watched).await;
        });
    }

    async fn answer(
        &self,
        visit: Visit<'_>,
        mut head: response::Parts,
        incoming: Incoming,
        connection: Box<AppConnection>,
    ) -> Response<ResponseBody> {
        let home = Home { pool: self.pool.clone(), key: key(&visit) };
        if incoming.is_end_stream() {
            drop(incoming);
            let mut connection = Some(connection);
            poll_fn(|cx| {
                if let Some(connection) = connection.take() {
                    home.take_back(connection, cx);
                }
                Poll::Ready(())
            })
            .await;
            return Response::from_parts(head, ResponseBody::none());
        }
        let events = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
            kind.as_bytes().get(..17).is_some_and(|kind| kind.eq_ignore_ascii_case(b"text/event-stream"))
        });
        if incoming.size_hint().exact().is_none() {
            head.headers.remove(header::CONTENT_LENGTH);
        }
        let idle = (!events).then_some(self.limits.idle);
        Response::from_parts(head, ResponseBody::streaming(incoming, connection, home, idle, visit.permission))
    }
}

fn key(visit: &Visit<'_>) -> Key {
    let Upstream { node, port, generation } = &visit.upstream;
    Key { node: node.node, port: *port, generation: *generation }
}

/// Of a request without a body.
fn copy(request: &Request<Upload>) -> Request<Upload> {
    let mut copy = Request::new(Upload::none());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn failed(mut error: TrySendError<Request<Upload>>, progress: Option<&Progress>) -> Failed {
    match error.take_message() {
        Some(unsent) => Failed::Unsent(Box::new(unsent)),
        None => Failed::Lost(ProxyError::of(error.error(), progress)),
    }
}

fn stalled(progress: Option<&Progress>, limit: Duration) -> ProxyError {
    match progress {
        Some(progress) if progress.is_done() => ProxyError::HeadTimeout(limit),
        Some(progress) if progress.awaits_client() => ProxyError::Upload(format!("nothing came for {limit:?}")),
        Some(_) => ProxyError::Send(format!("nothing was taken for {limit:?}")),
        None => ProxyError::HeadTimeout(limit),
    }
}
