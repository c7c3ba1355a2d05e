//! Statements about the list of images that may be used.

use control::ports::store::{AllowedImage, StoreError};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, sea_query::OnConflict};

use crate::{entity::allowed_image, fault::fault};

const WHAT: &str = "allowed image";

/// In the order of their patterns.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<AllowedImage>, StoreError> {
    let rows = allowed_image::Entity::find().order_by_asc(allowed_image::Column::Pattern).all(db).await;
    rows.map_err(fault(WHAT))?.into_iter().map(AllowedImage::try_from).collect()
}

/// In place of the line with the same pattern, if there is one.
pub(crate) async fn save(db: &impl ConnectionTrait, image: &AllowedImage) -> Result<(), StoreError> {
    use allowed_image::Column::{AddedAt, AddedBy, Pattern, Runtime};
    let replace = OnConflict::column(Pattern).update_columns([AddedBy, AddedAt, Runtime]).to_owned();
    let insert = allowed_image::Entity::insert(allowed_image::ActiveModel::from(image)).on_conflict(replace);
    insert.exec_without_returning(db).await.map_err(fault(WHAT))?;
    Ok(())
}

/// Whether it was there.
pub(crate) async fn remove(db: &impl ConnectionTrait, pattern: &str) -> Result<bool, StoreError> {
    let removed = allowed_image::Entity::delete_by_id(pattern).exec(db).await.map_err(fault(WHAT))?;
    Ok(removed.rows_affected > 0)
}
