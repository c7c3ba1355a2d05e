//! The edge of apps: whatever comes for an app's own host, or below `/apps/<label>/` in path mode.
//!
//! Nothing of the portal is served here, and nothing here is believed without asking control, on every request. What the app
//! itself says goes through `proxy`, which confines it to its host. Chooses pages, status codes and cookies; moves no bytes.

mod answer;
mod cookies;
mod enter;
pub mod hosts;
mod instead;
mod page;
mod pass;
mod request;
mod stand;
mod visitor;
mod wait;
mod waits;
mod words;

use std::{path::Path, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use catalogue::Language;
use control::ports::node::NodeLink;
use domain::app::AppLabel;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use proxy::{Forwarder, Limits, OwnNames};
use wire::problem::{Code, Problem};

use self::{
    hosts::{FROM, Place},
    page::Page,
    request::{Kind, is_foreign},
    stand::Stand,
    visitor::{Visitor, Way, registers_service_worker},
    waits::Waits,
    words::Words,
};
use super::{
    client::{Client, OverTls, Peer},
    query::Query,
};
use crate::state::AppState;

/// On every app's host, what is below this path is ours; everything else is the app's.
pub(crate) const OURS: &str = "/.docklet/";

/// Cheap to clone.
#[derive(Clone)]
pub struct AppEdge {
    state: AppState,
    forwarder: Forwarder,
    nodes: Arc<dyn NodeLink>,
    waits: Arc<Waits>,
    font: Bytes,
}

impl std::fmt::Debug for AppEdge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppEdge").field("forwarder", &self.forwarder).finish_non_exhaustive()
    }
}

impl AppEdge {
    pub fn new(state: AppState, nodes: Arc<dyn NodeLink>, limits: Limits) -> Self {
        let cookies = super::cookies::OF_PORTAL.into_iter().chain(cookies::OF_APPS).map(str::to_owned).collect();
        let names = OwnNames { cookies, token_prefix: "dkl_".into() };
        let forwarder = Forwarder::new(nodes.clone(), names, limits);
        let font = font(&state.edge.site_root);
        Self { state, forwarder, nodes, waits: Arc::default(), font }
    }

    /// Answers a request that is not the portal's.
    pub async fn answer(&self, place: Place, authority: &str, request: Request<Body>) -> Response<Body> {
        match place {
            Place::Host(label) => self.visit(label, Way::Host, authority, request).await,
            Place::Path(label) => self.visit(label, Way::Path, authority, request).await,
            Place::Nobody | Place::Portal => {
                let file = request.uri().path().strip_prefix(OURS).and_then(|path| self.file(path, request.method()));
                file.unwrap_or_else(|| nobody(request.method(), request.headers()))
            }
        }
    }

    async fn visit(&self, label: AppLabel, way: Way, authority: &str, request: Request<Body>) -> Response<Body> {
        let visitor = Visitor::new(label, way, authority, self.client(&request), &self.state.edge.hosts, &request);
        if visitor.prefix.as_deref() == Some(request.uri().path()) {
            return answer::redirect(&visitor.address("/"));
        }
        if let Some(own) = visitor.wanted.strip_prefix(OURS) {
            let own = own.split('?').next().unwrap_or_default().to_owned();
            let query = Query::parse(request.uri().query().unwrap_or_default());
            return self.own(visitor, &own, request.method(), request.headers(), &query).await;
        }
        // Below a shared host it would come to stand before the console, too.
        if visitor.is_in_path_mode() && registers_service_worker(request.headers()) {
            return self.refuse(&visitor, Code::Forbidden, visitor.words.no_worker());
        }
        let Some(secret) = visitor.jar.session(request.headers()).map(str::to_owned) else {
            return self.meet_stranger(&visitor, request.headers());
        };
        if is_foreign(request.method(), request.headers(), authority) {
            return self.refuse(&visitor, Code::ForeignOrigin, visitor.words.foreign());
        }
        match self.state.control.apps.decide(&visitor.label, &secret).await {
            Ok(decision) => self.pass(&visitor, decision, request).await,
            Err(control::Error::NoAppSession) => self.meet_stranger(&visitor, request.headers()),
            Err(error) => self.fault(&visitor, error),
        }
    }

    /// Behind trusted proxies, and over TLS that ends here.
    fn client(&self, request: &Request<Body>) -> Client {
        let (extensions, edge) = (request.extensions(), &self.state.edge);
        let unknown = Peer(std::net::SocketAddr::from(([0, 0, 0, 0], 0)));
        let peer = extensions.get::<Peer>().copied().unwrap_or(unknown);
        let mut client = Client::of(peer, request.headers(), &edge.trusted_proxies);
        client.https |=
            extensions.get::<OverTls>().is_some() || edge.public_urls.first().is_some_and(|url| url.is_https());
        client
    }

