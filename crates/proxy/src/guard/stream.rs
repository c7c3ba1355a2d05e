//! The guard around a connection: reads what it lets pass, writes as before.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Advance, Answers, Guard, Refusal};

/// How much is read at once while a head is not whole.
const PIECE: usize = 4 * 1024;

/// A connection whose requests have one meaning each.
///
/// A refused head never comes out. In its place comes a request that stands for it ([`Refusal::of`]), so that it is answered in
/// its turn, behind the answers to good requests before it; behind it nothing comes any more. A body that turns out malformed is
/// an error of the connection.
#[derive(Debug)]
pub struct Guarded<S> {
    inner: S,
    guard: Guard,
    answers: Answers,
    held_back: HeldBack,
    refused: Option<Refused>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// The marker is on its way.
    Head,
    Body(Refusal),
}

/// Bytes that were read and have not come out.
#[derive(Debug, Default)]
struct HeldBack {
    bytes: Vec<u8>,
    start: usize,
    /// So many of them may come out.
    free: usize,
}

impl HeldBack {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn replace(&mut self, bytes: &[u8], free: usize) {
        *self = Self { bytes: bytes.to_vec(), start: 0, free };
    }

    /// Moves what may come out; an empty one holds no memory.
    fn hand_out(&mut self, buffer: &mut ReadBuf<'_>) {
        let length = self.free.min(buffer.remaining());
        buffer.put_slice(&self.bytes[self.start..self.start + length]);
        self.start += length;
        self.free -= length;
        if self.start == self.bytes.len() {
            *self = Self::default();
        }
    }
}

impl<S> Guarded<S> {
    pub fn new(inner: S) -> (Self, Answers) {
        let answers = Answers::default();
        let guarded = Self {
            inner,
            guard: Guard::default(),
            answers: answers.clone(),
            held_back: HeldBack::default(),
            refused: None,
        };
        (guarded, answers)
    }

    /// Lets go of held-back bytes as far as the guard allows.
    fn look_again(&mut self) {
        let advance = self.guard.advance(self.held_back.rest());
        self.held_back.free = advance.passed;
        if let Some(refusal) = advance.refusal {
            let passed = self.held_back.rest()[..advance.passed].to_vec();
            self.refuse(refusal, &passed);
        }
    }

    fn refuse(&mut self, refusal: Refusal, passed: &[u8]) {
        if refusal == Refusal::BadChunk {
            self.refused = Some(Refused::Body(refusal));
            self.held_back.replace(passed, passed.len());
        } else {
            self.refused = Some(Refused::Head);
            let bytes = [passed, refusal.marker().as_bytes()].concat();
            self.held_back.replace(&bytes, bytes.len());
        }
    }

    /// Whether an upgrade is still undecided; goes on as soon as it is not.
    fn is_held(&mut self, cx: &Context<'_>) -> bool {
        if !self.guard.is_held() {
            return false;
        }
        self.answers.wait(cx.waker());
        let Some(upgraded) = self.answers.of(self.guard.heads()) else { return true };
        self.guard.answered(upgraded);
        self.look_again();
        false
    }
}

impl<S: AsyncRead + Unpin> Guarded<S> {
    /// Reads behind the bytes that are held back; whether there was anything.
    fn poll_read_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut piece = [0; PIECE];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut piece))?;
        self.held_back.bytes.extend_from_slice(piece.filled());
        Poll::Ready(Ok(!piece.filled().is_empty()))
    }

    /// Reads straight into the caller's buffer; only what may not pass yet is copied away.
    fn poll_read_through(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<bool>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let new = &buffer.filled()[before..];
        if new.is_empty() {
            return Poll::Ready(Ok(true));
        }
        let Advance { passed, refusal } = self.guard.advance(new);
        if let Some(refusal) = refusal {
            self.refuse(refusal, &[]);
        } else if passed < new.len() {
            self.held_back.replace(&new[passed..], 0);
        }
        buffer.set_filled(before + passed);
        Poll::Ready(Ok(passed > 0))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.held_back.free > 0 {
                this.held_back.hand_out(buffer);
                return Poll::Ready(Ok(()));
            }
            match this.refused {
                // The answer to the marker ends the connection.
                Some(Refused::Head) => return Poll::Pending,
                Some(Refused::Body(refusal)) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, refusal)));
                }
                None => {}
            }
            if this.is_held(cx) {
                if !this.held_back.rest().is_empty() {
                    return Poll::Pending;
                }
                // Only to hear when the client leaves.
                if !ready!(this.poll_read_more(cx))? {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            if this.held_back.free > 0 || this.refused.is_some() {
                continue;
            }
            if this.held_back.rest().is_empty() {
                if ready!(this.poll_read_through(cx, buffer))? {
                    return Poll::Ready(Ok(()));
                }
            } else if ready!(this.poll_read_more(cx))? {
                this.look_again();
            } else {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
