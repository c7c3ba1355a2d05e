//! A browser as far as apps need one: it is signed in at the portal, follows redirects between hosts, keeps each host's
//! cookies to that host, and waits on the page that waits. Every name ending in `.localhost` is this machine.

use std::collections::HashMap;

use anyhow::{Context, Result, bail, ensure};
use futures::StreamExt;
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};
use serde_json::json;

/// More than the way in takes.
const MOST_REDIRECTS: usize = 12;

#[derive(Debug)]
pub(crate) struct Visitor {
    http: Client,
    port: u16,
    /// By host, then by name.
    cookies: HashMap<String, HashMap<String, String>>,
}

/// A page, wherever the redirects led.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    url: Url,
    pub(crate) text: String,
}

impl Visitor {
    /// Signs in at the portal.
    pub(crate) async fn sign_in(port: u16, name: &str, password: &str) -> Result<Self> {
        let http = Client::builder().redirect(Policy::none()).build()?;
        let mut visitor = Self { http, port, cookies: HashMap::new() };
        let answer = visitor.session(Method::POST).json(&json!({"name": name, "password": password})).send().await?;
        ensure!(answer.status().is_success(), "signing in was answered {}", answer.status());
        visitor.keep("localhost", &answer);
        Ok(visitor)
    }

    pub(crate) async fn sign_out(&self) -> Result<()> {
        let answer = self.session(Method::DELETE).header(COOKIE, self.cookies_of("localhost")).send().await?;
        ensure!(answer.status().is_success(), "signing out was answered {}", answer.status());
        Ok(())
    }

    /// A request to the portal's `/session`.
    fn session(&self, method: Method) -> RequestBuilder {
        let (portal, port) = (format!("localhost:{}", self.port), self.port);
        let request = self.http.request(method, format!("http://127.0.0.1:{port}/api/v1/session"));
        request.header(ORIGIN, format!("http://{portal}")).header(HOST, portal)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Opens an address as if typed into a browser, and follows redirects.
    pub(crate) async fn open(&mut self, address: &str) -> Result<Shown> {
        let mut url = Url::parse(address)?;
        for _ in 0..MOST_REDIRECTS {
            let host = url.host_str().context("an address without a host")?.to_owned();
            let answer = self.get(&url).await?;
            self.keep(&host, &answer);
            let Some(location) = answer.headers().get(LOCATION).filter(|_| answer.status().is_redirection()) else {
                return Ok(Shown { status: answer.status(), url, text: answer.text().await? });
            };
            url = url.join(location.to_str()?)?;
        }
        bail!("{address} leads in circles")
    }

    /// Opens it, and as long as a page is shown that waits, waits with it; the first page of the app itself.
    pub(crate) async fn open_when_ready(&mut self, address: &str) -> Result<Shown> {
        loop {
            let shown = self.open(address).await?;
            let Some((ours, waits_for)) = shown.waits() else { return Ok(shown) };
            let wait = shown.url.join(&format!("{ours}wait?shown={waits_for}"))?;
            self.until_changed(&wait).await?;
        }
    }

    async fn until_changed(&self, wait: &Url) -> Result<()> {
        let answer = self.get(wait).await?;
        ensure!(answer.status().is_success(), "waiting was answered {}", answer.status());
        let mut bytes = answer.bytes_stream();
        let mut heard = String::new();
        while let Some(piece) = bytes.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece?));
            if heard.contains("event: changed") || heard.contains("event:changed") {
                return Ok(());
            }
        }
        // A browser would connect again; here the page is looked at again, which is as good.
        Ok(())
    }

    async fn get(&self, url: &Url) -> Result<Response> {
        let host = url.host_str().unwrap_or_default();
        let mut here = url.clone();
        here.set_host(Some("127.0.0.1"))?;
        let mut request = self.http.get(here).header(HOST, format!("{host}:{}", self.port));
        request = request.header(ACCEPT, "text/html,*/*;q=0.8").header("sec-fetch-mode", "navigate");
        request = request.header("sec-fetch-dest", "document");
        let cookies = self.cookies_of(host);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        Ok(request.send().await?)
    }

    /// As this host gets them.
    pub(crate) fn cookies_of(&self, host: &str) -> String {
        let cookies = self.cookies.get(host).into_iter().flatten();
        cookies.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, host: &str, answer: &Response) {
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.entry(host.to_owned()).or_default().insert(name.trim().to_owned(), value.to_owned());
            }
        }
    }
}

impl Shown {
    /// Where the page's stream is and what it was asked to show, if it is one that waits.
    fn waits(&self) -> Option<(&str, &str)> {
        let attribute = |name: &str| {
            let begin = self.text.split_once(&format!("{name}=\""))?.1;
            Some(begin.split_once('"')?.0)
        };
        Some((attribute("data-ours")?, attribute("data-shown")?))
    }
}
