//! A person with an account. Knows no password and no session.

mod scope;

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::{UserId, Violation, app::is_invisible, described::described, name::UserName};

pub use scope::{Scope, Scopes};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case", const_into_str)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Owns vclusters, sees only their own things.
    User,
    /// Also manages accounts and hosts.
    Admin,
}

impl Role {
    pub const fn as_str(self) -> &'static str {
        self.into_str()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: UserName,
    pub role: Role,
    /// A locked user cannot sign in, and every session and token of theirs is refused.
    pub locked: bool,
    pub created_at: DateTime<Utc>,
}

/// What its owner calls an API token: 1–40 characters that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenName(String);

impl TokenName {
    pub const LONGEST: usize = 40;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

described!(TokenName, crate::described::words(Self::LONGEST, crate::described::INVISIBLE));

impl FromStr for TokenName {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        let rule = match text.chars().count() {
            0 => "must not be empty; say what the token is for".to_owned(),
            1..=Self::LONGEST if text.chars().any(is_invisible) => "must not have invisible characters".to_owned(),
            1..=Self::LONGEST => return Ok(Self(text.to_owned())),
            _ => format!("must have at most {} characters", Self::LONGEST),
        };
        Err(Violation::new("name", rule))
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_name_is_a_short_text_that_can_be_seen() {
        let name: TokenName = "  CI of the thesis ".parse().expect("a name");
        assert_eq!((name.as_str(), name.to_string().as_str()), ("CI of the thesis", "CI of the thesis"));
        assert!(" ".parse::<TokenName>().expect_err("no name").message.contains("say what the token is for"));
        for text in ["", "  ", "a\nb", "a\u{7}b", &"x".repeat(41)] {
            assert_eq!(text.parse::<TokenName>().expect_err("no name").field, "name", "{text:?}");
        }
    }
}
