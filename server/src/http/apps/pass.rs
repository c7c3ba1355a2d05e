//! A request that may be here goes on to the app; what goes wrong on the way becomes a page or a problem.

use std::sync::Arc;

use axum::body::Body;
use control::{
    apps::{Decision, Target},
    ports::node::NodeError,
};
use http::{HeaderValue, Request, Response, header};
use proxy::{Permission, ProxyError, ResponseBody, Site, Upstream, Visit, Watched};

use super::{
    AppEdge, answer,
    request::{AppRequestContext, Kind, safe_next},
};
use crate::http::{
    revocation::{Credential, Revocations},
    shares::Share,
    shutdown::Shutdown,
};

impl AppEdge {
    pub(super) async fn pass(
        &self,
        context: &AppRequestContext,
        decision: Arc<Decision>,
        request: Request<Body>,
    ) -> Response<Body> {
        let Target::Ready(node, port) = &decision.target else { return self.fallback_page(context, &decision).await };
        let of_client = request.extensions().get::<Option<Share>>().cloned().flatten();
        let shares = match self.state.stream_of(decision.user.user).await {
            Ok(of_user) => (of_client, of_user),
            Err(error) => return self.fault(context, error),
        };
        let visit = Visit {
            upstream: Upstream { node: node.clone(), port: *port, generation: decision.generation.0 },
            site: Site {
                authority: &context.authority,
                https: context.client.https,
                client: context.client.address,
                prefix: context.prefix.as_deref(),
                frame_ancestors: context.prefix.as_ref().map(|_| "'self'"),
            },
            permission: Arc::new(Stay::new(self, &decision, shares)),
        };
        match self.forwarder.forward(visit, request).await {
            Ok(response) => confined(context, response),
            Err(ProxyError::Dial(NodeError::PortClosed(_))) => self.nothing_listens(context, &decision).await,
            Err(error @ ProxyError::Dial(_)) => self.node_is_silent(context, &decision, &error).await,
            Err(error) => self.trouble(context, &decision, &error),
        }
    }

    /// The node may have been stopped or removed since it was decided that the app is there.
    async fn node_is_silent(
        &self,
        context: &AppRequestContext,
        decision: &Decision,
        error: &ProxyError,
    ) -> Response<Body> {
        match self.state.control.apps.decide_anew(decision).await {
            Ok(now) if matches!(now.target, Target::Ready(..)) => self.trouble(context, &now, error),
            Ok(now) => self.fallback_page(context, &now).await,
            // The visitor is a stranger now, and is treated as one when the browser asks again.
            Err(control::Error::NoAppSession) if context.kind == Kind::Navigation => {
                answer::redirect(&context.address(safe_next(&context.wanted)))
            }
            Err(error) => self.fault(context, error),
        }
    }

    /// Nothing listens there, as the node itself says: control finds out what there is to show instead.
    async fn nothing_listens(&self, context: &AppRequestContext, decision: &Decision) -> Response<Body> {
        match self.state.control.apps.closed(decision).await {
            Ok(now) => self.fallback_page(context, &now).await,
            Err(error) => self.fault(context, error),
        }
    }
}

/// Below a shared origin, what is no page of the app is made harmless when it is opened by itself. A page in a sandbox could not
/// load anything with its cookie, so pages are left alone.
fn confined(context: &AppRequestContext, response: Response<ResponseBody>) -> Response<Body> {
    let mut response = response.map(Body::new);
    let is_page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    if context.is_in_path_mode() && !response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        response.headers_mut().append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    }
    response
}

/// How long an exchange may last: as long as the session it came with.
struct Stay {
    decision: Arc<Decision>,
    revocations: Revocations,
    shutdown: Shutdown,
    shares: (Option<Share>, Share),
}

impl Stay {
    fn new(edge: &AppEdge, decision: &Arc<Decision>, shares: (Option<Share>, Share)) -> Self {
        Self {
            decision: decision.clone(),
            revocations: edge.state.revocations.clone(),
            shutdown: edge.state.shutdown.clone(),
            shares,
        }
    }
}

impl Permission for Stay {
    fn watch(&self) -> Watched {
        let watch = self.revocations.watch(Credential::App(self.decision.session.as_str().into()));
        Watched { ended: watch.ended(), hold: Box::new((watch, self.shutdown.guard(), self.shares.clone())) }
    }
}
