//! `/healthz`: the process serves. `/readyz`: everything it needs answers, and if not, which part does not. Any client
//! may ask; why a part does not answer is for the log and for administrators.

use axum::{Json as Answer, Router, extract::State, routing::get};
use http::StatusCode;
use serde::Serialize;

use crate::{http::readiness::Part, state::AppState};

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

async fn healthz() -> &'static str {
    "ok\n"
}

#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    parts: Vec<Part>,
}

async fn readyz(State(state): State<AppState>) -> (StatusCode, Answer<Ready>) {
    let parts = state.readiness.parts().await;
    // While it ends it answers those it serves, and wants no new ones.
    let ready = !state.shutdown.has_begun() && parts.iter().all(|part| part.ready);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Answer(Ready { ready, parts: parts.to_vec() }))
}
