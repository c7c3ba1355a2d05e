//! `/vclusters`: create, list, look, start, stop, restart, delete. Every action is accepted at once and goes on by itself.

use axum::{
    Json as Answer,
    extract::State,
    response::{IntoResponse as _, Response},
};
use control::{actor::Actor, ports::store::PageRequest, vclusters::CreateVcluster};
use domain::VclusterId;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::vcluster::{ChangeVcluster, CreateVcluster as CreateDto, UnreadableVcluster, Vcluster, VclusterPage};

use crate::{
    http::{error::Failure, identity::Caller, json::Json, path::VclusterPath, query::Query},
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, change, delete))
        .routes(routes!(start))
        .routes(routes!(stop))
        .routes(routes!(restart))
}

/// The answer to an accepted action: the vcluster as it is now.
pub(super) type Accepted = (StatusCode, Answer<Vcluster>);

pub(super) fn accepted(vcluster: &domain::vcluster::Vcluster, actor: &Actor) -> Accepted {
    (StatusCode::ACCEPTED, Answer(Vcluster::from_domain(vcluster, &actor.name)))
}

/// One's vclusters, newest first.
#[utoipa::path(get, path = "/vclusters", tag = "vclusters",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "`next` of the page before")),
    responses((status = 200, body = VclusterPage)))]
async fn list(State(state): State<AppState>, caller: Caller, query: Query) -> Result<Answer<VclusterPage>, Failure> {
    let (limit, after): (u32, Option<VclusterId>) = query.page()?;
    let listed = state.control.vclusters.list(&caller.actor, PageRequest { after, limit }).await?;
    let items = listed.vclusters.iter().map(|vcluster| Vcluster::from_domain(vcluster, &caller.actor.name)).collect();
    let unreadable = listed.unreadable.into_iter().map(UnreadableVcluster::from).collect();
    Ok(Answer(VclusterPage { items, unreadable, next: listed.next.map(|id| id.to_string()) }))
}

/// Creates a vcluster. With an `Idempotency-Key`, repeating the request gives the same vcluster.
#[utoipa::path(post, path = "/vclusters", tag = "vclusters", request_body = CreateDto,
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, pattern = "^[!-~]{1,128}$", description = "1–128 visible characters, one per intended vcluster")),
    responses((status = 202, body = Vcluster, headers(("Location" = String)))))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Json(create): Json<CreateDto>,
) -> Result<(HeaderMap, Accepted), Failure> {
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap_or_default());
    let create = CreateVcluster {
        name: create.name,
        image: create.image,
        nodes: create.nodes,
        cpus: create.resources.cpus,
        memory_mib: create.resources.memory_mib,
        autostart: create.autostart,
    };
    let vcluster = state.control.vclusters.create(&caller.actor, create, key).await?;
    let mut location = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("/api/v1/vclusters/{}", vcluster.id)) {
        location.insert(header::LOCATION, value);
    }
    Ok((location, accepted(&vcluster, &caller.actor)))
}

/// One vcluster.
#[utoipa::path(get, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 200, body = Vcluster)))]
async fn get(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Answer<Vcluster>, Failure> {
    let vcluster = state.control.vclusters.get(&caller.actor, id).await?;
    Ok(Answer(Vcluster::from_domain(&vcluster, &caller.actor.name)))
}

/// Changes what may be chosen of a vcluster; nothing is done to it now.
#[utoipa::path(patch, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)), request_body = ChangeVcluster,
    responses((status = 200, body = Vcluster)))]
async fn change(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
    Json(change): Json<ChangeVcluster>,
) -> Result<Answer<Vcluster>, Failure> {
    let vclusters = &state.control.vclusters;
    let vcluster = match change.autostart {
        Some(autostart) => vclusters.set_autostart(&caller.actor, id, autostart).await?,
        None => vclusters.get(&caller.actor, id).await?,
    };
    Ok(Answer(Vcluster::from_domain(&vcluster, &caller.actor.name)))
}

/// Removes everything but the home; 404 once it is gone. One that cannot be read, administrators can delete, too.
#[utoipa::path(delete, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster), (status = 204, description = "It could not be read, and is out of the record")))]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Response, Failure> {
    let vcluster = state.control.vclusters.delete(&caller.actor, id).await?;
    let answer = |vcluster| accepted(&vcluster, &caller.actor).into_response();
    Ok(vcluster.map_or_else(|| StatusCode::NO_CONTENT.into_response(), answer))
}

/// Starts what does not run; also repairs failed nodes.
#[utoipa::path(post, path = "/vclusters/{id}/start", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn start(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Accepted, Failure> {
    let vcluster = state.control.vclusters.start(&caller.actor, id).await?;
    Ok(accepted(&vcluster, &caller.actor))
}

/// Stops every node; files stay.
#[utoipa::path(post, path = "/vclusters/{id}/stop", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn stop(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Accepted, Failure> {
    let vcluster = state.control.vclusters.stop(&caller.actor, id).await?;
    Ok(accepted(&vcluster, &caller.actor))
}

/// Stops every node and starts it again.
#[utoipa::path(post, path = "/vclusters/{id}/restart", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn restart(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
) -> Result<Accepted, Failure> {
    let vcluster = state.control.vclusters.restart(&caller.actor, id).await?;
    Ok(accepted(&vcluster, &caller.actor))
}
