//! `/vclusters`: create, list, look, start, stop, restart, delete. Every action is accepted at once and goes on by itself.

use axum::{
    Json as Answer,
    response::{IntoResponse as _, Response},
};
use domain::VclusterId;
use http::{HeaderMap, StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::vcluster::{ChangeVcluster, CreateVcluster, Vcluster, VclusterPage};

use super::{idempotency_key, location};
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

pub(super) const fn accepted(vcluster: Vcluster) -> Accepted {
    (StatusCode::ACCEPTED, Answer(vcluster))
}

/// One's vclusters, newest first.
#[utoipa::path(get, path = "/vclusters", tag = "vclusters",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "`next` of the page before")),
    responses((status = 200, body = VclusterPage)))]
async fn list(caller: Caller, query: Query) -> Result<Answer<VclusterPage>, Failure> {
    let (limit, after): (u32, Option<VclusterId>) = query.page()?;
    Ok(Answer(caller.api.vclusters(limit, after).await?))
}

/// Creates a vcluster. With an `Idempotency-Key`, repeating the request gives the same vcluster.
#[utoipa::path(post, path = "/vclusters", tag = "vclusters", request_body = CreateVcluster,
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, pattern = "^[!-~]{1,128}$", description = "1–128 visible characters, one per intended vcluster")),
    responses((status = 202, body = Vcluster, headers(("Location" = String)))))]
async fn create(
    caller: Caller,
    headers: HeaderMap,
    Json(create): Json<CreateVcluster>,
) -> Result<(HeaderMap, Accepted), Failure> {
    let vcluster = caller.api.create_vcluster(create, idempotency_key(&headers)).await?;
    Ok((location(&format!("/api/v1/vclusters/{}", vcluster.id)), accepted(vcluster)))
}

/// One vcluster.
#[utoipa::path(get, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 200, body = Vcluster)))]
async fn get(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Answer<Vcluster>, Failure> {
    Ok(Answer(caller.api.vcluster(id).await?))
}

/// Changes what may be chosen of a vcluster; nothing is done to it now.
#[utoipa::path(patch, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)), request_body = ChangeVcluster,
    responses((status = 200, body = Vcluster)))]
async fn change(
    caller: Caller,
    VclusterPath(id): VclusterPath,
    Json(change): Json<ChangeVcluster>,
) -> Result<Answer<Vcluster>, Failure> {
    Ok(Answer(caller.api.change_vcluster(id, change).await?))
}

/// Removes everything but the home; 404 once it is gone. One that cannot be read, administrators can delete, too.
#[utoipa::path(delete, path = "/vclusters/{id}", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster), (status = 204, description = "It could not be read, and is out of the record")))]
async fn delete(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Response, Failure> {
    let vcluster = caller.api.delete_vcluster(id).await?;
    let answer = |vcluster| accepted(vcluster).into_response();
    Ok(vcluster.map_or_else(|| StatusCode::NO_CONTENT.into_response(), answer))
}

/// Starts what does not run; also repairs failed nodes.
#[utoipa::path(post, path = "/vclusters/{id}/start", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn start(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Accepted, Failure> {
    Ok(accepted(caller.api.start_vcluster(id).await?))
}

/// Stops every node; files stay.
#[utoipa::path(post, path = "/vclusters/{id}/stop", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn stop(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Accepted, Failure> {
    Ok(accepted(caller.api.stop_vcluster(id).await?))
}

/// Stops every node and starts it again.
#[utoipa::path(post, path = "/vclusters/{id}/restart", tag = "vclusters", params(("id" = String, Path)),
    responses((status = 202, body = Vcluster)))]
async fn restart(caller: Caller, VclusterPath(id): VclusterPath) -> Result<Accepted, Failure> {
    Ok(accepted(caller.api.restart_vcluster(id).await?))
}
