//! `/vclusters/{id}/activity`: what was done with a vcluster, and what happened to it.

use app::api::dto;
use axum::{Json as Answer, extract::State};
use control::ports::store::PageRequest;
use domain::OperationId;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{activity::Activity, page::Page};

use crate::{
    http::{error::Failure, identity::Caller, path::VclusterPath, query::Query},
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What was done with a vcluster, and what happened to it, newest first. Kept for 90 days.
#[utoipa::path(get, path = "/vclusters/{id}/activity", tag = "vclusters",
    params(("id" = String, Path),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "`next` of the page before")),
    responses((status = 200, body = Page<Activity>)))]
async fn list(
    State(state): State<AppState>,
    caller: Caller,
    VclusterPath(id): VclusterPath,
    query: Query,
) -> Result<Answer<Page<Activity>>, Failure> {
    let (limit, after): (u32, Option<OperationId>) = query.page()?;
    let page = PageRequest { after, limit: limit + 1 };
    let deeds = state.control.vclusters.activity(&caller.actor, id, page).await?;
    Ok(Answer(Page::cut(deeds, limit, |deed| deed.operation.id.to_string(), dto::activity)))
}
