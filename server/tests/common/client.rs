//! A client of the REST interface.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::answer::Answer;

/// How every client of a test begins: one that keeps a connection no longer than the daemon does, which closes those that
/// were idle for ten seconds, perhaps at the very moment at which one is used again.
pub(crate) fn http() -> reqwest::ClientBuilder {
    reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(2))
}

/// Talks to one daemon.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
}

impl Client {
    /// Without a sign-in; keeps no cookies.
    pub(crate) fn anonymous(url: &str) -> Self {
        Self::anonymous_over(url, http())
    }

    pub(crate) fn anonymous_over(url: &str, http: reqwest::ClientBuilder) -> Self {
        Self { http: http.build().expect("a client"), url: url.into(), token: None }
    }

    pub(crate) fn with_token(url: &str, token: &str) -> Self {
        Self { token: Some(token.into()), ..Self::anonymous(url) }
    }

    /// A browser: keeps cookies, and says where its requests come from.
    pub(crate) fn browser(url: &str) -> Self {
        Self::browser_over(url, http())
    }

    pub(crate) fn browser_over(url: &str, http: reqwest::ClientBuilder) -> Self {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("origin", url.parse().expect("a header"));
        let http = http.cookie_store(true).default_headers(headers).build();
        Self { http: http.expect("a client"), url: url.into(), token: None }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.post("/api/v1/session", &json!({"name": name, "password": password})).await
    }

    pub(crate) async fn vcluster(&self, id: &str) -> Answer {
        self.get(&format!("/api/v1/vclusters/{id}")).await
    }

    /// Creates one and returns its id.
    pub(crate) async fn create(&self, name: &str, nodes: u8) -> String {
        self.post("/api/v1/vclusters", &order(name, nodes)).await.ok(202).at("/id")
    }

    pub(crate) async fn act(&self, id: &str, action: &str) -> Answer {
        self.post(&format!("/api/v1/vclusters/{id}/{action}"), &json!({})).await
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.expect("an answer")).await
}

/// A small vcluster, as a request.
pub(crate) fn order(name: &str, nodes: u8) -> Value {
    json!({"name": name, "image": "docklet/base", "nodes": nodes, "resources": {"cpus": 0.5, "memory_mib": 128}})
}
