//! What texts with rules look like, for the OpenAPI document: the rule of `FromStr`, as a JSON schema says it.

#[cfg(feature = "openapi")]
pub(crate) use schemas::*;

#[cfg(feature = "openapi")]
mod schemas {
    use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

    /// What `app::AppName` refuses, in a pattern's brackets: control characters, and what turns text around or takes no room.
    pub(crate) const INVISIBLE: &str =
        concat!(r"\u0000-\u001f\u007f-\u009f", r"\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff");
    /// Control characters.
    pub(crate) const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";

    pub(crate) fn text(longest: usize, pattern: impl Into<String>) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(longest))
            .pattern(Some(pattern))
            .into()
    }

    /// Of any characters but these, and not of spaces alone.
    pub(crate) fn words(longest: usize, without: &str) -> RefOr<Schema> {
        text(longest, format!(r"^[^{without}]*[^\s{without}][^{without}]*$"))
    }
}

/// Gives a type the schema that a function of this module makes.
macro_rules! described {
    ($name:ty, $schema:expr) => {
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

pub(crate) use described;
