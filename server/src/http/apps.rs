//! The edge of apps: whatever comes for an app's own host, or below `/apps/<label>/` in path mode.
//!
//! Nothing of the portal is served here, and nothing here is believed without asking control, on every request. What the app
//! itself says goes through `proxy`, which confines it to its host. Chooses pages, status codes and cookies; moves no bytes.

mod answer;
mod availability;
mod cookies;
mod enter;
mod fallback_page;
pub mod hosts;
mod messages;
mod pass;
mod request;
mod wait;

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
    answer::Page,
    availability::Availability,
    hosts::{FROM, Place},
    messages::Messages,
    request::{AppRequestContext, Kind, Way, is_foreign, registers_service_worker},
    wait::Waits,
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
            Place::Host(label) => self.serve(label, Way::Host, authority, request).await,
            Place::Path(label) => self.serve(label, Way::Path, authority, request).await,
            Place::Nobody | Place::Portal => {
                let file = request.uri().path().strip_prefix(OURS).and_then(|path| self.file(path, request.method()));
                file.unwrap_or_else(|| nobody(request.method(), request.headers()))
            }
        }
    }

    async fn serve(&self, label: AppLabel, way: Way, authority: &str, request: Request<Body>) -> Response<Body> {
        let context =
            AppRequestContext::new(label, way, authority, self.client(&request), &self.state.edge.hosts, &request);
        if context.prefix.as_deref() == Some(request.uri().path()) {
            return answer::redirect(&context.address("/"));
        }
        if let Some(own) = context.wanted.strip_prefix(OURS) {
            let own = own.split('?').next().unwrap_or_default().to_owned();
            let query = Query::parse(request.uri().query().unwrap_or_default());
            return self.own(context, &own, request.method(), request.headers(), &query).await;
        }
        // Below a shared host it would come to stand before the console, too.
        if context.is_in_path_mode() && registers_service_worker(request.headers()) {
            return self.refuse(&context, Code::Forbidden, context.messages.no_worker());
        }
        let Some(secret) = context.jar.session(request.headers()).map(str::to_owned) else {
            return self.meet_stranger(&context, request.headers());
        };
        if is_foreign(request.method(), request.headers(), authority) {
            return self.refuse(&context, Code::ForeignOrigin, context.messages.foreign());
        }
        match self.state.control.apps.decide(&context.label, &secret).await {
            Ok(decision) => self.pass(&context, decision, request).await,
            Err(control::Error::NoAppSession) => self.meet_stranger(&context, request.headers()),
            Err(error) => self.fault(&context, error),
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
    fn meet_stranger(&self, context: &AppRequestContext, headers: &HeaderMap) -> Response<Body> {
        match context.kind {
            Kind::Navigation => self.send_to_portal(context, headers),
            _ => self.refuse(context, Code::NotSignedIn, context.messages.signed_out()),
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
        context: AppRequestContext,
        path: &str,
        method: &Method,
        headers: &HeaderMap,
        query: &Query,
    ) -> Response<Body> {
        if let Some(file) = self.file(path, method) {
            return file;
        }
        match (path, method) {
            (FROM, &Method::GET) => self.keep_portal(&context, query),
            ("enter", &Method::GET) => self.take_code(&context, headers, query).await,
            ("wait", &Method::GET) | ("start", &Method::POST) => {
                if is_foreign(method, headers, &context.authority) {
                    return self.refuse(&context, Code::ForeignOrigin, context.messages.foreign());
                }
                self.own_of_session(context, path, headers, query).await
            }
            _ => nobody(method, headers),
        }
    }

    async fn own_of_session(
        &self,
        context: AppRequestContext,
        path: &str,
        headers: &HeaderMap,
        query: &Query,
    ) -> Response<Body> {
        let Some(secret) = context.jar.session(headers).map(str::to_owned) else {
            return self.meet_stranger(&context, headers);
        };
        match self.state.control.apps.decide(&context.label, &secret).await {
            Ok(decision) if path == "start" => self.start(&context, decision, query).await,
            Ok(_) => self.wait(context, secret, query.text("shown").unwrap_or(Availability::Ready.as_str())),
            Err(control::Error::NoAppSession) => self.meet_stranger(&context, headers),
            Err(error) => self.fault(&context, error),
        }
    }

    /// A page for people, a problem for programs.
    fn refuse(&self, context: &AppRequestContext, code: Code, (title, lead): (String, String)) -> Response<Body> {
        if !matches!(context.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&Problem::new(code, lead), context.kind == Kind::Upgrade);
        }
        let links = vec![(context.messages.open_app(), context.address("/"))];
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::FORBIDDEN);
        Page { title, lead, links, ..Page::default() }.answer(status, context.messages.0, &context.ours())
    }

    /// An error of control's: told as everywhere else to programs.
    fn fault(&self, context: &AppRequestContext, error: control::Error) -> Response<Body> {
        let super::error::Failure(problem) = error.into();
        if !matches!(context.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&problem, context.kind == Kind::Upgrade);
        }
        let title = context.messages.not_ready();
        let links = vec![(context.messages.try_again(), context.address("/"))];
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Page { title, lead: problem.detail, links, ..Page::default() }.answer(
            status,
            context.messages.0,
            &context.ours(),
        )
    }
}

const STYLE: &[u8] = include_bytes!("apps/style.css");
const ICON: &[u8] = include_bytes!("../../../public/favicon.svg");

/// No app has this address, and none ever will.
fn nobody(method: &Method, headers: &HeaderMap) -> Response<Body> {
    let (kind, messages) = (Kind::of(method, headers), Messages(language_of(headers)));
    let (title, lead) = messages.nobody();
    if !matches!(kind, Kind::Navigation | Kind::Form) {
        return answer::problem(&Problem::new(Code::NotFound, lead), kind == Kind::Upgrade);
    }
    Page { title, lead, ..Page::default() }.answer(StatusCode::NOT_FOUND, messages.0, OURS)
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
