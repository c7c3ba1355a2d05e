//! Images that may be used: what one may choose from, and the administrators' list.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::image::{AllowedImage, ImageChoice, ImageList};

use super::Refused;

#[server(prefix = "/actions", endpoint = "image-choice", input = GetUrl)]
pub(crate) async fn read_image_choice() -> Result<ImageChoice, Refused> {
    Ok(crate::request_context::api()?.image_choice().await?)
}

#[server(prefix = "/actions", endpoint = "image-list", input = GetUrl)]
pub(crate) async fn read_image_list() -> Result<ImageList, Refused> {
    Ok(crate::request_context::api()?.image_list().await?)
}

/// Adds a line to the list, or gives one that is there another runtime.
#[server(prefix = "/actions", endpoint = "allow-image")]
pub(crate) async fn allow_image(pattern: String, runtime: String) -> Result<AllowedImage, Refused> {
    let runtime = Some(runtime.trim().to_owned()).filter(|runtime| !runtime.is_empty());
    let allowed = crate::request_context::api()?.allow_image(wire::image::AllowImage { pattern, runtime }).await?;
    crate::request_context::redirect_plain_form(crate::routes::ADMIN_IMAGES);
    Ok(allowed)
}

/// Takes a line off the list.
#[server(prefix = "/actions", endpoint = "disallow-image")]
pub(crate) async fn disallow_image(pattern: String) -> Result<(), Refused> {
    crate::request_context::api()?.disallow_image(&pattern).await?;
    crate::request_context::redirect_plain_form(crate::routes::ADMIN_IMAGES);
    Ok(())
}
