//! Cursor paging: a list a piece at a time.

use serde::{Deserialize, Serialize};

/// One piece of a list. `next` is the cursor of the following piece; absent on the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
