//! Which images may be used: a pure function of the name, what the configuration allows, and the administrators' list. Knows no
//! user and not which images exist.

use serde::{Deserialize, Serialize};

use super::{ImagePattern, ImageRef, Registry};
use crate::Violation;

/// On each engine the host's firewall runs from an image of this name, with power over the host's network. One that was
/// pulled under it would be the next firewall.
const OWN: &str = "docklet/firewall";

/// What the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRules {
    /// Where images may come from.
    pub registries: Vec<Registry>,
    /// The image new vclusters are offered: always allowed.
    pub base: ImageRef,
}

/// Where a worker may take an allowed image from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From its registry. What is on the engine under this name counts only when Docklet has pulled it: another user of
    /// the host may have made it.
    #[default]
    Registry,
    /// From the engine, too, however it came there: an administrator has named it.
    Engine,
    /// From nowhere: it was allowed once. Containers that were made of it go on, and no other is.
    Nowhere,
}

impl ImageRules {
    /// Whether this image may be used, and where from. `list` decides when it is not empty; `any_image` is the right to pass
    /// it by. Nothing passes the registries by.
    pub fn check(&self, image: &ImageRef, list: &[ImagePattern], any_image: bool) -> Result<Source, Violation> {
        if image.is_same(&self.base) {
            return Ok(Source::Engine);
        }
        let target = image.target();
        if target.path == OWN {
            return Err(Violation::new("image", "is the name of Docklet's own firewall; choose another image"));
        }
        let registry = target.registry;
        if !self.allows(&registry) {
            return Err(self.wrong_registry("image", &registry));
        }
        if list.iter().any(|pattern| pattern.matches(image)) {
            Ok(Source::Engine)
        } else if list.is_empty() || any_image {
            Ok(Source::Registry)
        } else {
            let rule =
                "is not on the list of images that may be used; choose one that is, or ask an administrator to add it";
            Err(Violation::new("image", rule))
        }
    }

    /// Where a new container of a vcluster that was accepted before may take its image from, by the rules of today.
    pub fn source(&self, image: &ImageRef, list: &[ImagePattern]) -> Source {
        self.check(image, list, true).unwrap_or(Source::Nowhere)
    }

    /// A pattern that no image could match is a mistake.
    pub fn check_pattern(&self, pattern: &ImagePattern) -> Result<(), Violation> {
        let registry = pattern.registry();
        if self.allows(registry) { Ok(()) } else { Err(self.wrong_registry("pattern", registry)) }
    }

    fn allows(&self, registry: &str) -> bool {
        self.registries.iter().any(|allowed| allowed.covers(registry))
    }

