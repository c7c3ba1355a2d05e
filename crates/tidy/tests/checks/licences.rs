//! Licences, sources and names of other people's packages.

use tidy::licences::{accepted, check};
use tidy::workspace::Foreign;

fn package(name: &str, licence: Option<&str>, source: &str) -> Foreign {
    Foreign { name: name.to_owned(), licence: licence.map(str::to_owned), source: source.to_owned() }
}

#[test]
fn expressions_are_met_by_accepted_licences() {
    for expression in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "MIT AND (MIT OR GPL-3.0)",
    ] {
        assert!(accepted(expression), "{expression}");
    }
}

#[test]
fn expressions_that_ask_for_more_are_refused() {
    for expression in [
        "",
        "none",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT",
        "MIT OR",
        "MIT)",
        "MIT WITH LLVM-exception",
        "MIT Apache-2.0",
    ] {
        assert!(!accepted(expression), "{expression}");
    }
}

#[test]
fn a_package_of_the_registry_with_a_good_licence_is_silent() {
    assert!(check(&[package("serde 1.0.0", Some("MIT OR Apache-2.0"), "registry+somewhere")]).is_empty());
}

#[test]
fn licence_source_and_name_are_each_found() {
    assert_eq!(check(&[package("a 1.0.0", Some("AGPL-3.0"), "registry+somewhere")]).len(), 1);
    assert_eq!(check(&[package("a 1.0.0", None, "registry+somewhere")]).len(), 1);
    assert_eq!(check(&[package("a 1.0.0", Some("MIT"), "git+somewhere")]).len(), 1);
    assert_eq!(check(&[package("openssl-sys 0.9.0", Some("MIT"), "registry+somewhere")]).len(), 1);
    assert_eq!(check(&[package("openssl 0.9.0", None, "git+somewhere")]).len(), 3);
}
