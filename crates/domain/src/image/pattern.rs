//! What administrators write on the list of images that may be used. Knows no registry's rule.

use std::{fmt, str::FromStr};

use super::{ImageRef, Target, registry};
use crate::Violation;

/// An image's name, with `*` for any characters in its path or tag: `docklet/*`, `python:3.*`, `reg.example.org/lab/*`. Without
/// a tag it means all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePattern {
    /// As it was written.
    text: String,
    registry: String,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImagePattern {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The one registry it is about.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The image that it names; `None` when it means several.
    pub fn image(&self) -> Option<ImageRef> {
        if self.text.contains('*') { None } else { self.text.parse().ok() }
    }

    pub fn matches(&self, image: &ImageRef) -> bool {
        let Target { registry, path, tag, digest } = image.target();
        let is_version = match (&self.digest, &self.tag) {
            (Some(wanted), _) => digest == Some(wanted),
            // What has a digest is that image, whatever tag is written beside it.
            (None, Some(wanted)) => digest.is_none() && fits(wanted, tag.unwrap_or("latest")),
            (None, None) => true,
        };
        self.registry == registry && fits(&self.path, &path) && is_version
    }
}

/// Whether the text is the pattern with each `*` replaced by some characters, or by none. Linear but for one way back.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut seen) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while seen < text.len() {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            back = Some((at, seen));
        } else if pattern.get(at) == Some(&text[seen]) {
            (at, seen) = (at + 1, seen + 1);
        } else if let Some((behind_star, from)) = back {
            (at, seen) = (behind_star, from + 1);
            back = Some((at, seen));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

impl FromStr for ImagePattern {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        let rule = "must be an image name, such as docklet/base or debian:bookworm, in which * stands for any characters \
                    of the path or the tag, such as docklet/* or python:3.*";
        let fault = || Violation::new("pattern", rule);
        if text.contains("**") {
            return Err(fault());
        }
        // A star is where an `x` could be: neither in a digest nor in a port.
        let example: ImageRef = text.replace('*', "x").parse().map_err(|_| fault())?;
        let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let (path, tag) = super::tag_of(rest);
        let (host, path) = super::split_host(path);
        let registry = registry::canonical(host);
        // A star is not part of a host, and what it hides must not turn a path into one.
        if registry != example.target().registry {
            return Err(fault());
        }
        let path = super::official(&registry, path);
        let owned = |part: Option<&str>| part.map(ToOwned::to_owned);
        Ok(Self { text: text.to_owned(), registry, path, tag: owned(tag), digest: owned(digest) })
    }
}

impl fmt::Display for ImagePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, image: &str) -> bool {
        let pattern: ImagePattern = pattern.parse().expect("a pattern");
        pattern.matches(&image.parse().expect("an image"))
    }

    #[test]
    fn a_pattern_without_a_tag_means_every_version() {
        let digest = format!("debian@sha256:{}", "a".repeat(64));
        for image in ["debian", "debian:bookworm", "docker.io/library/debian", &digest] {
            assert!(matches("debian", image), "{image}");
        }
        for image in ["debian-x", "lab/debian", "reg.example.org/debian", "reg.example.org/library/debian"] {
            assert!(!matches("debian", image), "{image}");
        }
    }

    #[test]
    fn a_tag_or_a_digest_is_exactly_that_one() {
        assert!(matches("debian:latest", "debian"));
        assert!(matches("python:3.*", "python:3.12-slim"));
        assert!(!matches("python:3.*", "python:4"));
        assert!(!matches("debian:bookworm", "debian"));
        let digest = |of: &str, byte: &str| format!("{of}@sha256:{}", byte.repeat(64));
        assert!(matches(&digest("debian", "a"), &digest("debian:bookworm", "a")));
        assert!(!matches(&digest("debian", "a"), &digest("debian", "b")));
        assert!(!matches(&digest("debian", "a"), "debian"));
        assert!(!matches("debian:bookworm", &digest("debian:bookworm", "a")), "another image under a good tag");
    }

    #[test]
    fn a_star_stands_for_any_characters_of_the_path_and_never_of_the_registry() {
        assert!(matches("docklet/*", "docklet/base:old"));
        assert!(matches("reg.example.org/lab/*", "reg.example.org/lab/a/b"));
        assert!(matches("reg.example.org/*/tools", "reg.example.org/a/b/tools"));
        assert!(matches("*", "debian"));
        assert!(!matches("*", "docklet/base"), "what has a path is not under `library`");
        assert!(!matches("docklet/*", "docklets/base"));
        assert!(!matches("*/*", "reg.example.org/a/b"));
        assert!(!fits("a*b*c", "ab"));
        assert!(fits("ab*", "ab"));
        assert!(!fits("abc", "ab"));
        assert!(fits("a*b*c", "a-b-b-c"));
    }

    #[test]
    fn a_pattern_stays_as_it_was_written_and_names_an_image_where_it_means_one() {
        for (text, image) in [(" debian:bookworm ", Some("debian:bookworm")), ("docklet/*", None)] {
            let pattern: ImagePattern = text.parse().expect("a pattern");
            assert_eq!((pattern.as_str(), pattern.to_string()), (text.trim(), text.trim().to_owned()));
            assert_eq!(pattern.image(), image.map(|image| image.parse::<ImageRef>().expect("an image")));
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "a b",
            "UPPER",
            "**",
            "*.example.org/a",
            "reg*.example.org/a",
            "reg.example.org:*/a",
            "a@sha256:*",
            &format!("a@sha256:{}*", "a".repeat(63)),
            "a:",
        ] {
            assert!(text.parse::<ImagePattern>().is_err(), "{text:?}");
        }
    }
}
