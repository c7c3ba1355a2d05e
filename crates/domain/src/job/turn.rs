//! What must be so before a job's turn comes: which others must have ended, and how much it lets others go first. Knows no queue.

use serde::{Deserialize, Serialize};

/// Which jobs must have come to which end. `,` means that all must be so, `?` that one is enough; one text has one of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dependencies;

/// How much a job lets others go first: 0 to 10,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nice(u16);
