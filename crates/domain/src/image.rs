//! The name of a container image. Knows its grammar, not which images exist; `rules` says which may be used.

mod pattern;
mod registry;
mod rules;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use pattern::ImagePattern;
pub use registry::{DEFAULT_REGISTRY, Registry};
pub use rules::{ImageRules, Source};

use crate::{Violation, described::described};

/// `[host[:port]/]path[:tag][@sha256:digest]`, the grammar of OCI references (distribution-spec 1.1), at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageRef(String);

impl ImageRef {
    pub const LONGEST: usize = 255;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the name leads to, written out as the engine understands it.
    pub fn target(&self) -> Target<'_> {
        let (rest, digest) = self.0.split_once('@').map_or((&*self.0, None), |(rest, digest)| (rest, Some(digest)));
        let (path, tag) = tag_of(rest);
        let (host, path) = split_host(path);
        let registry = registry::canonical(host);
        Target { path: official(&registry, path), registry, tag, digest }
    }

    /// Whether both names lead to the same image: `debian` and `docker.io/library/debian:latest` do.
    pub fn is_same(&self, other: &Self) -> bool {
        let latest = |image: &Self| {
            let Target { registry, path, tag, digest } = image.target();
            // A digest decides alone: the engine ignores the tag beside it.
            let version = digest.or(tag).unwrap_or("latest");
            (registry, path, version.to_owned())
        };
        latest(self) == latest(other)
    }

    /// The reference with `:latest` when neither tag nor digest is given: what the engine means by the bare name.
    pub fn with_tag(&self) -> String {
        if self.0.contains('@') || tag_of(&self.0).1.is_some() { self.0.clone() } else { format!("{}:latest", self.0) }
    }
}

/// A reference in its parts, with what it leaves out filled in but for the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a> {
    /// Lower case, with its port when it is written: `docker.io`, `reg.example.org:5000`.
    pub registry: String,
    /// `library/debian`, `docklet/base`.
    pub path: String,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

/// The engine's default registry keeps what has no path under `library`.
fn official(registry: &str, path: &str) -> String {
    if registry == DEFAULT_REGISTRY && !path.contains('/') { format!("library/{path}") } else { path.to_owned() }
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

described!(ImageRef, crate::described::text(Self::LONGEST, shape()));

/// `is_reference` as a pattern.
#[cfg(feature = "openapi")]
fn shape() -> String {
    // One part of a host's name, and one of a path without dots; then a whole part of a path.
    let label = "[A-Za-z0-9]+(?:[_-]+[A-Za-z0-9]+)*";
    let plain = "[a-z0-9]+(?:[_-]+[a-z0-9]+)*";
    let part = r"[a-z0-9]+(?:(?:\.|(?:\.?[_-]+)+\.?)[a-z0-9]+)*";
    // A port has at most five digits: 0 to 65535.
    let port = ":(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9][0-9]|6[0-4][0-9]{3}|[0-5]?[0-9]{1,4})";
    let host = format!(r"(?:{label}(?:\.{label})+(?:{port})?|{label}{port})");
    let path = format!("(?:{host}(?:/{part})+|{plain}(?:/{part})+|{part})");
    format!("^{path}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?$")
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
            let image: ImageRef = text.parse().expect(text);
            let written = (image.as_str(), image.to_string(), String::from(image.clone()));
            assert_eq!(written, (text, text.to_owned(), text.to_owned()), "it stays as it is");
        }
        assert!("a".repeat(255).parse::<ImageRef>().is_ok());
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
    fn a_name_leads_where_the_engine_would_go() {
        let target = |text: &str| {
            let image = text.parse::<ImageRef>().expect("a good reference");
            let Target { registry, path, .. } = image.target();
            format!("{registry} {path}")
        };
        for (text, leads_to) in [
            ("debian", "docker.io library/debian"),
            ("debian:bookworm", "docker.io library/debian"),
            ("docklet/base", "docker.io docklet/base"),
            ("docker.io/debian", "docker.io library/debian"),
            ("index.docker.io/library/debian", "docker.io library/debian"),
            ("Reg.Example.ORG:5000/a", "reg.example.org:5000 a"),
            ("localhost/a", "localhost a"),
            ("127.0.0.1:5999/a/b", "127.0.0.1:5999 a/b"),
            // No host, as the engine reads it: neither a dot nor a colon.
            ("2130706433/a", "docker.io 2130706433/a"),
            ("0x7f000001/a", "docker.io 0x7f000001/a"),
            ("0x7f.1/a", "0x7f.1 a"),
        ] {
            assert_eq!(target(text), leads_to, "{text}");
        }
    }

    #[test]
    fn hosts_in_disguise_are_no_references() {
        for text in [
            "LOCALHOST/a",
            "localhost./a",
            "127.0.0.1./a",
            "[::1]:5000/a",
            "[::ffff:127.0.0.1]/a",
            "user@reg.example.org/a",
            "http://reg.example.org/a",
            "reg.example.org\u{3002}evil/a",
            "\u{ff11}27.0.0.1/a",
            "reg.example.org:/a",
            "reg.example.org:80:80/a",
            ".example.org/a",
        ] {
            assert!(text.parse::<ImageRef>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_the_same_image_are_known_as_such() {
        let same = |a: &str, b: &str| {
            let of = |text: &str| text.parse::<ImageRef>().expect("a good reference");
            of(a).is_same(&of(b))
        };
        assert!(same("docklet/base", "docker.io/docklet/base:latest"));
        assert!(!same("docklet/base", "docklet/base:old"));
        assert!(!same("docklet/base", "reg.example.org/docklet/base"));
        let digest = "a".repeat(64);
        assert!(same(&format!("debian@sha256:{digest}"), &format!("debian:bookworm@sha256:{digest}")));
    }

    #[test]
    fn a_bare_name_means_latest() {
        let tagged = |text: &str| text.parse::<ImageRef>().expect("a good reference").with_tag();
        assert_eq!(tagged("docklet/base"), "docklet/base:latest");
        assert_eq!(tagged("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(tagged("debian:bookworm"), "debian:bookworm");
    }
}
