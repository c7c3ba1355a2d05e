//! OpenID providers beside a daemon, and a visitor who signs in through them as a browser without script does.

use reqwest::{Method, redirect};
use serde_json::{Value, json};
use testkit::TrialProvider;

use super::{
    answer::Answer,
    client::{Client, http, send},
    daemon::{Daemon, Options},
};

const MOST_REDIRECTS: usize = 12;
/// What the daemon and its providers know each other by.
pub(crate) const SECRET: &str = "a secret of a test";

/// A trial provider, and what tests ask of it behind the daemon's back.
#[derive(Debug)]
pub(crate) struct Provider {
    process: TrialProvider,
    http: reqwest::Client,
}

impl Provider {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Self {
        Self { process: TrialProvider::start(environment), http: reqwest::Client::new() }
    }

    pub(crate) fn issuer(&self) -> &str {
        self.process.issuer()
    }

    /// Tells it of the daemon, which calls it `name`.
    pub(crate) async fn knows(&self, daemon: &Daemon, name: &str) {
        let url = daemon.url();
        let client = json!({
            "client_id": "docklet-test", "client_secret": SECRET,
            "redirect_uris": [format!("{url}/oidc/{name}/callback")],
            "post_logout_redirect_uris": [format!("{url}/sign-in")],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "backchannel_logout_uri": format!("{url}/oidc/{name}/backchannel-logout"),
            "backchannel_logout_session_required": true,
        });
        self.control("client", client).await;
    }

    /// See images/trial-idp/control.mjs.
    pub(crate) async fn control(&self, what: &str, body: Value) {
        let request = self.http.post(format!("{}/control/{what}", self.issuer())).json(&body);
        send(request).await.ok(200);
    }

    pub(crate) async fn misbehave(&self, how: Value) {
        self.control("misbehave", how).await;
    }

    /// How often this address of it was asked.
    pub(crate) async fn asked(&self, path: &str) -> u64 {
        let counts = send(self.http.get(format!("{}/control/counts", self.issuer()))).await.ok(200).json();
        counts[path].as_u64().unwrap_or_default()
    }
}

/// `[oidc.NAME]` for each, with further lines.
pub(crate) fn configured(providers: &[(&str, &Provider, &str)], more: &str) -> (Options, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let sections = providers.iter().map(|(name, provider, lines)| {
        let issuer = provider.issuer();
        let secret =
            if lines.contains("client_secret_file") { String::new() } else { format!("client_secret = \"{SECRET}\"") };
        format!("[oidc.{name}]\nissuer = \"{issuer}\"\nclient_id = \"docklet-test\"\n{secret}\n{lines}\n")
    });
    let text = more.to_owned() + "\n" + &sections.collect::<String>();
    std::fs::write(file.path(), text).expect("our file");
    (Options::default().with("config", file.path().display()), file)
}

/// A daemon that knows these providers, and they it.
pub(crate) async fn daemon_with(
    providers: &[(&str, &Provider, &str)],
    more: &str,
) -> (Daemon, tempfile::NamedTempFile) {
    let (options, file) = configured(providers, more);
    let daemon = options.start().await;
    for (name, provider, _) in providers {
        provider.knows(&daemon, name).await;
    }
    (daemon, file)
}

/// A visitor's browser: cookies stay on their host, redirects are followed one by one, nothing runs a script.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    http: reqwest::Client,
    pub(crate) url: String,
}

impl Visitor {
    pub(crate) fn of(daemon: &Daemon) -> Self {
        let http = http().cookie_store(true).redirect(redirect::Policy::none());
        Self { http: http.build().expect("a client"), url: daemon.url() }
    }

    /// The same browser as a client of the REST interface.
    pub(crate) fn client(&self) -> Client {
        Client { http: self.http.clone(), url: self.url.clone(), token: None }
    }

    /// One request; where it leads is not followed.
    pub(crate) async fn step(&self, url: &str) -> Answer {
        send(self.http.get(url).header("accept", "text/html")).await
    }

    /// Follows it to a page; its address and the page.
    pub(crate) async fn open(&self, url: &str) -> (String, Answer) {
        self.follow(url.to_owned(), self.step(url).await, |_| false).await
    }

