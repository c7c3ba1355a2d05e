//! How long a client may take to send a request's body. Knows nothing of what is in it.
//!
//! hyper bounds the time of a request's head only. A client that sends a head and never the body it announces would hold their
//! place for ever, and without signing in.

use std::{io, time::Duration};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::{StreamExt as _, stream};
use tokio::time::{Instant, timeout_at};

/// Longer than what reads bodies waits by itself, so that it can say which sentence is right.
const PATIENCE: Duration = Duration::from_secs(35);

/// Bodies of requests come in time, or end in an error.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = if body.is_end_stream() { body } else { until(body, Instant::now() + PATIENCE) };
    next.run(Request::from_parts(head, body)).await
}

fn until(body: Body, end: Instant) -> Body {
    let pieces = stream::unfold(Some(body.into_data_stream()), move |body| async move {
        let mut body = body?;
        match timeout_at(end, body.next()).await {
            Ok(piece) => Some((piece?.map_err(io::Error::other), Some(body))),
            Err(_) => Some((Err(io::Error::new(io::ErrorKind::TimedOut, "the body did not come in time")), None)),
        }
    });
    Body::from_stream(pieces)
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_to_its_end_ends_in_an_error() {
        let pieces = stream::once(async { Ok::<_, io::Error>("name=") }).chain(stream::pending());
        let body = until(Body::from_stream(pieces), Instant::now() + PATIENCE);
        let error = to_bytes(body, 100).await.expect_err("it never ends");
        assert!(format!("{error:?}").contains("in time"), "{error:?}");
    }

    #[tokio::test]
    async fn a_body_in_time_is_whole() {
        let body = until(Body::from("name=ada"), Instant::now() + PATIENCE);
        assert_eq!(to_bytes(body, 100).await.expect("all of it"), "name=ada");
    }
}
