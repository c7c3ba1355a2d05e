//! `/activity` and `/vclusters/{id}/activity`: what was done with vclusters, what happened to them, and what was opened in them.

use axum::Json as Answer;
use domain::OperationId;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{activity::Activity, page::Page};

use crate::{
    http::{error::Failure, identity::Caller, path::VclusterPath, query::Query},
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(of_all)).routes(routes!(of_one))
}

/// What was done with one's vclusters, deleted ones included, happened to them or was opened in them, newest first. Kept for 90 days.
#[utoipa::path(get, path = "/activity", tag = "vclusters",
    params(("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "`next` of the page before")),
    responses((status = 200, body = Page<Activity>)))]
async fn of_all(caller: Caller, query: Query) -> Result<Answer<Page<Activity>>, Failure> {
    let (limit, after): (u32, Option<OperationId>) = query.page()?;
    Ok(Answer(caller.api.activity(None, limit, after).await?))
}

/// What was done with a vcluster, happened to it or was opened in it, newest first. Kept for 90 days.
#[utoipa::path(get, path = "/vclusters/{id}/activity", tag = "vclusters",
    params(("id" = String, Path),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "`next` of the page before")),
    responses((status = 200, body = Page<Activity>)))]
async fn of_one(
    caller: Caller,
    VclusterPath(id): VclusterPath,
    query: Query,
) -> Result<Answer<Page<Activity>>, Failure> {
    let (limit, after): (u32, Option<OperationId>) = query.page()?;
    Ok(Answer(caller.api.activity(Some(id), limit, after).await?))
}
