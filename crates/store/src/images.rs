//! The list of images that may be used.

use control::ports::store::{AllowedImage, ImageReads, ImageWrites, StoreError};
use sea_orm::{EntityTrait, QueryOrder, sea_query::OnConflict};

use crate::{
    entity::allowed_image,
    fault::fault,
    sql::{Connection, Sql, SqlTransaction},
};

const WHAT: &str = "allowed image";

#[async_trait::async_trait]
impl<C: Connection> ImageReads for Sql<C> {
    async fn allowed_images(&self) -> Result<Vec<AllowedImage>, StoreError> {
        let rows = allowed_image::Entity::find().order_by_asc(allowed_image::Column::Pattern).all(self.db()).await;
        rows.map_err(fault(WHAT))?.into_iter().map(AllowedImage::try_from).collect()
    }
}

#[async_trait::async_trait]
impl ImageWrites for SqlTransaction {
    async fn save_allowed_image(&mut self, image: &AllowedImage) -> Result<(), StoreError> {
        use allowed_image::Column::{AddedAt, AddedBy, Pattern, Runtime};
        let replace = OnConflict::column(Pattern).update_columns([AddedBy, AddedAt, Runtime]).to_owned();
        let insert = allowed_image::Entity::insert(allowed_image::ActiveModel::from(image)).on_conflict(replace);
        insert.exec_without_returning(self.db()).await.map_err(fault(WHAT))?;
        Ok(())
    }

    async fn remove_allowed_image(&mut self, pattern: &str) -> Result<bool, StoreError> {
        let removed = allowed_image::Entity::delete_by_id(pattern).exec(self.db()).await.map_err(fault(WHAT))?;
        Ok(removed.rows_affected > 0)
    }
}
