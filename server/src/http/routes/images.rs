//! `/images`: what one may choose from; `/admin/images`: the administrators' list.

use axum::Json as Answer;
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::image::{AllowImage, AllowedImage, ImageChoice, ImageList};

use crate::{
    http::{
        error::Failure,
        identity::{AdminCaller, Caller},
        json::Json,
        query::{self, Query},
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(choice)).routes(routes!(list, allow, disallow))
}

/// The images one may use: the one that is offered, what administrators have listed, and whether others may be used, too.
#[utoipa::path(get, path = "/images", tag = "vclusters",
    responses((status = 200, body = ImageChoice)))]
async fn choice(caller: Caller) -> Result<Answer<ImageChoice>, Failure> {
    Ok(Answer(caller.api.image_choice().await?))
}

/// The list of images that may be used. While it is empty, every image of the allowed registries may be.
#[utoipa::path(get, path = "/admin/images", tag = "admin",
    responses((status = 200, body = ImageList)))]
async fn list(caller: AdminCaller) -> Result<Answer<ImageList>, Failure> {
    Ok(Answer(caller.api.image_list().await?))
}

/// Adds a line, or gives the one that is there another runtime.
#[utoipa::path(post, path = "/admin/images", tag = "admin", request_body = AllowImage,
    responses((status = 201, body = AllowedImage)))]
async fn allow(
    caller: AdminCaller,
    Json(allow): Json<AllowImage>,
) -> Result<(StatusCode, Answer<AllowedImage>), Failure> {
    Ok((StatusCode::CREATED, Answer(caller.api.allow_image(allow).await?)))
}

/// Takes a line off the list. vclusters that were made keep their image; they get no new nodes with it.
#[utoipa::path(delete, path = "/admin/images", tag = "admin",
    params(("pattern" = String, Query, description = "the line as it is on the list")),
    responses((status = 204)))]
async fn disallow(caller: AdminCaller, query: Query) -> Result<StatusCode, Failure> {
    let Some(pattern) = query.text("pattern") else {
        return Err(query::fault("pattern", "must be an entry of the list"));
    };
    caller.api.disallow_image(pattern).await?;
    Ok(StatusCode::NO_CONTENT)
}