    /// Follows until an address is one that `stop` knows, which is not asked for any more.
    async fn follow(&self, mut url: String, mut answer: Answer, stop: impl Fn(&str) -> bool) -> (String, Answer) {
        for _ in 0..MOST_REDIRECTS {
            if !matches!(answer.status, 302 | 303) {
                return (url, answer);
            }
            url = joined(&url, answer.header("location"));
            if stop(&url) {
                return (url, answer);
            }
            answer = self.step(&url).await;
        }
        panic!("more than {MOST_REDIRECTS} redirects, the last to {url}");
    }

    /// Posts a form and follows it.
    pub(crate) async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> (String, Answer) {
        let answer = self.post(url, fields).await;
        self.follow(url.to_owned(), answer, |_| false).await
    }

    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.http.request(Method::POST, url).header("accept", "text/html").header("origin", origin(url));
        send(request.form(fields)).await
    }

    /// Presses the button of this provider, and enters name and password there: the address that the provider sends the
    /// browser back to, which is not asked for yet.
    pub(crate) async fn up_to_callback(&self, provider: &str, name: &str) -> String {
        self.through(&format!("{}/oidc/{provider}/begin?next=/help", self.url), name).await
    }

    /// The same from any address that leads to the provider, which does not ask a visitor again who is signed in there.
    pub(crate) async fn through(&self, url: &str, name: &str) -> String {
        let (url, answer) = self.follow(url.to_owned(), self.step(url).await, is_callback).await;
        if is_callback(&url) {
            return url;
        }
        assert!(url.contains("/interaction/"), "{url}: {} {}", answer.status, answer.text);
        self.enter(&url, name).await
    }

    /// The same for a visitor who is signed in at the provider already; `None` where it is late again.
    pub(crate) async fn again(&self, provider: &str) -> Option<String> {
        let begin = format!("{}/oidc/{provider}/begin?next=/help", self.url);
        let (url, answer) = self.follow(begin.clone(), self.step(&begin).await, is_callback).await;
        assert!(is_callback(&url) || answer.status == 503, "{url}: {} {}", answer.status, answer.text);
        is_callback(&url).then_some(url)
    }

    /// Presses the button: the address of the provider's form.
    pub(crate) async fn up_to_form(&self, provider: &str) -> String {
        let (form, answer) = self.open(&format!("{}/oidc/{provider}/begin?next=/help", self.url)).await;
        assert!(form.contains("/interaction/"), "{form}: {} {}", answer.status, answer.text);
        form
    }

    /// Enters name and password into the provider's form.
    pub(crate) async fn enter(&self, form: &str, name: &str) -> String {
        let password = format!("{name}-trial");
        let answer = self.post(form, &[("login", name), ("password", &password)]).await;
        let (url, answer) = self.follow(form.to_owned(), answer, is_callback).await;
        assert!(is_callback(&url), "{url}: {} {}", answer.status, answer.text);
        url
    }

    /// All of it; the page it ends on.
    pub(crate) async fn sign_in(&self, provider: &str, name: &str) -> (String, Answer) {
        self.open(&self.up_to_callback(provider, name).await).await
    }

    /// Presses "yes" in the form with which a provider asks the visitor whether to sign out of it.
    pub(crate) async fn leave(&self, provider: &Provider, form: &Answer) -> (String, Answer) {
        let (_, from_value) = form.text.split_once("name=\"xsrf\" value=\"").expect("a form");
        let (xsrf, _) = from_value.split_once('"').expect("a value");
        self.submit(&format!("{}/session/end/confirm", provider.issuer()), &[("xsrf", xsrf), ("logout", "yes")]).await
    }

    /// The name of the signed-in user; empty without a sign-in.
    pub(crate) async fn who(&self) -> String {
        self.client().get("/api/v1/session").await.at("/name")
    }
}

fn is_callback(url: &str) -> bool {
    url.contains("/callback?")
}

fn origin(url: &str) -> String {
    let end = url.match_indices('/').nth(2).map_or(url.len(), |(at, _)| at);
    url[..end].to_owned()
}

fn joined(base: &str, location: &str) -> String {
    if location.starts_with('/') { format!("{}{location}", origin(base)) } else { location.to_owned() }
}

/// A parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{url} has a {name}")).to_owned()
}
