//! Names people give to things. Knows the rules, not who has taken a name already.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Violation, described::described};

/// ASCII letters only: names become host names, and two names that look alike must not both exist.
fn check(field: &str, text: &str, longest: usize, also: &[char]) -> Result<(), Violation> {
    let fault = |rule: String| Err(Violation::new(field, rule));
    if text.is_empty() {
        return fault("must not be empty".into());
    }
    if text.chars().count() > longest {
        return fault(format!("must have at most {longest} characters"));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || also.contains(&c);
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        let more: String = also.iter().map(|c| format!(", '{c}'")).collect();
        return fault(format!("must use only the letters a-z, digits and '-'{more}; {} is none of them", shown(c)));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        return fault("must start with a letter".into());
    }
    if text.ends_with('-') {
        return fault("must not end with '-'".into());
    }
    Ok(())
}

/// The same rule as a pattern; `also` stands between brackets.
#[cfg(feature = "openapi")]
fn pattern(longest: usize, also: &[char]) -> String {
    let also: String = also.iter().collect();
    format!("^[a-z](?:[a-z0-9{also}-]{{0,{}}}[a-z0-9{also}])?$", longest - 2)
}

/// The character, or its code where it is invisible or could be taken for another one.
fn shown(c: char) -> String {
    if c.is_ascii_graphic() { format!("'{c}'") } else { format!("the character U+{:04X}", u32::from(c)) }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $longest:expr, $also:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub const LONGEST: usize = $longest;

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Violation;

            fn from_str(text: &str) -> Result<Self, Violation> {
                check("name", text, $longest, $also).map(|()| Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Violation;

            fn try_from(text: String) -> Result<Self, Violation> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        described!($name, crate::described::text($longest, pattern($longest, $also)));

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A vcluster's name, unique among its owner's: 1–40 of a-z, 0-9, '-'.
    VclusterName,
    40,
    &[]
);
name!(
    /// A user's name, unique in the installation: 1–32 of a-z, 0-9, '-', '_', '.'.
    UserName,
    32,
    &['_', '.']
);
name!(
    /// A group's name, unique in the installation: 1–32 of a-z, 0-9, '-', '_', '.'.
    GroupName,
    32,
    &['_', '.']
);
name!(
    /// A worker's (host's) name, unique in the installation: 1–63 of a-z, 0-9, '-', '.'.
    WorkerName,
    63,
    &['.']
);

name!(
    /// What a Docker Engine runs a container with, by the name in its configuration (`runsc`, `io.containerd.runc.v2`): 1–64
    /// of a-z, 0-9, '-', '_', '.'.
    RuntimeName,
    64,
    &['_', '.']
);

/// A node's place in its vcluster; written `node-0`, which is also its host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(u8);

impl NodeName {
    pub const fn new(ordinal: u8) -> Self {
        Self(ordinal)
    }

    pub const fn ordinal(self) -> u8 {
        self.0
    }
}

described!(NodeName, crate::described::text(8, "^node-(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$"));

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node-{}", self.0)
    }
}

impl FromStr for NodeName {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let ordinal = text.strip_prefix("node-").and_then(|n| n.parse().ok()).map(Self);
        ordinal
            .filter(|name| name.to_string() == text)
            .ok_or_else(|| Violation::new("node", "must be a node's name, such as node-0"))
    }
}

impl TryFrom<String> for NodeName {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> String {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        text.parse::<VclusterName>().expect_err("must be refused").message
    }

    #[test]
    fn good_names_are_kept_as_they_are() {
        for text in ["a", "lab", "train-resnet", "x9", &"n".repeat(40)] {
            assert_eq!(text.parse::<VclusterName>().expect("a good name").as_str(), text);
        }
    }

    #[test]
    fn bad_names_are_refused_with_the_rule_they_break() {
        assert_eq!(fault(""), "must not be empty");
        assert_eq!(fault(&"a".repeat(300)), "must have at most 40 characters");
        assert!(fault("../lab").contains("'.' is none of them"));
        assert!(fault("Lab").contains("'L'"));
        assert_eq!(fault("-lab"), "must start with a letter");
        assert_eq!(fault("9lab"), "must start with a letter");
        assert_eq!(fault("lab-"), "must not end with '-'");
    }

    #[test]
    fn look_alike_letters_are_named_by_their_code() {
        assert!(fault("l\u{0430}b").contains("U+0430"), "Cyrillic a");
        assert!(fault("lab\u{200b}").contains("U+200B"), "zero-width space");
    }

    #[test]
    fn node_names_have_one_spelling() {
        for (text, name) in [("node-0", NodeName::new(0)), ("node-15", NodeName::new(15))] {
            assert_eq!((text.parse::<NodeName>(), String::from(name)), (Ok(name), text.to_owned()));
        }
        for text in ["node-00", "node-+1", "node--1", "node-256", "Node-1", "0", ""] {
            assert!(text.parse::<NodeName>().is_err(), "{text}");
        }
    }
}
