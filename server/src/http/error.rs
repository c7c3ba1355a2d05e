//! How the edge says no.
//!
//! Policy: every answer that is not a success is a [`Problem`]. Use-cases fail with `control::Error`; one function in `app`
//! maps those to problems, because the console's own actions answer with them, too. Handlers return [`Failure`]; the middleware
//! `problems` writes it down: `application/problem+json`, or a page for a browser that asked for one. People get a safe sentence;
//! what went wrong inside is logged here, once, with its causes, inside the span that carries the request's id.

use axum::response::{IntoResponse, Response};
use control::{error::causes, ports::node::NodeError};
use http::StatusCode;
use wire::problem::{Code, Problem};

/// What a handler fails with.
#[derive(Debug, Clone)]
pub struct Failure(pub Box<Problem>);

impl Failure {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code, detail)))
    }

    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this address.")
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<control::Error> for Failure {
    fn from(error: control::Error) -> Self {
        let problem = app::api::problem::problem(&error);
        if is_a_fault(&error) {
            tracing::error!(error.causes = %causes(&error), code = problem.code.as_str(), "request failed: {error}");
        }
        problem.into()
    }
}

/// Others are answers: the client has learned all there is to know.
fn is_a_fault(error: &control::Error) -> bool {
    use control::Error::{Coordination, Node, Store};
    matches!(error, Store(_) | Coordination(_) | Node(NodeError::Unreachable(_) | NodeError::Garbage(_)))
}

/// Something that only a fault of ours can bring about.
pub(crate) fn internal(doing: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
    tracing::error!(error.causes = %causes(error), "{doing} failed: {error}");
    Failure::new(Code::Internal, "Something went wrong on our side. Try again in a moment.")
}

/// A session that cannot be read or written.
pub(crate) fn of_session(doing: &str, error: &tower_sessions::session::Error) -> Failure {
    match error {
        tower_sessions::session::Error::Store(fault) if store::is_unavailable(fault) => {
            tracing::error!("{doing} failed: {fault}");
            Failure::new(Code::NotReady, "The server is not ready for this. Try again in a moment.")
        }
        _ => internal(doing, error),
    }
}

impl IntoResponse for Failure {
    /// Only a note for the middleware `problems`, which knows what the client wants to read.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
