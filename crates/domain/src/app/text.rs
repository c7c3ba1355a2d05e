//! Texts around apps: what their owner calls them, and what nodes say listens there.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Violation, described::described};

/// A process name is at most so many bytes.
pub const LONGEST_PROCESS: usize = 256;

/// What an owner calls an app: 1–40 characters of any script.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppName(String);

impl AppName {
    pub const LONGEST: usize = 40;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

described!(AppName, crate::described::words(Self::LONGEST, crate::described::INVISIBLE));

impl FromStr for AppName {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        let fault = |rule: String| Err(Violation::new("name", rule));
        if text.is_empty() {
            return fault("must not be empty".into());
        }
        if text.chars().count() > Self::LONGEST {
            return fault(format!("must have at most {} characters", Self::LONGEST));
        }
        if let Some(c) = text.chars().find(|c| is_invisible(*c)) {
            return fault(format!("must not contain the invisible character U+{:04X}", u32::from(c)));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AppName {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl From<AppName> for String {
    fn from(name: AppName) -> String {
        name.0
    }
}

impl fmt::Display for AppName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A process name as a node gives it, fit for lists: without control characters and marks that turn text around, bounded.
pub fn clean_process(text: &str) -> Option<String> {
    let mut clean: String = text.chars().filter(|c| !is_invisible(*c)).take(LONGEST_PROCESS).collect();
    clean.truncate(clean.floor_char_boundary(LONGEST_PROCESS));
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// Control characters, and what changes the direction of text or takes no room.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
