//! What texts with rules look like, for the OpenAPI document: the rule of `FromStr`, as a JSON schema says it.

#[cfg(feature = "openapi")]
pub(crate) use schemas::*;

#[cfg(feature = "openapi")]
mod schemas {
    use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

    /// What `app::AppName` refuses, in a pattern's brackets: control characters, and what turns text around or takes no room.
    pub(crate) const INVISIBLE: &str =
        concat!(r"\u0000-\u001f\u007f-\u009f", r"\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff");

    pub(crate) fn text(longest: usize, pattern: impl Into<String>) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(longest))
            .pattern(Some(pattern))
            .into()
    }

    /// Of any characters but control characters, lines and tabs among them; may be empty.
    pub(crate) fn lines(longest: usize) -> RefOr<Schema> {
        let pattern = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$";
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(longest)).pattern(Some(pattern)).into()
    }

    /// One or several of these words, with a space between two.
    pub(crate) fn words_of(these: &[&str]) -> RefOr<Schema> {
        let one = these.join("|");
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(format!("^({one})( ({one}))*$"))).into()
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