    /// A browser without a session of this app.
    fn meet_stranger(&self, visitor: &Visitor, headers: &HeaderMap) -> Response<Body> {
        match visitor.kind {
            Kind::Navigation => self.send_to_portal(visitor, headers),
            _ => self.refuse(visitor, Code::NotSignedIn, visitor.words.signed_out()),
        }
    }

    /// The few files our pages are made of; they tell nothing.
    fn file(&self, path: &str, method: &Method) -> Option<Response<Body>> {
        match path {
            _ if method != Method::GET => None,
            "style.css" => Some(answer::file("text/css; charset=utf-8", Bytes::from_static(STYLE))),
            "icon.svg" => Some(answer::file("image/svg+xml", Bytes::from_static(ICON))),
            "inter.woff2" if !self.font.is_empty() => Some(answer::file("font/woff2", self.font.clone())),
            _ => None,
        }
    }

    /// Our own paths.
    async fn own(
        &self,
        visitor: Visitor,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
        query: &Query,
    ) -> Response<Body> {
        if let Some(file) = self.file(path, method) {
            return file;
        }
        match (path, method) {
            (FROM, &Method::GET) => self.keep_portal(&visitor, query),
            ("enter", &Method::GET) => self.take_code(&visitor, headers, query).await,
            ("wait", &Method::GET) | ("start", &Method::POST) => {
                if is_foreign(method, headers, &visitor.authority) {
                    return self.refuse(&visitor, Code::ForeignOrigin, visitor.words.foreign());
                }
                self.own_of_session(visitor, path, headers, query).await
            }
            _ => nobody(method, headers),
        }
    }

    async fn own_of_session(&self, visitor: Visitor, path: &str, headers: &HeaderMap, query: &Query) -> Response<Body> {
        let Some(secret) = visitor.jar.session(headers).map(str::to_owned) else {
            return self.meet_stranger(&visitor, headers);
        };
        match self.state.control.apps.decide(&visitor.label, &secret).await {
            Ok(decision) if path == "start" => self.start(&visitor, decision, query).await,
            Ok(_) => self.wait(visitor, secret, query.text("shown").unwrap_or(Stand::Ready.as_str())),
            Err(control::Error::NoAppSession) => self.meet_stranger(&visitor, headers),
            Err(error) => self.fault(&visitor, error),
        }
    }

    /// A page for people, a problem for programs.
    fn refuse(&self, visitor: &Visitor, code: Code, (title, lead): (String, String)) -> Response<Body> {
        if !matches!(visitor.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&Problem::new(code, lead), visitor.kind == Kind::Upgrade);
        }
        let links = vec![(visitor.words.open_app(), visitor.address("/"))];
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::FORBIDDEN);
        Page { title, lead, links, ..Page::default() }.answer(status, visitor.words.0, &visitor.ours())
    }

    /// An error of control's: told as everywhere else to programs.
    fn fault(&self, visitor: &Visitor, error: control::Error) -> Response<Body> {
        let super::error::Failure(problem) = error.into();
        if !matches!(visitor.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&problem, visitor.kind == Kind::Upgrade);
        }
        let title = visitor.words.not_ready();
        let links = vec![(visitor.words.try_again(), visitor.address("/"))];
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Page { title, lead: problem.detail, links, ..Page::default() }.answer(status, visitor.words.0, &visitor.ours())
    }
}

const STYLE: &[u8] = include_bytes!("apps/style.css");
const ICON: &[u8] = include_bytes!("../../../public/favicon.svg");

/// No app has this address, and none ever will.
fn nobody(method: &Method, headers: &HeaderMap) -> Response<Body> {
    let (kind, words) = (Kind::of(method, headers), Words(language_of(headers)));
    let (title, lead) = words.nobody();
    if !matches!(kind, Kind::Navigation | Kind::Form) {
        return answer::problem(&Problem::new(Code::NotFound, lead), kind == Kind::Upgrade);
    }
    Page { title, lead, ..Page::default() }.answer(StatusCode::NOT_FOUND, words.0, OURS)
}

/// What the browser asks for; what was chosen in the console stays on its host.
fn language_of(headers: &HeaderMap) -> Language {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::of_request("", accepted.unwrap_or_default())
}

/// The face of our pages; without it they have the system's.
fn font(site_root: &Path) -> Bytes {
    std::fs::read(site_root.join("vendor/fonts/inter-latin-wght-normal.woff2"))
        .map_or_else(|_| Bytes::new(), Bytes::from)
}
