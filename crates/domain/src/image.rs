//! The name of a container image. Knows its grammar, not which images exist.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Violation;

/// `[host[:port]/]path[:tag][@sha256:digest]`, the grammar of OCI references (distribution-spec 1.1), at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef(String);

impl ImageRef {
    pub const LONGEST: usize = 255;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference with `:latest` when neither tag nor digest is given: what the engine means by the bare name.
    pub fn with_tag(&self) -> String {
        if self.0.contains('@') || tag_of(&self.0).1.is_some() { self.0.clone() } else { format!("{}:latest", self.0) }
    }
}

/// Splits `path:tag`; a colon before the last slash belongs to a port.
fn tag_of(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    }
}

fn is_component(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    text.chars().all(inner) && edge(text.chars().next()) && edge(text.chars().next_back()) && !text.contains("..")
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let good_name = !name.is_empty() && name.split('.').all(|part| is_component(&part.to_ascii_lowercase()));
    good_name && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

fn is_tag(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=128).contains(&text.len()) && text.chars().all(good) && !text.starts_with(['.', '-'])
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}

/// As the engine does: the first part is a host when it cannot be a plain path component or is `localhost`.
fn split_host(path: &str) -> (Option<&str>, &str) {
    match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, path),
    }
}

fn is_reference(text: &str) -> bool {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = tag_of(rest);
    let (host, path) = split_host(path);
    host.is_none_or(is_host)
        && path.split('/').all(is_component)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
}

impl FromStr for ImageRef {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.is_empty() {
            return Err(Violation::new("image", "must not be empty"));
        }
        if text.len() > Self::LONGEST {
            return Err(Violation::new("image", "must have at most 255 characters"));
        }
        if !is_reference(text) {
            return Err(Violation::new("image", "must be an image name, such as docklet/base or debian:bookworm"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ImageRef {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> String {
        image.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_every_shape_are_accepted() {
        let digest = format!("debian@sha256:{}", "a".repeat(64));
        for text in
            ["debian", "docklet/base", "debian:bookworm", "localhost:5000/a/b:1.0", "reg.example.org/x_y/z-1", &digest]
        {
            assert!(text.parse::<ImageRef>().is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        let long = "a".repeat(256);
        for text in [
            "",
            " ",
            "UPPER",
            "a b",
            "a//b",
            "/a",
            "a/",
            "../a",
            "a:",
            "a:-x",
            "a@sha256:12",
            "a\nb",
            "reg:99999/x",
            &long,
        ] {
            assert!(text.parse::<ImageRef>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_bare_name_means_latest() {
        let tagged = |text: &str| text.parse::<ImageRef>().expect("a good reference").with_tag();
        assert_eq!(tagged("docklet/base"), "docklet/base:latest");
        assert_eq!(tagged("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(tagged("debian:bookworm"), "debian:bookworm");
    }
}
