//! Frames on the stream of an attached viewer: a length, then the frame. Knows their limits, not their meaning.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wire::{framing, terminal::MAX_NODE_FRAME};

use super::ClientError;

/// What one read takes while the terminal is quiet. There may be thousands of quiet terminals.
const QUIET: usize = 1024;
/// What one read takes during a flood: at least one of the largest frames.
const FLOOD: usize = 2 * (MAX_NODE_FRAME + 4);

/// Cuts the node's stream into frames. Cancel-safe: nothing is lost when a `next` is dropped.
#[derive(Debug)]
pub struct FrameReader<R> {
    stream: R,
    buffer: Vec<u8>,
    start: usize,
    /// How much the next read takes; follows what came.
    appetite: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads frames from the stream [`attach`](super::NodeClient::attach) returned.
    pub fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new(), start: 0, appetite: QUIET }
    }

    /// The next frame without its length; `None` when the node closed the stream between two frames.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, ClientError> {
        let frame = loop {
            if let Some(length) = self.complete()? {
                let first = self.start + 4;
                self.start = first + length;
                break first..first + length;
            }
            if !self.fill().await? {
                return Ok(None);
            }
        };
        Ok(self.buffer.get(frame))
    }

    /// The length of the frame at the front if all of it is here.
    fn complete(&self) -> Result<Option<usize>, ClientError> {
        let Some((length, rest)) = self.buffer[self.start..].split_first_chunk::<4>() else {
            return Ok(None);
        };
        match usize::try_from(u32::from_be_bytes(*length)) {
            Ok(length) if (1..=MAX_NODE_FRAME).contains(&length) => Ok((rest.len() >= length).then_some(length)),
            _ => Err(ClientError::Garbage("a terminal frame has an impossible length")),
        }
    }

    async fn fill(&mut self) -> Result<bool, ClientError> {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > self.appetite {
            self.buffer = Vec::new();
        }
        self.buffer.reserve_exact(self.appetite);
        let room = self.buffer.capacity() - self.buffer.len();
        let got = self.stream.read_buf(&mut self.buffer).await?;
        self.appetite = if got == room { (self.appetite * 4).min(FLOOD) } else { (self.appetite / 2).max(QUIET) };
        if got > 0 {
            return Ok(true);
        }
        if self.buffer.is_empty() { Ok(false) } else { Err(ClientError::Garbage("the stream ended inside of a frame")) }
    }
}

/// Writes one frame with its length in one piece.
pub async fn write_frame<W: AsyncWrite + Unpin>(stream: &mut W, frame: &[u8]) -> Result<(), ClientError> {
    let mut message = Vec::with_capacity(4 + frame.len());
    framing::put(&mut message, |out| out.extend_from_slice(frame));
    Ok(stream.write_all(&message).await?)
}
