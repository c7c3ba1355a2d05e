//! HTTP to one Docklet server. Tells a server's refusal, a server that does not answer, and something that is no Docklet apart.
//! Knows no command.

use std::{error::Error as _, time::Duration};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header, redirect::Policy};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wire::VERSION_HEADER;

use crate::{
    config::{Context, Contexts},
    failure::{Failure, Kind},
};

/// The variable with a token. What we start needs none: it would give it to everything it starts itself.
pub(crate) const TOKEN: &str = "DOCKLET_TOKEN";
const CONNECT: Duration = Duration::from_secs(10);
/// No answer takes as long; a stream may say nothing for longer.
const ANSWER: Duration = Duration::from_secs(30);
/// Also where the server was asked to wait for what it answers.
const LATE_ANSWER: Duration = Duration::from_secs(60);
/// A problem is a few sentences.
const LONGEST_PROBLEM: usize = 64 * 1024;
/// A page of the largest vclusters there may be is a tenth of it.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
    /// The name of the context it was made of.
    context: Option<String>,
}

impl Client {
    /// `DOCKLET_URL` and `DOCKLET_TOKEN` take the place of a context: scripts need no file. One of them alone would send a
    /// token to another server than it belongs to, or an order to another server than was meant.
    pub(crate) fn of(context: Option<&str>) -> Result<Self, Failure> {
        let set = |name: &str| {
            std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        match (set("DOCKLET_URL"), set(TOKEN), context) {
            (None, None, _) => {
                let contexts = Contexts::load()?;
                let name = context.or(contexts.current()).map(str::to_owned);
                Ok(Self { context: name, ..Self::new(contexts.chosen(context)?)? })
            }
            (Some(url), Some(token), None) => Self::new(&Context { url: address(&url)?, token }),
            (Some(_), Some(_), Some(_)) => {
                Err(Failure::usage("A context and DOCKLET_URL both name a server: use one of them."))
            }
            _ => Err(Failure::usage("DOCKLET_URL and DOCKLET_TOKEN belong together: set both, or neither.")),
        }
    }

    pub(crate) fn new(context: &Context) -> Result<Self, Failure> {
        let builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            // WebSockets begin with HTTP/1.1, which a server of both would not choose.
            .http1_only()
            // A token goes to the server it belongs to and nowhere else.
            .redirect(Policy::none())
            .user_agent(concat!("docklet/", env!("CARGO_PKG_VERSION")));
        // What is not encrypted stays on this machine; a proxy need not be on it.
        let is_here = context.url.starts_with("http://") && is_private(&context.url);
        let builder = if is_here { builder.no_proxy() } else { builder };
        let http =
            builder.build().map_err(|fault| Failure::new(Kind::Other, format!("TLS cannot be set up: {fault}")))?;
        Ok(Self { http, url: context.url.clone(), token: context.token.clone(), context: None })
    }

    pub(crate) fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::GET, path).timeout(ANSWER)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.answer(self.request(Method::POST, path).timeout(ANSWER).json(body)).await
    }

    pub(crate) async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        self.answer(self.request(Method::PATCH, path).timeout(ANSWER).json(body)).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::DELETE, path).timeout(ANSWER)).await
    }

    /// Whatever the answer's body is; there may be none.
    pub(crate) async fn send(&self, method: Method, path: &str) -> Result<(), Failure> {
        self.carry(self.request(method, path).timeout(ANSWER)).await.map(drop)
    }

    /// An answer that goes on, such as server-sent events or a WebSocket.
    pub(crate) async fn open(&self, path: &str, headers: header::HeaderMap) -> Result<Response, Failure> {
        self.carry(self.request(Method::GET, path).headers(headers)).await
    }

    /// An answer that is bytes, with what its headers say of them. The server may wait for them first.
    pub(crate) async fn bytes(&self, path: &str) -> Result<(header::HeaderMap, Vec<u8>), Failure> {
        let answer = self.carry(self.request(Method::GET, path).timeout(LATE_ANSWER)).await?;
        let headers = answer.headers().clone();
        Ok((headers, self.bounded(answer, LONGEST_ANSWER).await?))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.url));
        // Who signs in has none yet.
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let answer = self.carry(request).await?;
        let other_version = self.other_version(&answer);
        let text = self.bounded(answer, LONGEST_ANSWER).await?;
        serde_json::from_slice(&text).map_err(|fault| {
            let what = format!("{} answers as no Docklet of this version does ({fault}).", self.url);
            Failure::new(Kind::Unreachable, what).with_note(other_version)
        })
    }

    async fn carry(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|fault| self.unreachable(&fault))?;
        if answer.status().is_success() || answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(answer);
        }
        if answer.status().is_redirection() {
            let to =
                answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("another address");
            let what = format!("{} leads to {to}. If that is your Docklet: docklet login with that address.", self.url);
            return Err(Failure::new(Kind::Unreachable, what));
        }
        Err(self.refusal(answer).await)
    }

    async fn refusal(&self, answer: Response) -> Failure {
        let (status, other_version) = (answer.status(), self.other_version(&answer));
        let problem = self.bounded(answer, LONGEST_PROBLEM).await.ok();
        let problem = problem.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        let Some(failure) = problem.and_then(Failure::of_problem) else {
            let what = format!(
                "{} does not answer as a Docklet server does (status {status}). Is the address right? Does this network want a \
                 sign-in first? Open it in a browser.",
                self.url
            );
            return Failure::new(Kind::Unreachable, what);
        };
        // An address, a method, a field or a subprotocol that another version does not have.
        let may_be_unknown =
            matches!(failure.problem_code(), Some("not_found" | "method_not_allowed" | "invalid" | "malformed"));
        if may_be_unknown { failure.with_note(other_version) } else { failure }
    }

    /// What to say of a server whose version is not ours.
    fn other_version(&self, answer: &Response) -> Option<String> {
        let (ours, url) = (env!("CARGO_PKG_VERSION"), &self.url);
        let theirs = answer.headers().get(VERSION_HEADER)?.to_str().ok()?;
        let what =
            || format!("{url} is Docklet {theirs}, this docklet is {ours}. Its own: {url}/docs/guide/cli/sign-in.html");
        (theirs != ours).then(what)
    }

    async fn bounded(&self, mut answer: Response, most: usize) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|fault| self.unreachable(&fault))? {
            text.extend_from_slice(&piece);
            if text.len() > most {
                let what = format!("{} answers with more than a Docklet does.", self.url);
                return Err(Failure::new(Kind::Unreachable, what));
            }
        }
        Ok(text)
    }

    fn unreachable(&self, fault: &reqwest::Error) -> Failure {
        let mut cause = fault.source();
        let (mut last, mut in_proxy, url) = (fault.to_string(), false, &self.url);
        while let Some(deeper) = cause {
            last = deeper.to_string();
            // As hyper-util calls what becomes of its CONNECT.
            in_proxy |= last.starts_with("tunnel error");
            cause = deeper.source();
        }
        let what = match () {
            () if fault.is_timeout() => format!("{url} does not answer in time."),
            () if in_proxy => {
                format!("The proxy that HTTPS_PROXY or ALL_PROXY names does not lead to {url}: {last}")
            }
            () if last.contains("certificate not valid yet") || last.contains("certificate expired") => {
                format!("The certificate of {url} is not valid now ({last}). Is the clock of this machine right?")
            }
            () if last.contains("certificate") => format!(
                "The certificate of {url} is not trusted ({last}). SSL_CERT_FILE names a file with an authority of your own."
            ),
            // As rustls calls bytes that are no TLS.
            () if last.contains("InvalidContentType") => {
                let plain = url.replacen("https://", "http://", 1);
                format!("What answers at {url} does so without TLS. If it is a Docklet without TLS: {plain}")
            }
            () => format!("{url} cannot be reached: {last}"),
        };
        Failure::new(Kind::Unreachable, what)
    }
}

