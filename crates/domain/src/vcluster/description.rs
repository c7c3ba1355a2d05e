//! What an owner says a vcluster is for. Knows the text's rule, and nothing of what depends on it: nothing does.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Violation, described::described};

/// What its owner says a vcluster is for: up to 500 characters, lines among them; usually empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Description(String);

impl Description {
    pub const LONGEST: usize = 500;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

described!(Description, crate::described::lines(Self::LONGEST));

impl FromStr for Description {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let rule = match text.chars().count() {
            ..=Self::LONGEST if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) => {
                "must not have control characters".to_owned()
            }
            ..=Self::LONGEST => return Ok(Self(text.trim().to_owned())),
            _ => format!("must have at most {} characters", Self::LONGEST),
        };
        Err(Violation::new("description", rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_a_text_of_some_lines_that_can_be_seen() {
        let description = |text: &str| text.parse::<Description>().map(|it| it.as_str().to_owned());
        assert_eq!(
            description("  for the thesis:\n\tchapter 3 🎓 \n").as_deref(),
            Ok("for the thesis:\n\tchapter 3 🎓")
        );
        assert_eq!(description(" \n ").as_deref(), Ok(""));
        assert_eq!(description(&"ű".repeat(500)).map(|it| it.chars().count()), Ok(500));
        for text in ["a\u{7}b", "a\rb", "a\u{85}", "\u{9b}31m", &"x".repeat(501), &" ".repeat(501)] {
            assert_eq!(description(text).expect_err("no description").field, "description", "{text:?}");
        }
    }
}
