//! Statements about the list of images that may be used.

use control::ports::store::{AllowedImage, StoreError};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use crate::{entity::allowed_image, fault::fault};

const WHAT: &str = "allowed image";

/// In the order of their patterns.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<AllowedImage>, StoreError> {
    let rows = allowed_image::Entity::find().order_by_asc(allowed_image::Column::Pattern).all(db).await;
    rows.map_err(fault(WHAT))?.into_iter().map(AllowedImage::try_from).collect()
}

pub(crate) async fn insert(db: &impl ConnectionTrait, image: &AllowedImage) -> Result<(), StoreError> {
    let row = allowed_image::ActiveModel::from(image);
    allowed_image::Entity::insert(row).exec_without_returning(db).await.map_err(fault(WHAT))?;
    Ok(())
}

/// Whether it was there.
pub(crate) async fn remove(db: &impl ConnectionTrait, pattern: &str) -> Result<bool, StoreError> {
    let removed = allowed_image::Entity::delete_by_id(pattern).exec(db).await.map_err(fault(WHAT))?;
    Ok(removed.rows_affected > 0)
}
