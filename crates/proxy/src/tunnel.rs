//! What a connection becomes after an upgrade: bytes both ways until one side ends. An idle tunnel holds no buffer.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use control::ports::node::Duplex;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use crate::permission::Watched;

/// The browser's side is ours as soon as its answer has left.
const HAND_OVER: Duration = Duration::from_secs(30);
/// How long the other direction may go on after one has ended.
const LINGER: Duration = Duration::from_secs(2);
const SHARED: usize = 64 * 1024;

thread_local! {
    /// Every tunnel of this thread reads into it, and writes from it before another one does.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; SHARED]);
}

/// Runs until one side or the permission ends. Dropping both sides closes them.
pub(crate) async fn run(browser: OnUpgrade, app: Box<dyn Duplex>, read_already: Bytes, watched: Watched) {
    let joined = async {
        let Ok(Ok(browser)) = timeout(HAND_OVER, browser).await else { return };
        if let Err(error) = join(&mut TokioIo::new(browser), app, read_already).await {
            tracing::debug!(%error, "a tunnel broke");
        }
    };
    tokio::select! {
        () = joined => {}
        () = watched.ended.cancelled() => {}
    }
    drop(watched.hold);
}

async fn join<B>(browser: &mut B, mut app: Box<dyn Duplex>, read_already: Bytes) -> io::Result<()>
where
    B: AsyncRead + AsyncWrite + Unpin,
{
    let mut down = Pipe { waiting: read_already.into(), ..Pipe::default() };
    let mut up = Pipe::default();
    poll_fn(|cx| {
        let (down, up) = (down.poll(cx, &mut app, browser)?, up.poll(cx, browser, &mut app)?);
        if down.is_ready() || up.is_ready() { Poll::Ready(io::Result::Ok(())) } else { Poll::Pending }
    })
    .await?;
    let rest = poll_fn(|cx| {
        let (down, up) = (down.poll(cx, &mut app, browser)?, up.poll(cx, browser, &mut app)?);
        if down.is_ready() && up.is_ready() { Poll::Ready(io::Result::Ok(())) } else { Poll::Pending }
    });
    // Both are closed now, whatever the other one still had to say.
    timeout(LINGER, rest).await.unwrap_or(Ok(()))
}

/// One direction.
#[derive(Debug, Default)]
struct Pipe {
    /// Read, and not taken by the other side yet.
    waiting: Vec<u8>,
    written: usize,
    unflushed: bool,
    read_end: bool,
    done: bool,
}

impl Pipe {
    /// Ready once all has arrived and the other side was told the end.
    fn poll<R, W>(&mut self, cx: &mut Context<'_>, from: &mut R, to: &mut W) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        while !self.done {
            ready!(self.poll_waiting(cx, to))?;
            if self.read_end {
                ready!(Pin::new(&mut *to).poll_shutdown(cx))?;
                self.done = true;
            } else if BUFFER.with_borrow_mut(|buffer| self.poll_through(cx, from, to, buffer))?.is_pending() {
                if self.unflushed {
                    ready!(Pin::new(&mut *to).poll_flush(cx))?;
                    self.unflushed = false;
                }
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_waiting<W: AsyncWrite + Unpin>(&mut self, cx: &mut Context<'_>, to: &mut W) -> Poll<io::Result<()>> {
        while self.written < self.waiting.len() {
            let written = ready!(Pin::new(&mut *to).poll_write(cx, &self.waiting[self.written..]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            self.unflushed = true;
        }
        if self.written > 0 {
            (self.waiting, self.written) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once and writes it at once; only what is not taken is kept.
    fn poll_through<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut R,
        to: &mut W,
        buffer: &mut [u8],
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut read = ReadBuf::new(buffer);
        ready!(Pin::new(from).poll_read(cx, &mut read))?;
        let bytes = read.filled();
        if bytes.is_empty() {
            self.read_end = true;
            return Poll::Ready(Ok(()));
        }
        let written = match Pin::new(to).poll_write(cx, bytes)? {
            Poll::Ready(written) => written,
            Poll::Pending => 0,
        };
        self.unflushed = true;
        if written < bytes.len() {
            self.waiting.extend_from_slice(&bytes[written..]);
        }
        Poll::Ready(Ok(()))
    }
}
