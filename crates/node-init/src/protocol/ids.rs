//! The names callers choose: of a terminal, and of a viewer's input stream.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a string is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadId {
    #[error("a terminal id is 1 to 64 characters of A-Z, a-z, 0-9, '_' and '-'")]
    Terminal,
    #[error("a client id is 16 random bytes as 32 hexadecimal digits")]
    Client,
}

/// Names a terminal within its node; chosen by the caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TerminalId(String);

impl TerminalId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TerminalId {
    type Error = BadId;

    fn try_from(id: String) -> Result<Self, BadId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=64).contains(&id.len()) && id.bytes().all(allowed) { Ok(Self(id)) } else { Err(BadId::Terminal) }
    }
}

impl std::str::FromStr for TerminalId {
    type Err = BadId;

    fn from_str(id: &str) -> Result<Self, BadId> {
        Self::try_from(id.to_owned())
    }
}

impl From<TerminalId> for String {
    fn from(id: TerminalId) -> String {
        id.0
    }
}

impl fmt::Display for TerminalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
            return Err(BadId::Client);
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).ok_or(BadId::Client);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).map_err(|_| BadId::Client)?;
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