    fn wrong_registry(&self, field: &str, registry: &str) -> Violation {
        let allowed = self.registries.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let allowed = if allowed.is_empty() { "none is".to_owned() } else { format!("allowed: {allowed}") };
        let message = format!(
            "comes from the registry {registry}, which is not allowed here ({allowed}); choose another image, or ask an \
             administrator to allow the registry (images.registries)"
        );
        Violation::new(field, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(registries: &[&str]) -> ImageRules {
        let registries = registries.iter().map(|text| text.parse().expect("a registry")).collect();
        ImageRules { registries, base: "docklet/base".parse().expect("an image") }
    }

    fn check(rules: &ImageRules, image: &str, list: &[&str], any_image: bool) -> Result<Source, String> {
        let list: Vec<ImagePattern> = list.iter().map(|text| text.parse().expect("a pattern")).collect();
        rules.check(&image.parse().expect("an image"), &list, any_image).map_err(|fault| fault.to_string())
    }

    #[test]
    fn addresses_ports_and_other_registries_are_refused_unless_they_are_written_out() {
        let rules = rules(&["docker.io", "127.0.0.1:5000", "*.example.org"]);
        let digest = format!("evil.test/a@sha256:{}", "a".repeat(64));
        for image in [
            "127.0.0.1:5999/a/b",
            "127.0.0.1/a",
            "127.1:5000/a",
            "0x7f.1:5000/a",
            "10.0.0.5:5000/a",
            "169.254.169.254/latest/meta-data",
            "localhost/a",
            "localhost:5000/a",
            "LocalHost:5000/a",
            "registry:5000/a",
            "docker.io:443/library/debian",
            "docker.io.evil.test/a",
            "reg.example.org:5000/a",
            "registry-1.docker.io/library/debian",
            "xn--dcker-jua.io/a",
            &digest,
        ] {
            let fault = check(&rules, image, &[], true).expect_err(image);
            assert!(fault.starts_with("image: comes from the registry "), "{fault}");
            assert!(fault.contains("images.registries") && fault.contains("docker.io, 127.0.0.1:5000"), "{fault}");
        }
        for image in ["debian", "lab/tools:1", "Docker.IO/library/debian", "127.0.0.1:5000/a", "REG.example.org/a"] {
            assert_eq!(check(&rules, image, &[], false), Ok(Source::Registry), "{image}");
        }
    }

    #[test]
    fn no_image_stands_in_for_the_hosts_firewall() {
        let rules = rules(&["docker.io", "reg.example.org"]);
        for image in ["docklet/firewall:1", "docker.io/docklet/firewall", "reg.example.org/docklet/firewall"] {
            let fault = check(&rules, image, &["docklet/*"], true).expect_err(image);
            assert!(fault.contains("Docklet's own firewall"), "{fault}");
        }
        assert_eq!(check(&rules, "docklet/firewall-tools", &[], true), Ok(Source::Registry));
    }

    #[test]
    fn the_list_decides_when_there_is_one_and_the_right_to_any_image_passes_it_by() {
        let rules = rules(&["docker.io"]);
        let list = ["lab/*", "debian:bookworm"];
        assert_eq!(check(&rules, "lab/tools", &list, false), Ok(Source::Engine));
        assert_eq!(check(&rules, "debian:bookworm", &list, false), Ok(Source::Engine));
        let fault = check(&rules, "debian:trixie", &list, false).expect_err("not on the list");
        assert!(fault.starts_with("image: is not on the list"), "{fault}");
        assert_eq!(check(&rules, "debian:trixie", &list, true), Ok(Source::Registry));
    }

    #[test]
    fn neither_the_list_nor_a_right_passes_the_registries_by() {
        let rules = rules(&["docker.io"]);
        assert!(check(&rules, "reg.example.org/a", &["reg.example.org/*"], true).is_err());
        let pattern = |text: &str| rules.check_pattern(&text.parse().expect("a pattern"));
        let fault = pattern("reg.example.org/*").expect_err("no image could match");
        assert_eq!(fault.field, "pattern");
        assert_eq!(pattern("lab/*"), Ok(()));
    }

    #[test]
    fn what_was_accepted_is_taken_from_where_the_rules_of_today_say() {
        let rules = rules(&["docker.io"]);
        let source = |image: &str, list: &[&str]| {
            let list: Vec<ImagePattern> = list.iter().map(|text| text.parse().expect("a pattern")).collect();
            rules.source(&image.parse().expect("an image"), &list)
        };
        assert_eq!(source("docklet/base", &["lab/*"]), Source::Engine);
        assert_eq!(source("lab/tools", &["lab/*"]), Source::Engine);
        assert_eq!(source("debian", &["lab/*"]), Source::Registry, "taken off the list, and still there for its owner");
        assert_eq!(source("127.0.0.1:5999/a", &[]), Source::Nowhere);
    }

    #[test]
    fn the_base_image_is_always_allowed() {
        let rules = rules(&[]);
        for image in ["docklet/base", "docklet/base:latest", "docker.io/docklet/base"] {
            assert_eq!(check(&rules, image, &["lab/*"], false), Ok(Source::Engine), "{image}");
        }
        let fault = check(&rules, "docklet/base:old", &[], false).expect_err("no registry is allowed");
        assert!(fault.contains("(none is)"), "{fault}");
    }
}
