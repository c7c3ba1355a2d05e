//! A TCP connection that keeps its place among the others and ends politely.
//!
//! When an answer was sent before the request was read to its end (a body that is too large), closing at once would make the
//! kernel send a reset, and the client would lose the answer. So after the last byte was sent, what still comes is
//! read and thrown away for a moment.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};

use super::connections::Place;

/// How long the rest of a request is thrown away, and how much of it at most.
const LINGER: Duration = Duration::from_secs(2);
const MOST_DISCARDED: usize = 8 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Stream {
    tcp: TcpStream,
    linger: Linger,
    place: Place,
}

#[derive(Debug)]
enum Linger {
    NotYet,
    Until { deadline: Pin<Box<Sleep>>, discarded: usize },
    Done,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, place: Place) -> Self {
        Self { tcp, linger: Linger::NotYet, place }
    }

    /// The first byte the client has sent, left where it is; `None` when it sends nothing any more.
    pub(super) async fn peek(&self) -> io::Result<Option<u8>> {
        let mut first = [0];
        Ok((self.tcp.peek(&mut first).await? > 0).then_some(first[0]))
    }

    /// Another connection got this one's place.
    fn poll_place(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.place.poll_gave_way(cx).map(|()| Err(io::ErrorKind::ConnectionAborted.into()))
    }

    /// Reads and throws away until the client has ended or the time is over.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Linger::Until { deadline, discarded } = &mut self.linger else { return Poll::Ready(Ok(())) };
        let mut scratch = [0; 8192];
        // Bounded, so that a client that sends without end cannot hold this thread.
        for _ in 0..64 {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.tcp).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && *discarded < MOST_DISCARDED => {
                    *discarded += buffer.filled().len();
                }
                // The end of the stream, a client that goes on and on, or a connection that is broken anyway.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return deadline.as_mut().poll(cx).map(Ok),
            }
        }
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(gone) = self.poll_place(cx) {
            return Poll::Ready(gone);
        }
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(gone) = self.poll_place(cx) {
            return Poll::Ready(gone.map(|()| 0));
        }
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(gone) = self.poll_place(cx) {
            return Poll::Ready(gone.map(|()| 0));
        }
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if matches!(self.linger, Linger::NotYet) {
            ready!(Pin::new(&mut self.tcp).poll_shutdown(cx))?;
            self.linger = Linger::Until { deadline: Box::pin(tokio::time::sleep(LINGER)), discarded: 0 };
        }
        ready!(self.poll_linger(cx))?;
        self.linger = Linger::Done;
        Poll::Ready(Ok(()))
    }
}
