//! What a job's script finds where it runs, and what becomes of it when an attempt fails. Knows no container.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Variables of a script's environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Environment(BTreeMap<String, String>);

/// Where a script begins: a path below the home, or an absolute one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Directory(String);

/// The signal that a script, or all its processes, get so many seconds before its time is over: `USR1@120`, `all:USR1@120`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Warning {
    pub signal: u8,
    pub seconds: u32,
    pub all: bool,
}

/// When a job is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    most: u8,
    /// After any but 0 where it is empty.
    exit_codes: Vec<u8>,
    host_lost: bool,
}

/// A word that its owner finds a job by: 1 to 32 lower-case letters, digits, `-`, `_`, `.` and `:`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tag(String);
