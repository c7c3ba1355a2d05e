//! One thing that is not as it should be, and what to do about it.

use std::fmt;

/// Where, what is wrong, and the way out; the last two are sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A path with an optional line, or the name of a package.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Finding {
    /// Builds a finding from its three parts.
    pub fn new(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.place, self.what, self.remedy)
    }
}
