//! What goes over the worker stream: control's own types as JSON, each behind its length (u32, big endian).

use std::io;

use chrono::{DateTime, Utc};
use control::ports::node::{Attach, NodeAddress, NodeError, OpenTerminal, ReadFile, TerminalId};
use domain::{SshPublicKey, name::WorkerName};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A command is the longest part of a request.
pub(super) const LONGEST_REQUEST: usize = 256 * 1024;
/// An hour of samples of every node of a large vcluster.
pub(super) const LONGEST_ANSWER: usize = 8 << 20;

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Whether this worker is there.
    Ping(WorkerName),
    Terminals(NodeAddress),
    OpenTerminal(NodeAddress, OpenTerminal),
    CloseTerminal(NodeAddress, TerminalId),
    /// Behind the answer the stream is the terminal's.
    Attach(NodeAddress, Attach),
    /// Behind the answer the stream is the port's.
    Dial(NodeAddress, u16),
    /// The same of a UDP port: each datagram behind its length.
    DialUdp(NodeAddress, u16),
    /// Behind the answer the stream is the command's.
    Exec(NodeAddress, Vec<String>),
    AuthorizeKey(NodeAddress, SshPublicKey),
    /// Behind the answer come lists, each an answer of its own.
    WatchPorts(NodeAddress),
    Services(NodeAddress),
    StartService(NodeAddress, String),
    ServiceLog(NodeAddress, String),
    /// Answered with the file's size and how many bytes of it follow.
    ReadFile(NodeAddress, ReadFile),
    Samples(Vec<NodeAddress>, Option<DateTime<Utc>>),
    Disk(WorkerName),
}

/// What is answered.
pub(super) type Answer<T> = Result<T, NodeError>;

/// Reads one message; its length is checked before anything is kept of it.
pub(super) async fn read<T: DeserializeOwned>(stream: &mut (impl AsyncRead + Unpin), longest: usize) -> io::Result<T> {
    let length = u64::from(stream.read_u32().await?);
    if length > longest as u64 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    // Grows with what comes, not with what is announced.
    let mut message = Vec::new();
    stream.take(length).read_to_end(&mut message).await?;
    if (message.len() as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&message).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a message is not one"))
}

/// Writes one message in one piece.
pub(super) async fn write<T: Serialize>(stream: &mut (impl AsyncWrite + Unpin), message: &T) -> io::Result<()> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).map_err(|_| io::Error::other("a message is too long"))?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    stream.write_all(&bytes).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_and_what_is_too_long_or_cut_is_refused() {
        let mut bytes = Vec::new();
        write(&mut bytes, &"hello").await.expect("room");
        assert_eq!(read::<String>(&mut &*bytes, 100).await.expect("whole"), "hello");
        assert_eq!(read::<u16>(&mut &*bytes, 100).await.expect_err("no number").kind(), io::ErrorKind::InvalidData);
        assert_eq!(read::<String>(&mut &*bytes, 3).await.expect_err("too long").kind(), io::ErrorKind::InvalidData);
        let cut = &bytes[..bytes.len() - 1];
        assert_eq!(read::<String>(&mut &*cut, 100).await.expect_err("cut").kind(), io::ErrorKind::UnexpectedEof);
    }
}
