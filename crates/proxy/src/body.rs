//! The body of an answer on its way to the browser. Its reader drives the connection it comes from.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::{
    connection::AppConnection,
    permission::{Permission, Watched},
    pool::{Key, Pool},
};

/// Why a body has no end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the app broke off its answer")]
    BrokenOff(#[source] hyper::Error),
    #[error("nothing was heard of the app for {0:?}")]
    Idle(Duration),
    #[error("the permission ended")]
    Ended,
}

/// What is over by then is not worth watching.
const WATCHED_AFTER: Duration = Duration::from_millis(300);

/// Dropping it ends the exchange.
#[derive(Debug)]
pub struct ResponseBody(Option<Box<Streaming>>);

#[derive(derive_more::Debug)]
struct Streaming {
    incoming: Incoming,
    #[debug(skip)]
    connection: Option<Box<AppConnection>>,
    home: Home,
    idle: Option<Duration>,
    #[debug(skip)]
    permission: Arc<dyn Permission>,
    begun: Instant,
    /// Made when something is waited for, or when it lasts.
    #[debug(skip)]
    patience: Option<Pin<Box<Patience>>>,
    /// Something came since patience was last looked at.
    moved: bool,
}

/// Where the connection goes afterwards.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    pub(crate) pool: Arc<Pool>,
    pub(crate) key: Key,
}

struct Patience {
    watched: Watched,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    last_moved: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl ResponseBody {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// `idle`: how long nothing may come; `None` for as long as it likes.
    pub(crate) fn streaming(
        incoming: Incoming,
        connection: Box<AppConnection>,
        home: Home,
        idle: Option<Duration>,
        permission: Arc<dyn Permission>,
    ) -> Self {
        let connection = Some(connection);
        Self(Some(Box::new(Streaming {
            incoming,
            connection,
            home,
            idle,
            permission,
            patience: None,
            moved: false,
            begun: Instant::now(),
        })))
    }
}

impl Home {
    /// Keeps the connection for the next request, if it is good for one.
    pub(crate) fn take_back(&self, mut connection: Box<AppConnection>, cx: &mut Context<'_>) {
        if connection.is_free(cx) {
            self.pool.put(self.key, connection);
        }
    }
}

impl Streaming {
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        if let Some(connection) = &mut self.connection {
            connection.poll_move(cx);
        }
        Pin::new(&mut self.incoming).poll_frame(cx)
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let idle = self.idle;
        self.watch();
        let Some(patience) = &mut self.patience else { return Poll::Pending };
        if std::mem::take(&mut self.moved) {
            patience.last_moved = Instant::now();
        }
        if patience.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(BodyError::Ended);
        }
        let (Some(idle), last_moved) = (idle, patience.last_moved) else { return Poll::Pending };
        let Some(sleep) = &mut patience.sleep else { return Poll::Pending };
        loop {
            ready!(sleep.as_mut().poll(cx));
            // Set anew only when it has run out, not with every byte.
            if last_moved.elapsed() >= idle {
                return Poll::Ready(BodyError::Idle(idle));
            }
            sleep.as_mut().reset(last_moved + idle);
        }
    }

    /// From now on the end of the permission ends this, too.
    fn watch(&mut self) {
        if self.patience.is_none() {
            self.patience = Some(Box::pin(Patience::begin(self.permission.watch(), self.idle)));
        }
    }

    fn is_ended(&self) -> bool {
        self.patience.as_ref().is_some_and(|patience| patience.watched.ended.is_cancelled())
    }
}

impl Patience {
    fn begin(watched: Watched, idle: Option<Duration>) -> Self {
        Self {
            ended: Box::pin(watched.ended.clone().cancelled_owned()),
            watched,
            last_moved: Instant::now(),
            sleep: idle.map(|idle| Box::pin(tokio::time::sleep(idle))),
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(streaming) = &mut self.0 else { return Poll::Ready(None) };
        if streaming.is_ended() {
            self.0 = None;
            return Poll::Ready(Some(Err(BodyError::Ended)));
        }
        // An app that is always faster than its reader never makes its reader wait, and could go on for ever.
        if streaming.begun.elapsed() >= WATCHED_AFTER {
            streaming.watch();
        }
        let Poll::Ready(frame) = streaming.poll_incoming(cx) else {
            let error = ready!(streaming.poll_patience(cx));
            self.0 = None;
            return Poll::Ready(Some(Err(error)));
        };
        streaming.moved = true;
        let is_last = match &frame {
            Some(Ok(_)) => streaming.incoming.is_end_stream(),
            Some(Err(_)) | None => true,
        };
        if is_last
            && let Some(mut streaming) = self.0.take()
            && !matches!(frame, Some(Err(_)))
            && let Some(connection) = streaming.connection.take()
        {
            streaming.home.take_back(connection, cx);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::BrokenOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|streaming| streaming.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |streaming| streaming.incoming.size_hint())
    }
}