/// An address as people write it, made one that paths can follow.
pub(crate) fn address(text: &str) -> Result<String, Failure> {
    let text = text.trim().trim_end_matches('/');
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let wrong = || Failure::usage(format!("'{text}' is not an address such as https://docklet.example.org"));
    let url = reqwest::Url::parse(&with_scheme).map_err(|_| wrong())?;
    let origin = url.origin().ascii_serialization();
    // Nothing but scheme, host and port.
    if !matches!(url.scheme(), "http" | "https") || url.as_str() != format!("{origin}/") {
        return Err(wrong());
    }
    Ok(origin)
}

/// Whether the way to this address is private: TLS, or this machine.
pub(crate) fn is_private(address: &str) -> bool {
    let url = reqwest::Url::parse(address).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or_default();
    let is_here = host == "localhost"
        || host.ends_with(".localhost")
        || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    is_here || url.is_some_and(|url| url.scheme() == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_and_host() {
        for (text, url) in [
            ("docklet.example.org", "https://docklet.example.org"),
            ("http://localhost:8000/", "http://localhost:8000"),
            (" https://[::1]:8000 ", "https://[::1]:8000"),
        ] {
            assert_eq!(address(text).ok().as_deref(), Some(url), "{text}");
        }
        for text in ["", "ftp://x", "https://ada:secret@x", "https://x/?q", "https://x/console", "https://x/#y", "a b"]
        {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_tls_and_this_machine_are_private() {
        for (url, private) in [
            ("https://docklet.example.org", true),
            ("http://localhost:8000", true),
            ("http://127.0.0.1:8000", true),
            ("http://[::1]:8000", true),
            ("http://docklet.example.org", false),
            ("http://10.0.0.1", false),
            ("http://localhost.example.org", false),
        ] {
            assert_eq!(is_private(url), private, "{url}");
        }
    }
}
