//! The images that may be used, as the record has them.

use chrono::{DateTime, Utc};
use domain::{
    image::ImagePattern,
    name::{RuntimeName, UserName},
};

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
