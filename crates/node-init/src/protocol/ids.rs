//! What a viewer's input stream is called.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text that is no client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a client id is 16 random bytes as 32 hexadecimal digits")]
pub struct BadId;

/// Names one viewer's input stream: 16 random bytes, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId([u8; 16]);

impl ClientId {
    /// From 16 bytes of randomness.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }
}

impl TryFrom<String> for ClientId {
    type Error = BadId;

    fn try_from(id: String) -> Result<Self, BadId> {
        id.parse()
    }
}

impl std::str::FromStr for ClientId {
    type Err = BadId;

    fn from_str(id: &str) -> Result<Self, BadId> {
        let digits = id.as_bytes();
        if digits.len() != 32 {
            return Err(BadId);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(BadId);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).map_err(|_| BadId)?;
        }
        Ok(Self(bytes))
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> String {
        id.to_string()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
