//! A browser that is signed in and shows its cookie, so that a test can open a WebSocket with it, too.

use reqwest::header::{HeaderMap, HeaderValue};
use tokio_tungstenite::connect_async;

use super::{
    client::{Client, http},
    daemon::Daemon,
    terminal::{self, VIEWER, Viewer},
};

#[derive(Debug)]
pub(crate) struct Desk {
    /// Sends the cookie, and says that it is a page of ours that asks.
    pub(crate) client: Client,
    cookie: String,
}

impl Desk {
    pub(crate) async fn sign_in(daemon: &Daemon, name: &str, password: &str) -> Self {
        let url = daemon.url();
        let answer = Client::browser(&url).sign_in(name, password).await.ok(200);
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        let value = |text: &str| text.parse::<HeaderValue>().expect("a header");
        let headers = HeaderMap::from_iter([
            (reqwest::header::COOKIE, value(&cookie)),
            (reqwest::header::ORIGIN, value(&url)),
            (reqwest::header::USER_AGENT, value("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0")),
        ]);
        let http = http().default_headers(headers).build().expect("a client");
        Self { client: Client { http, url, token: None }, cookie }
    }

    /// Looks at a terminal.
    pub(crate) async fn attach(&self, path: &str) -> Viewer {
        let mut request = terminal::request(&self.client, path, &format!("client={VIEWER}&cols=80&rows=24"));
        request.headers_mut().insert("cookie", self.cookie.parse().expect("a header"));
        request.headers_mut().insert("origin", self.client.url.parse().expect("a header"));
        let (socket, _) = connect_async(request).await.expect("the upgrade is answered");
        Viewer::over(socket, 0)
    }
}
