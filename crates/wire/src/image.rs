//! Which images may be used, as people choose and administrators list them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `GET /api/v1/images`: what one may choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageChoice {
    /// The image new vclusters are offered; always allowed.
    pub base: String,
    /// Registries that images may come from.
    pub registries: Vec<String>,
    /// What administrators have listed, in which `*` stands for any characters of a path or a tag.
    pub listed: Vec<String>,
    /// Whether images that are not listed may be used, too: when there is no list, or one's group has the right.
    pub any_image: bool,
}

/// `GET /api/v1/admin/images`: the list, and what stands before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImageList {
    /// The image new vclusters are offered; always allowed (`worker.base_image`).
    pub base: String,
    /// Registries that images may come from (`images.registries`).
    pub registries: Vec<String>,
    /// By pattern. Empty: every image of those registries may be used.
    pub items: Vec<AllowedImage>,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllowedImage {
    /// An image's name, in which `*` stands for any characters of the path or the tag; without a tag, every tag.
    pub pattern: String,
    /// What new nodes of such an image are run with; `null` where the line names no runtime.
    pub runtime: Option<String>,
    /// The administrator who added it, or set its runtime.
    pub added_by: String,
    pub added_at: DateTime<Utc>,
}

/// `POST /api/v1/admin/images`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"pattern": "python:3.*", "runtime": "runsc"})))]
pub struct AllowImage {
    pub pattern: String,
    /// A runtime of the hosts' Docker Engines, such as `runsc`; none when it is absent.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<domain::name::RuntimeName>, inline))]
    #[serde(default)]
    pub runtime: Option<String>,
}
