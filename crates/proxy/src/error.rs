//! What can go wrong before there is an answer. `Display` is for logs; people get the caller's words.

use std::time::Duration;

use control::ports::node::NodeError;

use crate::{headers::ForeignScheme, upload::Progress};

/// How far an exchange had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Connecting to the app.
    Dial,
    /// The request was on its way.
    Send,
    /// The answer was awaited.
    Head,
    /// The answer had begun.
    Body,
}

#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    #[error("cannot connect to the app: {0}")]
    Dial(#[source] NodeError),
    #[error("connecting to the app took longer than {0:?}")]
    DialTimeout(Duration),
    #[error("the app did not take the request: {0}")]
    Send(String),
    #[error("the client did not send its request to the end: {0}")]
    Upload(String),
    #[error("the app closed the connection without an answer")]
    Closed,
    #[error("the app did not answer within {0:?}")]
    HeadTimeout(Duration),
    #[error("the head of the app's answer is too large")]
    HeadTooLarge,
    #[error("the app's answer is not HTTP: {0}")]
    BadHead(String),
    #[error("the app redirects to a {0}: address")]
    Redirect(String),
    #[error("the permission ended while the answer was awaited")]
    Ended,
}

impl ProxyError {
    pub fn phase(&self) -> Phase {
        match self {
            Self::Dial(_) | Self::DialTimeout(_) => Phase::Dial,
            Self::Send(_) | Self::Upload(_) => Phase::Send,
            Self::Closed
            | Self::HeadTimeout(_)
            | Self::HeadTooLarge
            | Self::BadHead(_)
            | Self::Redirect(_)
            | Self::Ended => Phase::Head,
        }
    }

    /// What an error of the connection to the app means.
    pub(crate) fn of(error: &hyper::Error, progress: Option<&Progress>) -> Self {
        let text = words(error);
        if let Some(reason) = progress.and_then(Progress::broken) {
            Self::Upload(reason)
        } else if error.is_parse_too_large() {
            Self::HeadTooLarge
        } else if error.is_parse() {
            Self::BadHead(text)
        } else if progress.is_some_and(|progress| !progress.is_done()) {
            Self::Send(text)
        } else {
            tracing::debug!(error = text, "an app closed its connection");
            Self::Closed
        }
    }
}

impl From<ForeignScheme> for ProxyError {
    fn from(ForeignScheme(scheme): ForeignScheme) -> Self {
        Self::Redirect(scheme)
    }
}

/// The error and its causes.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
