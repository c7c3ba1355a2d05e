//! Where images may come from, as the configuration writes it. Knows no image.

use std::{fmt, str::FromStr};

/// Where the Docker Engine looks for a name without a registry.
pub const DEFAULT_REGISTRY: &str = "docker.io";
/// The same under the name it had first; the engine still reads it so.
const OLD_DEFAULT: &str = "index.docker.io";

/// Domains below which are only private names: a whole one of them is never allowed at once.
const PRIVATE: [&str; 10] =
    ["localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa", "localdomain"];

/// One registry, or all below a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registry {
    /// `docker.io`, `reg.example.org:5000`, and, because it is written out, `127.0.0.1:5000` or `registry.lan`.
    Exactly(String),
    /// `*.example.org`: every name below it, without a port.
    Below(String),
}

/// A registry as it is compared: lower case, the default one under its present name.
pub(super) fn canonical(host: Option<&str>) -> String {
    let host = host.unwrap_or(DEFAULT_REGISTRY).to_ascii_lowercase();
    if host == OLD_DEFAULT { DEFAULT_REGISTRY.to_owned() } else { host }
}

impl Registry {
    /// Whether it is, or covers, this one, written as [`canonical`] does.
    pub fn covers(&self, registry: &str) -> bool {
        match self {
            Self::Exactly(name) => name == registry,
            Self::Below(domain) => {
                registry.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
            }
        }
    }
}

impl FromStr for Registry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape =
            || format!("must be a registry, such as docker.io, reg.example.org:5000 or *.example.org, not {text:?}");
        if let Some(domain) = text.strip_prefix("*.") {
            let domain = domain.to_ascii_lowercase();
            if !is_host_name(&domain) {
                return Err(shape());
            }
            return if is_public_domain(&domain) {
                Ok(Self::Below(domain))
            } else {
                Err(format!("{text:?} is too wide; name each registry with a private name or an address by itself"))
            };
        }
        let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
        let digits = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
        // Without a dot or a port the engine would take anything but localhost for the first part of a path.
        let is_told = name.contains('.') || port.is_some() || name.eq_ignore_ascii_case("localhost");
        if is_host_name(name) && is_told && port.is_none_or(digits) {
            Ok(Self::Exactly(canonical(Some(text))))
        } else {
            Err(shape())
        }
    }
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// At least two labels, no address, nothing that only a private network knows.
fn is_public_domain(domain: &str) -> bool {
    let last = domain.rsplit('.').next().unwrap_or(domain);
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    let is_private = PRIVATE
        .iter()
        .any(|private| domain.strip_suffix(private).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    domain.contains('.') && !is_number && !is_private
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(name) => f.write_str(name),
            Self::Below(domain) => write!(f, "*.{domain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(text: &str) -> Registry {
        text.parse().expect("a registry")
    }

    #[test]
    fn a_domain_covers_what_is_below_it_and_no_port() {
        let below = registry("*.Example.org");
        for inside in ["reg.example.org", "a.b.example.org"] {
            assert!(below.covers(inside), "{inside}");
        }
        for outside in
            ["example.org", ".example.org", "evilexample.org", "reg.example.org:5000", "reg.example.org.evil"]
        {
            assert!(!below.covers(outside), "{outside}");
        }
    }

    #[test]
    fn addresses_and_private_names_are_covered_only_as_they_are_written() {
        for text in ["127.0.0.1:5000", "10.0.0.5", "localhost", "localhost:5000", "registry:5000", "reg.lab.internal"] {
            let listed = registry(text);
            assert!(listed.covers(text), "{text}");
            assert!(!listed.covers(&format!("{text}0")), "{text}");
        }
        assert!(!registry("localhost:5000").covers("localhost"));
    }

    #[test]
    fn what_is_too_wide_or_no_registry_is_refused() {
        for text in ["*.org", "*.internal", "*.lab.internal", "*.localhost", "*.home.arpa", "*.0.0.1", "*.0.0.0x1"] {
            assert!(text.parse::<Registry>().expect_err(text).contains("too wide"), "{text}");
        }
        for text in
            ["", "*", "registry", "reg.example.org/a", "reg.example.org:x", "reg.example.org:+1", "a..b", "-a.b"]
        {
            assert!(text.parse::<Registry>().expect_err(text).contains("must be a registry"), "{text}");
        }
    }

    #[test]
    fn the_default_registry_has_two_names() {
        assert_eq!(registry("index.docker.io"), registry("Docker.io"));
        assert_eq!(canonical(None), DEFAULT_REGISTRY);
    }
}
