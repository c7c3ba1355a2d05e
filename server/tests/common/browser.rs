//! A browser as far as hosts and cookies matter: cookies stay on the host that set them, redirects are followed one by one.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::Mutex,
};

use reqwest::{Method, RequestBuilder, redirect};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest, handshake::client::Request};

use super::{answer::Answer, client::http, daemon::Daemon};

const MOST_REDIRECTS: usize = 10;

#[derive(Debug)]
pub(crate) struct Browser {
    http: reqwest::Client,
    address: SocketAddr,
    cookies: Mutex<HashMap<String, BTreeMap<String, String>>>,
}

impl Browser {
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let http = http().redirect(redirect::Policy::none()).build().expect("a client");
        Self { http, address: daemon.address(), cookies: Mutex::default() }
    }

    /// A browser that has signed in at the portal.
    pub(crate) async fn signed_in(daemon: &Daemon, name: &str, password: &str) -> Self {
        let browser = Self::of(daemon);
        let sign_in = serde_json::json!({"name": name, "password": password});
        let url = format!("{}/api/v1/session", daemon.url());
        let request = browser.request(Method::POST, &url).header("origin", daemon.url()).json(&sign_in);
        browser.send(&url, request).await.ok(200);
        browser
    }

    pub(crate) async fn sign_out(&self, daemon: &Daemon) {
        let url = format!("{}/api/v1/session", daemon.url());
        self.send(&url, self.request(Method::DELETE, &url).header("origin", daemon.url())).await.ok(204);
    }

    /// `http://host:port/path`, with the host's cookies; it always goes to the daemon.
    pub(crate) fn request(&self, method: Method, url: &str) -> RequestBuilder {
        let (authority, path) = split(url);
        let request = self.http.request(method, format!("http://{}{path}", self.address)).header("host", authority);
        match self.cookies_of(authority) {
            cookies if cookies.is_empty() => request,
            cookies => request.header("cookie", cookies),
        }
    }

    /// Sends it and keeps the cookies of the answer.
    pub(crate) async fn send(&self, url: &str, request: RequestBuilder) -> Answer {
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        let host = host(split(url).0).to_owned();
        for cookie in answer.headers.get_all("set-cookie") {
            let text = cookie.to_str().expect("text");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let mut all = self.cookies.lock().expect("no panic in here");
            all.entry(host.clone()).or_default().insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    /// Opens this address as a page; follows no redirect.
    pub(crate) async fn step(&self, url: &str) -> Answer {
        let request = self.request(Method::GET, url);
        self.send(url, request.header("accept", "text/html").header("sec-fetch-dest", "document")).await
    }

    /// Opens this address as a page and follows redirects; the last address and the answer there.
    pub(crate) async fn open(&self, url: &str) -> (String, Answer) {
        let mut url = url.to_owned();
        for _ in 0..MOST_REDIRECTS {
            let answer = self.step(&url).await;
            if answer.status != 303 && answer.status != 302 {
                return (url, answer);
            }
            url = joined(&url, answer.header("location"));
        }
        panic!("more than {MOST_REDIRECTS} redirects, the last to {url}");
    }

    /// What a script of a page asks for.
    pub(crate) async fn fetch(&self, url: &str) -> Answer {
        self.send(url, self.request(Method::GET, url).header("accept", "*/*")).await
    }

    /// The request of a WebSocket, which a page of `origin` opens.
    pub(crate) fn websocket(&self, url: &str, origin: &str) -> Request {
        let (authority, path) = split(url);
        let mut request = format!("ws://{}{path}", self.address).into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("host", authority.parse().expect("a header"));
        headers.insert("origin", origin.parse().expect("a header"));
        let cookies = self.cookies_of(authority);
        if !cookies.is_empty() {
            headers.insert("cookie", cookies.parse().expect("a header"));
        }
        request
    }

    pub(crate) fn cookies_of(&self, authority: &str) -> String {
        let all = self.cookies.lock().expect("no panic in here");
        let pairs = all.get(host(authority)).into_iter().flatten();
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Puts cookies where they do not belong.
    pub(crate) fn plant(&self, authority: &str, cookies: &str) {
        let mut all = self.cookies.lock().expect("no panic in here");
        let own = all.entry(host(authority).to_owned()).or_default();
        own.extend(
            cookies.split("; ").filter_map(|pair| pair.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
    }

    pub(crate) fn forget(&self, authority: &str) {
        self.cookies.lock().expect("no panic in here").remove(host(authority));
    }
}

/// Host with port, and path.
pub(crate) fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").expect("a whole address").1;
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

fn host(authority: &str) -> &str {
    authority.split(':').next().expect("a host")
}

fn joined(base: &str, location: &str) -> String {
    if location.starts_with('/') { format!("http://{}{location}", split(base).0) } else { location.to_owned() }
}
