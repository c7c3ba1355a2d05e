//! The list of things that may be longer than the rest: sizes.toml.

use serde::Deserialize;

use super::{Kind, Measure};

/// Everything sizes.toml allows.
#[derive(Debug, Default)]
pub struct Allowed(Vec<Allowance>);

/// One thing that may be long.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The file, from the root.
    pub path: String,
    /// The function; without it the entry is for the file itself.
    #[serde(default)]
    pub function: String,
    /// How long it may be at most.
    pub lines: usize,
    /// Why it cannot well be shorter.
    pub reason: String,
}

/// Why sizes.toml was refused.
#[derive(Debug, thiserror::Error)]
pub enum AllowedError {
    /// It is not the TOML we expect.
    #[error("crates/tidy/sizes.toml cannot be read: {0}")]
    Format(#[from] toml::de::Error),
    /// An entry without a real reason.
    #[error("crates/tidy/sizes.toml gives no reason for {0}; write one of at least four words")]
    Reason(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allowance>,
}

impl Allowed {
    /// Reads the list.
    ///
    /// # Errors
    /// When the text is not of its form, or an entry gives no reason.
    pub fn parse(text: &str) -> Result<Self, AllowedError> {
        let file: File = toml::from_str(text)?;
        match file.allow.iter().find(|entry| entry.reason.split_whitespace().count() < 4) {
            Some(entry) => Err(AllowedError::Reason(entry.path.clone())),
            None => Ok(Self(file.allow)),
        }
    }

    /// The entries, as they stand in the file.
    pub fn entries(&self) -> &[Allowance] {
        &self.0
    }
}

impl Allowance {
    /// Whether this entry speaks of that thing.
    pub fn is_for(&self, measure: &Measure) -> bool {
        let same_kind = self.function.is_empty() == (measure.kind == Kind::File);
        same_kind && self.path == measure.path && self.function == measure.function
    }
}
