//! Terminals as a client lists and opens them. The stream itself is in `terminal`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::read;

/// `POST /api/v1/vclusters/{id}/nodes/{node}/terminals`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenTerminal {
    /// Columns, 1–1000; 80 when absent.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    #[serde(deserialize_with = "read::maybe_whole")]
    pub cols: Option<i64>,
    /// Rows, 1–500; 24 when absent.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 500))]
    #[serde(deserialize_with = "read::maybe_whole")]
    pub rows: Option<i64>,
    /// A program and its arguments, 32 KiB in all; the login shell when empty.
    #[cfg_attr(feature = "openapi", schema(schema_with = command))]
    pub command: Vec<String>,
}

/// The first names a program; none holds a NUL.
#[cfg(feature = "openapi")]
fn command() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Schema, schema::Type};
    let text = || ObjectBuilder::new().schema_type(Type::String).pattern(Some(r"^[^\u0000]*$"));
    ArrayBuilder::new()
        .prefix_items([Schema::Object(text().min_length(Some(1)).build())])
        .items(text())
        .max_items(Some(1024))
        .description(Some("A program and its arguments, 32 KiB in all; the login shell when empty."))
        .into()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Terminal {
    pub id: String,
    /// The node it is on.
    pub node: String,
    /// What the program calls itself, or the foreground process.
    pub title: String,
    pub cols: u16,
    pub rows: u16,
    pub created_at: DateTime<Utc>,
    /// How many look at it now.
    pub viewers: u32,
    /// Bytes of output since it was opened: the offset to attach from for only what is new.
    pub end: u64,
    /// How its program ended, such as `exit status 1` or `signal 9`; absent while it runs.
    pub exited: Option<String>,
}
