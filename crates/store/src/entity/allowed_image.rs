//! `allowed_images`: what administrators have listed.

use chrono::{DateTime, Utc};
use control::ports::store::{AllowedImage, StoreError};
use domain::{image::ImagePattern, name::UserName};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allowed_images")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub pattern: String,
    /// A name and no reference: the list outlives accounts.
    pub added_by: String,
    pub added_at: DateTime<Utc>,
    /// None where the line names none.
    pub runtime: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for AllowedImage {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model { pattern, added_by, added_at, runtime } = row;
        let unreadable = |fault| unreadable("allowed image", &pattern, fault);
        let added_by = added_by.parse::<UserName>().map_err(unreadable)?;
        let runtime = runtime.as_deref().map(str::parse).transpose().map_err(unreadable)?;
        let pattern = pattern.parse::<ImagePattern>().map_err(unreadable)?;
        Ok(Self { pattern, added_by, added_at, runtime })
    }
}

impl From<&AllowedImage> for ActiveModel {
    fn from(image: &AllowedImage) -> Self {
        Self {
            pattern: Set(image.pattern.to_string()),
            added_by: Set(image.added_by.to_string()),
            added_at: Set(image.added_at),
            runtime: Set(image.runtime.as_ref().map(ToString::to_string)),
        }
    }
}
