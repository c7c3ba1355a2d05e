//! The images that may be used, as the record has them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    image::ImagePattern,
    name::{RuntimeName, UserName},
};

use super::StoreError;

/// One line of the administrators' list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedImage {
    pub pattern: ImagePattern,
    /// The administrator who added it. The account may be gone by now.
    pub added_by: UserName,
    pub added_at: DateTime<Utc>,
    /// What new nodes of such an image are run with, whatever their owner's group says.
    pub runtime: Option<RuntimeName>,
}

#[async_trait]
pub trait ImageReads: Send + Sync {
    /// The administrators' list of images, by pattern.
    async fn allowed_images(&self) -> Result<Vec<AllowedImage>, StoreError>;
}

#[async_trait]
pub trait ImageWrites: Send {
    /// In place of the line with the same pattern, if there is one.
    async fn save_allowed_image(&mut self, image: &AllowedImage) -> Result<(), StoreError>;
    /// Whether it was on the list.
    async fn remove_allowed_image(&mut self, pattern: &str) -> Result<bool, StoreError>;
}
