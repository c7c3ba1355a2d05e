//! How talking to a node fails.

use std::io;

use thiserror::Error;

use super::stream::Misdeed;
use crate::protocol::ErrorCode;

/// Why a request to a node got no answer, or not the one that was asked for.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nothing listens on the node's socket: the node is not up yet, or it is gone.
    #[error("docklet-init of the node cannot be reached: {0}")]
    Unreachable(#[source] io::Error),
    /// What is at the socket's place is not a socket; the node's user put it there.
    #[error("the node's socket was replaced: {0}; restart the node")]
    Refused(&'static str),
    /// The node answered something that is not an answer.
    #[error("the node answered garbage: {0}")]
    Garbage(&'static str),
    /// The node did not answer within the deadline.
    #[error("the node did not answer in time")]
    Timeout,
    /// The node said no. The message is bounded and free of control characters.
    #[error("the node refused: {message} ({code})")]
    Node { code: ErrorCode, message: String },
}

/// An I/O error on a connection that was made: the node closed it or broke off.
impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        let misdeed = error.get_ref().and_then(|inner| inner.downcast_ref::<Misdeed>());
        match misdeed {
            Some(Misdeed(what)) => ClientError::Garbage(what),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                ClientError::Garbage("the connection ended in the middle of a reply")
            }
            None => ClientError::Unreachable(error),
        }
    }
}
