//! Every Rust file opens with a module comment.

use tidy::headings::check;
use tidy::sources::Source;

#[test]
fn a_file_with_a_heading_is_silent() {
    assert!(check(&[Source::new("a.rs", "//! What it is.\n")]).is_empty());
    assert!(check(&[Source::new("a.rs", "#![doc = include_str!(\"../README.md\")]\n")]).is_empty());
}

#[test]
fn a_file_without_a_heading_is_found() {
    for text in ["", "use std::fmt;\n", "// What it is.\n", "\n//! Too late.\n", "//!\n"] {
        let findings = check(&[Source::new("a.rs", text)]);
        assert_eq!(findings.len(), 1, "{text:?}");
        assert_eq!(findings[0].place, "a.rs:1");
    }
}

#[test]
fn only_rust_is_asked() {
    assert!(check(&[Source::new("main.scss", "a { color: red }\n")]).is_empty());
}
