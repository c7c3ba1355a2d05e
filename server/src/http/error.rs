//! How the edge says no.
//!
//! Policy: every answer that is not a success is a [`Problem`]. Use-cases fail with [`Refusal`], which has logged what went wrong
//! inside, once, inside the span that carries the request's id. Handlers return [`Failure`]; the middleware `problems` writes it
//! down: `application/problem+json`, or a page for a browser that asked for one.

use api::Refusal;
use axum::response::{IntoResponse, Response};
use control::error::causes;
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

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.0)
    }
}

impl From<control::Error> for Failure {
    fn from(error: control::Error) -> Self {
        Refusal::from(error).into()
    }
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
