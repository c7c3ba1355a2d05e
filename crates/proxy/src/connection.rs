//! One connection to an app, driven by its user: no task stands behind it, so nothing is handed over between tasks.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use control::ports::node::Duplex;
use futures::future::poll_fn;
use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{Builder, Connection, SendRequest},
    },
};
use hyper_util::rt::TokioIo;

use crate::upload::Upload;

/// The head of an answer may be this large.
const LARGEST_HEAD: usize = 64 * 1024;
/// As much is read at once while an answer comes faster than it is taken.
const LARGEST_BUFFER: usize = 128 * 1024;

type Wire = TokioIo<Box<dyn Duplex>>;

#[derive(derive_more::Debug)]
pub(crate) struct AppConnection {
    #[debug(skip)]
    sender: SendRequest<Upload>,
    #[debug(skip)]
    connection: Connection<Wire, Upload>,
    ended: bool,
}

impl AppConnection {
    pub(crate) async fn begin(stream: Box<dyn Duplex>) -> Result<Box<Self>, hyper::Error> {
        let mut builder = Builder::new();
        builder.max_buf_size(LARGEST_BUFFER).max_header_size(LARGEST_HEAD);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        Ok(Box::new(Self { sender, connection, ended: false }))
    }

    /// Moves bytes both ways; whether the connection has ended.
    pub(crate) fn poll_move(&mut self, cx: &mut Context<'_>) -> bool {
        // Its errors reach the caller with the answer or the body.
        self.ended = self.ended || self.connection.poll_without_shutdown(cx).is_ready();
        self.ended
    }

    /// Whether another request may be sent.
    pub(crate) fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        !self.poll_move(cx) && self.sender.is_ready()
    }

    /// The same for a connection that was not used for a while: the app may have closed it.
    pub(crate) fn is_still_free(&mut self) -> bool {
        self.is_free(&mut Context::from_waker(Waker::noop()))
    }

    /// Sends the request and waits for the head of the answer.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<Upload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Upload>>> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        poll_fn(|cx| {
            if !*ended {
                *ended = connection.poll_without_shutdown(cx).is_ready();
            }
            // Behind its end there is always an answer or an error.
            answer.as_mut().poll(cx)
        })
        .await
    }

    /// The connection itself, and what was read of it already, after the answer was an upgrade.
    pub(crate) async fn into_upgraded(mut self: Box<Self>) -> (Box<dyn Duplex>, Bytes) {
        poll_fn(|cx| if self.poll_move(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        let parts = self.connection.into_parts();
        (parts.io.into_inner(), parts.read_buf)
    }
}
