//! `/me/disk` and `/admin/disk`: what people take of the hosts' disks.

use axum::Json as Answer;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::disk::{DiskUse, DiskUses};

use crate::{
    http::{
        error::Failure,
        identity::{AdminCaller, Caller},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(mine)).routes(routes!(of_all))
}

/// What one takes of the hosts' disks: nodes, running or stopped, and the home. Counted now and then, not at this moment.
#[utoipa::path(get, path = "/me/disk", tag = "me",
    responses((status = 200, body = DiskUse)))]
async fn mine(caller: Caller) -> Answer<DiskUse> {
    Answer(caller.api.my_disk().await)
}

/// What everybody takes of the hosts' disks, those who take most first. Who takes nothing is not in it.
#[utoipa::path(get, path = "/admin/disk", tag = "admin",
    responses((status = 200, body = DiskUses)))]
async fn of_all(caller: AdminCaller) -> Result<Answer<DiskUses>, Failure> {
    Ok(Answer(caller.api.disks().await?))
}
