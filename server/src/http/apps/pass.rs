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
    request::{Kind, safe_next},
    visitor::Visitor,
};
use crate::http::{
    ending::Ending,
    revocation::{Credential, Revocations},
    shares::Share,
};

impl AppEdge {
    pub(super) async fn pass(
        &self,
        visitor: &Visitor,
        decision: Arc<Decision>,
        request: Request<Body>,
    ) -> Response<Body> {
        let Target::Ready(node, port) = &decision.target else { return self.instead(visitor, &decision).await };
        let of_client = request.extensions().get::<Option<Share>>().cloned().flatten();
        let shares = match self.state.stream_of(decision.user.user).await {
            Ok(of_user) => (of_client, of_user),
            Err(error) => return self.fault(visitor, error),
        };
        let visit = Visit {
            upstream: Upstream { node: node.clone(), port: *port, generation: decision.generation.0 },
            site: Site {
                authority: &visitor.authority,
                https: visitor.client.https,
                client: visitor.client.address,
                prefix: visitor.prefix.as_deref(),
                frame_ancestors: visitor.prefix.as_ref().map(|_| "'self'"),
            },
            permission: Arc::new(Stay::new(self, &decision, shares)),
        };
        match self.forwarder.forward(visit, request).await {
            Ok(response) => confined(visitor, response),
            Err(ProxyError::Dial(NodeError::PortClosed(_))) => self.nothing_listens(visitor, &decision).await,
            Err(error @ ProxyError::Dial(_)) => self.node_is_silent(visitor, &decision, &error).await,
            Err(error) => self.trouble(visitor, &decision, &error),
        }
    }

    /// The node may have been stopped or removed since it was decided that the app is there.
    async fn node_is_silent(&self, visitor: &Visitor, decision: &Decision, error: &ProxyError) -> Response<Body> {
        match self.state.control.apps.decide_anew(decision).await {
            Ok(now) if matches!(now.target, Target::Ready(..)) => self.trouble(visitor, &now, error),
            Ok(now) => self.instead(visitor, &now).await,
            // The visitor is a stranger now, and is treated as one when the browser asks again.
            Err(control::Error::NoAppSession) if visitor.kind == Kind::Navigation => {
                answer::redirect(&visitor.address(safe_next(&visitor.wanted)))
            }
            Err(error) => self.fault(visitor, error),
        }
    }

    /// Nothing listens there, as the node itself says: control finds out what there is to show instead.
    async fn nothing_listens(&self, visitor: &Visitor, decision: &Decision) -> Response<Body> {
        match self.state.control.apps.closed(decision).await {
            Ok(now) => self.instead(visitor, &now).await,
            Err(error) => self.fault(visitor, error),
        }
    }
}

/// Below a shared origin, what is no page of the app is made harmless when it is opened by itself. A page in a sandbox could not
/// load anything with its cookie, so pages are left alone.
fn confined(visitor: &Visitor, response: Response<ResponseBody>) -> Response<Body> {
    let mut response = response.map(Body::new);
    let is_page = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/html");
    if visitor.is_in_path_mode() && !response.headers().get(header::CONTENT_TYPE).is_some_and(is_page) {
        response.headers_mut().append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    }
    response
}

/// How long an exchange may last: as long as the session it came with.
struct Stay {
    decision: Arc<Decision>,
    revocations: Revocations,
    ending: Ending,
    shares: (Option<Share>, Share),
}

impl Stay {
    fn new(edge: &AppEdge, decision: &Arc<Decision>, shares: (Option<Share>, Share)) -> Self {
        Self {
            decision: decision.clone(),
            revocations: edge.state.revocations.clone(),
            ending: edge.state.ending.clone(),
            shares,
        }
    }
}

impl Permission for Stay {
    fn watch(&self) -> Watched {
        let watch = self.revocations.watch(Credential::App(self.decision.session.as_str().into()));
        Watched { ended: watch.ended(), hold: Box::new((watch, self.ending.guard(), self.shares.clone())) }
    }
}
