//! What went wrong at etcd, in words and in kinds: worth another endpoint, or not.

use std::error::Error as _;

use control::ports::coordination::CoordinationError;
use etcd_client::Error;
use tonic::Code;

/// The port's error for one of the client's.
pub(crate) fn unavailable(error: &Error) -> CoordinationError {
    CoordinationError::Unavailable(describe(error))
}

/// Another endpoint may answer where this one does not.
pub(crate) fn is_worth_another_endpoint(error: &Error) -> bool {
    match error {
        Error::GRpcStatus(status) => {
            matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled)
        }
        Error::TransportError(_) | Error::IoError(_) => true,
        _ => false,
    }
}

/// A revision was asked for that etcd has already dropped from its history.
pub(crate) fn is_compacted(error: &Error) -> bool {
    matches!(error, Error::GRpcStatus(status) if status.code() == Code::OutOfRange && status.message().contains("compacted"))
}

/// The message and, where the message only says that something failed, what is under it.
fn describe(error: &Error) -> String {
    let Error::GRpcStatus(status) = error else { return error.to_string() };
    let mut deepest = None;
    let mut source = status.source();
    while let Some(inner) = source {
        deepest = Some(inner.to_string());
        source = inner.source();
    }
    match deepest {
        Some(cause) if !status.message().contains(&cause) => format!("{}: {cause}", status.message()),
        _ => status.message().to_owned(),
    }
}
