//! What a job's script finds where it runs, how it is warned, when it is tried again, and what its owner knows it by; and which
//! texts and numbers say so. Knows no container.

mod warning;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{Violation, described::described, task::Exit};

pub use warning::Warning;

/// Variables of a script's environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// How many there may be.
    pub const MOST: usize = 100;
    /// Bytes of all of them, written as JSON.
    pub const LONGEST: usize = 16 * 1024;
    pub const LONGEST_NAME: usize = 128;
    /// Characters. One alone is within what all may have.
    pub const LONGEST_VALUE: usize = 4000;
    /// Of names that say which job it is.
    const OURS: &str = "JOB_";

    /// From what a client writes.
    pub fn parse(variables: &BTreeMap<String, String>) -> Result<Self, Violation> {
        let fault = |rule: String| Err(Violation::new("environment", rule));
        if variables.len() > Self::MOST {
            return fault(format!("must have at most {} variables", Self::MOST));
        }
        for (name, value) in variables {
            if let Some(rule) = unfit(name, value) {
                return fault(rule);
            }
        }
        let environment = Self(variables.clone());
        if environment.json_len() > Self::LONGEST {
            return fault(format!("must have at most {} KiB together, written as JSON", Self::LONGEST / 1024));
        }
        Ok(environment)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Bytes, written as JSON.
    fn json_len(&self) -> usize {
        // Quotes, a colon and a comma around what is within.
        self.iter().map(|(name, value)| name.len() + json_len(value) + 6).sum()
    }
}

/// Bytes of a text without control characters but tabs and line feeds, as JSON writes it.
fn json_len(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\t')).count()
}

/// The rule that a variable breaks.
fn unfit(name: &str, value: &str) -> Option<String> {
    let is_of_a_name = |(at, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
    let shown: String = name.chars().take(Environment::LONGEST_NAME).collect();
    if name.is_empty() || !name.chars().enumerate().all(is_of_a_name) {
        Some(format!("must have names of letters, digits and '_' that begin with no digit, not {shown:?}"))
    } else if name.len() > Environment::LONGEST_NAME {
        Some(format!("must have names of at most {} characters, not {shown}…", Environment::LONGEST_NAME))
    } else if name.starts_with(Environment::OURS) {
        Some(format!("must have no name that begins with {}, as {shown} does", Environment::OURS))
    } else if value.chars().count() > Environment::LONGEST_VALUE {
        Some(format!("must have values of at most {} characters, unlike {shown}", Environment::LONGEST_VALUE))
    } else if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(format!("must have values without control characters other than tab and line feed, unlike {shown}"))
    } else {
        None
    }
}

described!(Environment, {
    use utoipa::openapi::{ObjectBuilder, Schema, schema::Type};
    // None that begins with JOB_, said without looking ahead, which not every reader of patterns does.
    let w = "[A-Za-z0-9_]";
    let name =
        format!("^(?:[A-IK-Za-z_]{w}*|J(?:[A-NP-Za-z0-9_]{w}*)?|JO(?:[AC-Za-z0-9_]{w}*)?|JOB(?:[A-Za-z0-9]{w}*)?)$");
    let name = ObjectBuilder::new().schema_type(Type::String).max_length(Some(Self::LONGEST_NAME)).pattern(Some(name));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(Schema::from(name)))
        .additional_properties(Some(crate::described::lines(Self::LONGEST_VALUE)))
        .max_properties(Some(Self::MOST))
        .into()
});

/// Where a script begins: a path below the home, or an absolute one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Directory(String);

impl Directory {
    pub const LONGEST: usize = 200;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In the container.
    pub(super) fn absolute(&self) -> String {
        super::spec::in_home(&self.0)
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Directory {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let rule = if text.is_empty() {
            "must not be empty; leave it out to begin in the home".to_owned()
        } else if text.chars().count() > Self::LONGEST {
            format!("must have at most {} characters", Self::LONGEST)
        } else if text.chars().any(char::is_control) {
            "must not have control characters".to_owned()
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Violation::new("directory", rule))
    }
}

described!(Directory, crate::described::text(Self::LONGEST, r"^[^\u0000-\u001f\u007f-\u009f]+$"));

/// When a job is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    most: u8,
    /// After any but 0 where neither a code nor a lost host is named.
    exit_codes: Vec<u8>,
    host_lost: bool,
}

impl Retries {
    pub const MOST: u8 = 10;
    /// How many exit codes may be listed.
    pub const MOST_CODES: usize = 32;

    /// From what a client writes.
    pub fn parse(most: i64, exit_codes: &[i64], host_lost: bool) -> Result<Self, Violation> {
        let fault = |rule: String| Violation::new("retries", rule);
        let most = u8::try_from(most).ok().filter(|most| *most <= Self::MOST);
        let most = most.ok_or_else(|| fault(format!("must be between 0 and {}", Self::MOST)))?;
        if exit_codes.len() > Self::MOST_CODES {
            return Err(fault(format!("must name at most {} exit codes", Self::MOST_CODES)));
        }
        let code = |code: &i64| {
            let code = u8::try_from(*code).ok().filter(|code| *code > 0);
            code.ok_or_else(|| fault("must name exit codes between 1 and 255".to_owned()))
        };
        let exit_codes = exit_codes.iter().map(code).collect::<Result<_, _>>()?;
        Ok(Self { most, exit_codes, host_lost })
    }

    /// How often it is tried after its first attempt.
    pub const fn most(&self) -> u8 {
        self.most
    }

    /// After which exit codes; after any but 0 where there is none, and no lost host is meant either.
    pub fn exit_codes(&self) -> &[u8] {
        &self.exit_codes
    }

    /// Where its host was lost.
    pub const fn host_lost(&self) -> bool {
        self.host_lost
    }

    /// Where its script ended like this. A signal counts as the code that a shell makes of it.
    pub(super) fn after(&self, exit: Exit) -> bool {
        let code = match exit {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128_u8.saturating_add(signal),
        };
        let is_any = self.exit_codes.is_empty() && !self.host_lost;
        code != 0 && (is_any || self.exit_codes.contains(&code))
    }
}

/// A word that its owner knows a job by: 1 to 32 lower-case letters, digits, `-`, `_`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);

impl Tag {
    pub const LONGEST: usize = 32;
    /// How many a job may have.
    pub const MOST: usize = 10;

    /// From what a client writes.
    pub fn parse_all(texts: &[String]) -> Result<BTreeSet<Self>, Violation> {
        if texts.len() > Self::MOST {
            return Err(Violation::new("tags", format!("must have at most {} words", Self::MOST)));
        }
        texts.iter().map(|text| text.parse()).collect()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let is_of_a_tag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.:".contains(c);
        if (1..=Self::LONGEST).contains(&text.len()) && text.chars().all(is_of_a_tag) {
            return Ok(Self(text.to_owned()));
        }
        let rule = format!("must be words of 1 to {} lower-case letters, digits, '-', '_', '.' and ':'", Self::LONGEST);
        Err(Violation::new("tags", rule))
    }
}

described!(Tag, crate::described::text(Self::LONGEST, "^[a-z0-9_.:-]+$"));

#[cfg(test)]
mod tests;
