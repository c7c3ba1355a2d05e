//! Requests to the server's REST interface, with the session's cookie. Answers become values or reasons.

use catalogue::t;
use gloo_timers::future::TimeoutFuture;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};
use wire::problem::{Code, Problem};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server does not answer.
    Away,
    /// It says what is wrong.
    Problem(Box<Problem>),
    /// It says something that is no answer to this.
    Nonsense(u16),
}

impl Failure {
    /// For the person.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Away => t!("terminal-away"),
            Self::Problem(problem) => problem.detail.clone(),
            Self::Nonsense(status) => {
                t!("terminal-nonsense", status = status.to_string())
            }
        }
    }

    pub(super) fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Away | Self::Nonsense(_) => None,
        }
    }
}

/// Waits between attempts. On a machine that runs containers itself, a browser drops what is under way whenever one
/// starts or stops ("network changed"), which is exactly when people open terminals.
const PAUSES_MS: [u32; 3] = [250, 500, 1000];

/// `GET`, again if the server does not answer.
pub(super) async fn get_patiently<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    for pause in PAUSES_MS {
        match get(path).await {
            Err(Failure::Away) => TimeoutFuture::new(pause).await,
            answered => return answered,
        }
    }
    get(path).await
}

/// `GET`, once.
pub(super) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Failure> {
    let (status, body) = exchange("GET", path, None).await?;
    serde_json::from_str(&body).map_err(|_| Failure::Nonsense(status))
}

/// `POST` with a JSON body.
pub(super) async fn post<T: DeserializeOwned>(path: &str, body: String) -> Result<T, Failure> {
    let (status, body) = exchange("POST", path, Some(body)).await?;
    serde_json::from_str(&body).map_err(|_| Failure::Nonsense(status))
}

/// `DELETE`, again if the server does not answer; the answer's body does not matter.
pub(super) async fn delete(path: &str) -> Result<(), Failure> {
    for pause in PAUSES_MS {
        match exchange("DELETE", path, None).await {
            Err(Failure::Away) => TimeoutFuture::new(pause).await,
            answered => return answered.map(|_| ()),
        }
    }
    exchange("DELETE", path, None).await.map(|_| ())
}

async fn exchange(method: &str, path: &str, body: Option<String>) -> Result<(u16, String), Failure> {
    let response = fetch(method, path, body).await.map_err(|_| Failure::Away)?;
    let status = response.status();
    let text = text(&response).await.map_err(|_| Failure::Away)?;
    if response.ok() {
        return Ok((status, text));
    }
    Err(match serde_json::from_str(&text) {
        Ok(problem) => Failure::Problem(Box::new(problem)),
        Err(_) => Failure::Nonsense(status),
    })
}

async fn fetch(method: &str, path: &str, body: Option<String>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(&body));
    }
    init.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    JsFuture::from(window.fetch_with_str_and_init(path, &init)).await?.dyn_into()
}

async fn text(response: &Response) -> Result<String, JsValue> {
    JsFuture::from(response.text()?).await?.as_string().ok_or(JsValue::NULL)
}
