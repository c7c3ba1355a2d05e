//! Every Rust file opens with `//!`: what it is, and what it refuses to know. A README taken in as the crate's text will do.

use crate::finding::Finding;
use crate::sources::Source;

const OPENINGS: &[&str] = &["//! ", "#![doc = include_str!("];

/// Rust files whose first line is no module comment.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let rust = sources.iter().filter(|source| source.has_extension("rs"));
    rust.filter(|source| !OPENINGS.iter().any(|opening| source.text.starts_with(opening)))
        .map(|source| {
            let remedy = "Begin it with `//! ` and say what it is and what it refuses to know.";
            Finding::new(format!("{}:1", source.path), "the file does not begin with a module comment.", remedy)
        })
        .collect()
}
