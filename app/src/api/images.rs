//! Images that may be used: what one may choose from, and the administrators' list.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::image::{AllowedImage, ImageChoice, ImageList};

use super::Refused;

#[server(prefix = "/actions", endpoint = "image-choice", input = GetUrl)]
pub(crate) async fn read_image_choice() -> Result<ImageChoice, Refused> {
    use crate::visit::{actor, refuse, visit};
    let choice = visit()?.control.images.choice(&actor()?).await.map_err(refuse)?;
    Ok(super::dto::image_choice(&choice))
}

#[server(prefix = "/actions", endpoint = "image-list", input = GetUrl)]
pub(crate) async fn read_image_list() -> Result<ImageList, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (rules, list) = visit()?.control.images.list(&actor()?).await.map_err(refuse)?;
    Ok(super::dto::image_list(&rules, &list))
}

/// Adds a line to the list, or gives one that is there another runtime.
#[server(prefix = "/actions", endpoint = "allow-image")]
pub(crate) async fn allow_image(pattern: String, runtime: String) -> Result<AllowedImage, Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    let runtime = Some(runtime.trim()).filter(|runtime| !runtime.is_empty());
    let allowed = visit()?.control.images.allow(&actor()?, &pattern, runtime).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::ADMIN_IMAGES);
    Ok(super::dto::allowed_image(&allowed))
}

/// Takes a line off the list.
#[server(prefix = "/actions", endpoint = "disallow-image")]
pub(crate) async fn disallow_image(pattern: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    visit()?.control.images.disallow(&actor()?, &pattern).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::ADMIN_IMAGES);
    Ok(())
}
