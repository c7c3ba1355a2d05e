//! Images that may be used: what one may choose from, and the administrators' list.

use control::ports::store::AllowedImage as Allowed;
use domain::image::ImageRules;
use wire::image::{AllowImage, AllowedImage, ImageChoice, ImageList};

use crate::{Api, Refusal};

impl Api {
    pub async fn image_choice(&self) -> Result<ImageChoice, Refusal> {
        let choice = self.control().images.choice(&self.actor).await?;
        Ok(ImageChoice {
            base: choice.rules.base.to_string(),
            registries: registries(&choice.rules),
            listed: choice.list.iter().map(ToString::to_string).collect(),
            any_image: choice.any_image,
        })
    }

    pub async fn image_list(&self) -> Result<ImageList, Refusal> {
        let (rules, list) = self.control().images.list(&self.actor).await?;
        Ok(ImageList {
            base: rules.base.to_string(),
            registries: registries(&rules),
            items: list.iter().map(allowed_image).collect(),
        })
    }

    /// Adds a line to the list, or gives one that is there another runtime.
    pub async fn allow_image(&self, allow: AllowImage) -> Result<AllowedImage, Refusal> {
        let AllowImage { pattern, runtime } = allow;
        let image = self.control().images.allow(&self.actor, &pattern, runtime.as_deref()).await?;
        Ok(allowed_image(&image))
    }

    /// Takes a line off the list.
    pub async fn disallow_image(&self, pattern: &str) -> Result<(), Refusal> {
        Ok(self.control().images.disallow(&self.actor, pattern).await?)
    }
}

fn registries(rules: &ImageRules) -> Vec<String> {
    rules.registries.iter().map(ToString::to_string).collect()
}

fn allowed_image(image: &Allowed) -> AllowedImage {
    AllowedImage {
        pattern: image.pattern.to_string(),
        runtime: image.runtime.as_ref().map(ToString::to_string),
        added_by: image.added_by.to_string(),
        added_at: image.added_at,
    }
}
