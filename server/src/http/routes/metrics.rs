//! `/metrics` in Prometheus' text form: for a scraper on this host, or one that shows an administrator's token.

use axum::{Extension, Router, extract::State, routing::get};
use domain::{user::Role, vcluster::VclusterState};
use http::{HeaderMap, header};
use wire::problem::Code;

use crate::{
    http::{
        bearer,
        client::{Client, Peer},
        error::Failure,
    },
    state::AppState,
};

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/metrics", get(show))
}

async fn show(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<([(header::HeaderName, &'static str); 1], String), Failure> {
    if !is_local(client, peer, &headers) {
        require_administrator(&state, &headers).await?;
    }
    count_vclusters(&state).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()))
}

/// A proxy on this host must not make every client look local.
fn is_local(client: Client, peer: Peer, headers: &HeaderMap) -> bool {
    client.address.is_loopback() && peer.0.ip().to_canonical().is_loopback() && !headers.contains_key("x-forwarded-for")
}

async fn require_administrator(state: &AppState, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(token) = bearer::token(headers) else {
        return Err(Failure::new(
            Code::NotSignedIn,
            "Send an administrator's API token as Authorization: Bearer dkl_….",
        ));
    };
    let actor = state.control.accounts.actor_by_token(token).await?;
    match actor.role {
        Role::Admin => Ok(actor.administrator().map(drop)?),
        Role::User => Err(Failure::new(Code::Forbidden, "Only administrators may read the metrics.")),
    }
}

async fn count_vclusters(state: &AppState) -> Result<(), Failure> {
    let counts = state.control.installation.vcluster_counts().await?;
    for state in VclusterState::ALL {
        let count = counts.iter().find(|(counted, _)| *counted == *state).map_or(0, |(_, count)| *count);
        metrics::gauge!("docklet_vclusters", "state" => state.as_str()).set(f64::from(count));
    }
    Ok(())
}
