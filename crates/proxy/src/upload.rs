//! The body of a request on its way to the app, and how it gets on.

use std::{
    error::Error as StdError,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use parking_lot::Mutex;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A body without an end yet, or none at all; the latter costs nothing.
#[derive(Debug)]
pub(crate) struct Upload(Option<Streaming>);

#[derive(derive_more::Debug)]
struct Streaming {
    #[debug(skip)]
    body: Pin<Box<dyn Body<Data = Bytes, Error = BoxError> + Send>>,
    progress: Arc<Progress>,
}

/// What others may know about it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    frames: AtomicU64,
    /// The client is waited for, and not the app.
    awaits_client: AtomicBool,
    done: AtomicBool,
    broken: Mutex<Option<String>>,
}

impl Progress {
    pub(crate) fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(crate) fn awaits_client(&self) -> bool {
        self.awaits_client.load(Ordering::Relaxed)
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    /// Why the client's part ended early.
    pub(crate) fn broken(&self) -> Option<String> {
        self.broken.lock().clone()
    }
}

impl Upload {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(crate) fn of<B>(body: B) -> (Self, Arc<Progress>)
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let progress = Arc::new(Progress::default());
        let body = Box::pin(body.map_err(Into::into));
        (Self(Some(Streaming { body, progress: progress.clone() })), progress)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(Streaming { body, progress }) = &mut self.0 else { return Poll::Ready(None) };
        progress.awaits_client.store(true, Ordering::Relaxed);
        let frame = ready!(body.as_mut().poll_frame(cx));
        progress.awaits_client.store(false, Ordering::Relaxed);
        progress.frames.fetch_add(1, Ordering::Relaxed);
        match &frame {
            Some(Ok(_)) if !body.is_end_stream() => {}
            Some(Err(error)) => *progress.broken.lock() = Some(error.to_string()),
            Some(Ok(_)) | None => progress.done.store(true, Ordering::Relaxed),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(|streaming| streaming.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), |streaming| streaming.body.size_hint())
    }
}
