//! Answers of ours on apps' hosts: redirects, files, problems for programs, and pages. A page is one card with the console's
//! face, rendered here, without any script that is not on the page.

use std::fmt::Write as _;

use axum::body::Body;
use bytes::Bytes;
use catalogue::Language;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use wire::problem::Problem;

const LOGO: &str = r##"<svg viewBox="0 0 32 32" aria-hidden="true"><path fill="#12a594" d="M16 2.5l5.6 3.25v6.5L16 15.5l-5.6-3.25v-6.5z"/><path fill="#53b9ab" d="M9 15.5l5.6 3.25v6.5L9 28.5l-5.6-3.25v-6.5z"/><path fill="#0090ff" d="M23 15.5l5.6 3.25v6.5L23 28.5l-5.6-3.25v-6.5z"/></svg>"##;
const WAIT: &str = include_str!("wait.js");
/// How often a page that waits is loaded again where there is no script.
const REFRESH_SECONDS: u32 = 2;

/// What every answer of ours carries here, whatever the app's own say.
pub(super) fn be_careful(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // One-time codes are in some addresses.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
}

pub(super) fn redirect(location: &str) -> Response<Body> {
    let mut response = empty(StatusCode::SEE_OTHER);
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => empty(StatusCode::BAD_REQUEST),
    }
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    be_careful(response.headers_mut());
    response
}

/// `close`: the connection has no other use, as when a WebSocket is refused.
pub(super) fn problem(problem: &Problem, close: bool) -> Response<Body> {
    // A struct of texts and numbers always becomes JSON.
    let mut response = Response::new(Body::from(serde_json::to_string(problem).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    be_careful(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if close {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// One of the few files our pages are made of; the same for every visitor.
pub(super) fn file(kind: &'static str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    be_careful(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

/// One card. Texts are plain; they are escaped where they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) lead: String,
    /// The last lines of a log, under this heading.
    pub(super) log: Option<(String, String)>,
    /// Text, and the address it posts to.
    pub(super) button: Option<(String, String)>,
    /// Links: text and address; the first is the way on when there is no button.
    pub(super) links: Vec<(String, String)>,
    pub(super) waiting: Option<Waiting>,
}

/// A page that is loaded again when something else is to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// How far it is, in a few words.
    pub(super) state: String,
    pub(super) seconds: u64,
    /// What is shown now, as `/.docklet/wait` is asked with.
    pub(super) shown: &'static str,
    /// A moving bar: something is on its way.
    pub(super) moving: bool,
}

impl Page {
    /// The page as an answer. `ours`: where our own paths begin on this host.
    pub(super) fn answer(&self, status: StatusCode, language: Language, ours: &str) -> Response<Body> {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let mut response = Response::new(Body::from(self.html(language, ours, &nonce)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        be_careful(headers);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let policy = format!(
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; \
             script-src 'nonce-{nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    fn html(&self, language: Language, ours: &str, nonce: &str) -> String {
        let (title, tag) = (Text(&self.title), language.tag());
        let mut html = format!(
            "<!DOCTYPE html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
             <title>{title} · Docklet</title><link rel=\"icon\" href=\"{ours}icon.svg\" type=\"image/svg+xml\">\
             <link rel=\"stylesheet\" href=\"{ours}style.css\">"
        );
        if self.waiting.is_some() {
            html += &format!("<noscript><meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\"></noscript>");
        }
        html += "</head><body>";
        match &self.waiting {
            Some(Waiting { seconds, shown, .. }) => {
                let shown = Text(shown);
                html += &format!("<main data-ours=\"{ours}\" data-shown=\"{shown}\" data-waited=\"{seconds}\">");
            }
            None => html += "<main>",
        }
        self.write_card(&mut html);
        html += "</main>";
        if self.waiting.is_some() {
            html += &format!("<script nonce=\"{nonce}\">{WAIT}</script>");
        }
        html + "</body></html>\n"
    }

    fn write_card(&self, html: &mut String) {
        let wide = if self.log.is_some() { " is-wide" } else { "" };
        let (title, lead) = (Text(&self.title), Text(&self.lead));
        // Writing to a String cannot fail.
        let _ = write!(html, "<section class=\"card{wide}\"><p class=\"brand\">{LOGO} Docklet</p><h1>{title}</h1>");
        let _ = write!(html, "<p class=\"sub\">{lead}</p>");
        if let Some((heading, log)) = &self.log {
            let _ = write!(
                html,
                "<h2 id=\"log\">{}</h2><pre tabindex=\"0\" aria-labelledby=\"log\">{}</pre>",
                Text(heading),
                Text(log)
            );
        }
        if let Some(Waiting { state, seconds, moving, .. }) = &self.waiting {
            let bar = if *moving { "<div class=\"bar\"></div>" } else { "" };
            let hidden = if self.button.is_some() { " hidden" } else { "" };
            let _ = write!(
                html,
                "{bar}<p class=\"progress\"{hidden}><span id=\"state\" role=\"status\">{}</span>",
                Text(state)
            );
            let _ = write!(html, "<span id=\"seconds\">{seconds} s</span></p>");
        }
        self.write_actions(html);
        *html += "</section>";
    }

    fn write_actions(&self, html: &mut String) {
        if self.button.is_none() && self.links.is_empty() {
            return;
        }
        *html += "<div class=\"actions\">";
        if let Some((text, address)) = &self.button {
            let (text, address) = (Text(text), Text(address));
            let form = format!("<form method=\"post\" action=\"{address}\">");
            let _ = write!(html, "{form}<button class=\"button is-primary\">{text}</button></form>");
        }
        for (at, (text, address)) in self.links.iter().enumerate() {
            let primary = if at == 0 && self.button.is_none() && self.waiting.is_none() { " is-primary" } else { "" };
            let _ = write!(html, "<a class=\"button{primary}\" href=\"{}\">{}</a>", Text(address), Text(text));
        }
        *html += "</div>";
    }
}

/// Written so that it is nothing but text, also inside of a quoted attribute.
struct Text<'a>(&'a str);

impl std::fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => f.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        Page { title: "A <b>\"title\"".into(), lead: "Lead & more".into(), ..Page::default() }
    }

    #[test]
    fn texts_stay_texts() {
        let log = Some(("Log".into(), "</pre><script>alert(1)</script>".into()));
        let html =
            Page { log, button: Some(("<i>".into(), "/".into())), ..page() }.html(Language::English, "/.docklet/", "n");
        assert!(html.contains("A &lt;b&gt;&quot;title&quot;") && html.contains("Lead &amp; more"), "{html}");
        assert!(!html.contains("<script") && !html.contains("<i>"), "{html}");
    }

    #[test]
    fn only_a_page_that_waits_has_a_script_and_a_refresh() {
        let waiting = Waiting { state: "starting".into(), seconds: 3, shown: "starting", moving: true };
        let html = Page { waiting: Some(waiting), ..page() }.html(Language::German, "/.docklet/", "n");
        assert!(
            html.contains("<script nonce=\"n\">")
                && html.contains("http-equiv=\"refresh\"")
                && html.contains("lang=\"de\"")
        );
        assert!(!page().html(Language::English, "/.docklet/", "n").contains("refresh"));
    }

    #[test]
    fn pages_can_neither_be_framed_nor_kept() {
        let response = page().answer(StatusCode::NOT_FOUND, Language::English, "/.docklet/");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").to_owned();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"), "{policy}");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    }
}
