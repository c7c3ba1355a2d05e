//! How a server function says no: the same problem the REST interface answers with, so that forms can name fields.

use std::fmt;

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};
use wire::problem::{Code, Problem};

/// A problem as the error of a server function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused(Box<Problem>);

impl Refused {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    pub fn problem(&self) -> &Problem {
        &self.0
    }

    /// The person has to show again who they are.
    pub fn needs_confirming(&self) -> bool {
        self.0.code == Code::SignInAgain
    }

    /// The person has to sign in.
    pub fn needs_sign_in(&self) -> bool {
        self.0.code == Code::NotSignedIn
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        *refused.0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl FromServerFnError for Refused {
    type Encoder = JsonEncoding;

    /// What leptos itself meets on the way, as one of our problems. Its own texts are for developers.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => {
                Self::new(Code::NotReady, "The server does not answer. Check your connection, then try again.")
            }
            // The answer was not ours: a proxy, or a server that has been updated under an open page.
            ServerFnErrorErr::Deserialization(_) => {
                Self::new(Code::Malformed, "The server's answer cannot be read. Reload the page, then try again.")
            }
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Serialization(_) => {
                Self::new(Code::Malformed, "The form was not complete. Reload the page, then try again.")
            }
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Response(_) => {
                Self::new(Code::Internal, "Something went wrong on our side. Try again in a moment.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_way_to_the_browser() {
        let refused = Refused::new(Code::NameTaken, "you already have a vcluster named lab");
        assert_eq!(Refused::de(refused.ser()), refused);
    }

    #[test]
    fn an_answer_that_is_not_ours_becomes_a_sentence() {
        let refused = Refused::de("<html>502 Bad Gateway</html>".into());
        assert_eq!(refused.0.code, Code::Malformed);
        assert!(!refused.0.detail.contains("html"));
    }
}
