//! Writes problems down: JSON for programs, a page of the console for a browser that asked for one. Turns panics into problems.

use std::panic::AssertUnwindSafe;

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use wire::problem::{Code, Problem};

use crate::{
    http::{error::Failure, reader::Reader},
    state::AppState,
};

/// What the answer depends on, kept while the request is away.
struct Asked {
    wants_page: bool,
    reader: Reader,
}

pub(crate) async fn problems(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asked = Asked::by(&request);
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        // The panic hook has logged where and why.
        tracing::error!("a handler panicked");
        Failure::new(Code::Internal, "Something went wrong on our side. Try again in a moment.").into_response()
    });
    match response.extensions_mut().remove::<Failure>() {
        Some(Failure(problem)) => asked.write(*problem, response, &state),
        None => response,
    }
}

impl Asked {
    fn by(request: &Request) -> Self {
        let headers = request.headers();
        Self {
            wants_page: !request.uri().path().starts_with("/api/") && accepts_html(headers),
            reader: Reader::of(headers, request.extensions()),
        }
    }

    /// Keeps the headers that are there already, such as `Allow`.
    fn write(self, problem: Problem, response: Response, state: &AppState) -> Response {
        let Reader { theme, language, request } = self.reader;
        let problem = Problem { request_id: request, ..problem };
        let (kind, body) = if self.wants_page {
            let page = app::problem_page(&state.console, theme.as_deref(), language, &problem);
            ("text/html; charset=utf-8", page)
        } else {
            // A struct of texts and numbers always becomes JSON.
            ("application/problem+json", serde_json::to_string(&problem).unwrap_or_default())
        };
        let (mut parts, _) = response.into_parts();
        parts.status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        parts.headers.remove(header::CONTENT_LENGTH);
        if let Some(seconds) = problem.retry_after {
            parts.headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if parts.status == StatusCode::UNAUTHORIZED {
            parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"docklet\""));
        }
        Response::from_parts(parts, Body::from(body))
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
