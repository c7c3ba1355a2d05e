//! Arrays: one job that runs once for each of many numbers. Knows no queue.

use serde::{Deserialize, Serialize};

use crate::JobId;

/// Which numbers a job runs for, and how many of those at a time: `0-99`, `1-9:2`, `3,7,11`, `0-99%10`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Array {
    indexes: Indexes,
    at_most: Option<u32>,
}

/// A set of numbers; written as ranges (`0-99`, `1-9:2`), it is short where they are regular. May be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Indexes(Vec<u32>);

/// Which element of which array a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub of: JobId,
    pub index: u32,
}
