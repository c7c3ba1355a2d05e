//! Requests to providers: they end in time, their answers are short, and no redirect is followed (a provider that is taken
//! over must not lead us into networks that only we reach).

use std::{pin::Pin, time::Duration};

use http::StatusCode;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use crate::limiter::{Limiter, QueueTooLong};

const CONNECTING: Duration = Duration::from_secs(4);
const ALL_OF_IT: Duration = Duration::from_secs(8);
/// Key sets with certificate chains have some ten kilobytes.
const LONGEST_ANSWER: usize = 512 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Its text has the address without the query; tokens are in bodies and headers only.
    #[error("the request failed")]
    Failed(#[from] reqwest::Error),
    #[error("the answer has more than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error("the answer's status is {0}")]
    Status(StatusCode),
    #[error("the answer cannot be put together")]
    Malformed(#[from] http::Error),
    #[error("the provider is busy")]
    Busy(#[from] QueueTooLong),
}

#[derive(Debug, Clone)]
pub(crate) struct Http(reqwest::Client);

impl Http {
    pub(crate) fn new() -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECTING)
            .timeout(ALL_OF_IT)
            .user_agent(concat!("docklet/", env!("CARGO_PKG_VERSION")));
        Ok(Self(client.build()?))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let mut answer = self.0.execute(request).await.map_err(reqwest::Error::without_url)?;
        let status = answer.status();
        // What a server in trouble says, or one in front of it, is not the provider's word.
        if status.is_server_error() || status.is_redirection() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(HttpError::Status(status));
        }
        let mut response = http::Response::builder().status(status);
        if let Some(headers) = response.headers_mut() {
            headers.extend(answer.headers().clone());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(HttpError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        // Providers refuse in JSON; a proxy's pages are none. Of a token that is good no more, a header says so.
        let is_said = || serde_json::from_slice::<Map<String, Value>>(&body).is_ok();
        if status.is_client_error() && status != StatusCode::UNAUTHORIZED && !is_said() {
            return Err(HttpError::Status(status));
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// The same, for what a stranger can cause as often as they like: so many at a time, the others wait for their turn.
#[derive(Debug, Clone)]
pub(crate) struct LimitedHttp {
    http: Http,
    limiter: Limiter,
}

impl LimitedHttp {
    pub(crate) fn new(http: Http) -> Self {
        Self { http, limiter: Limiter::default() }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let _permit = self.limiter.acquire().await?;
        self.http.ask(request).await
    }
}

impl<'c> AsyncHttpClient<'c> for LimitedHttp {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
