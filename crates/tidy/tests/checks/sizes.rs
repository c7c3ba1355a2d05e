//! Sizes of files, functions and components.

use tidy::sizes::{Allowed, COMPONENT, FILE, FUNCTION, Kind, check, measure};
use tidy::sources::Source;

/// A function of exactly so many lines.
fn function(head: &str, lines: usize) -> String {
    format!("{head} {{\n{}}}\n", "    let _ = 1;\n".repeat(lines - 2))
}

fn whats(path: &str, text: &str, allowed: &str) -> Vec<String> {
    let (measures, unreadable) = measure(&[Source::new(path, text)]);
    let allowed = Allowed::parse(allowed).expect("the test's list has the right form");
    let findings = unreadable.into_iter().chain(check(&measures, &allowed));
    findings.map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
}

fn allow(path: &str, function: &str, lines: usize) -> String {
    format!(
        "[[allow]]\npath = \"{path}\"\nfunction = \"{function}\"\nlines = {lines}\nreason = \"a table, one row a line\"\n"
    )
}

#[test]
fn at_the_limit_everything_is_silent() {
    assert!(whats("a.rs", &function("fn long()", FUNCTION), "").is_empty());
    assert!(whats("a.rs", &function("#[component]\nfn Long() -> impl IntoView", COMPONENT), "").is_empty());
    assert!(whats("a.scss", &"a {}\n".repeat(FILE), "").is_empty());
}

#[test]
fn one_line_more_is_found() {
    assert_eq!(
        whats("a.rs", &function("\nfn long()", FUNCTION + 1), ""),
        ["a.rs:2: fn long has 81 lines, 80 are allowed."]
    );
    let component = function("#[component]\npub fn Long() -> impl IntoView", COMPONENT + 1);
    assert_eq!(whats("a.rs", &component, ""), ["a.rs:2: component Long has 101 lines, 100 are allowed."]);
    let component = function("#[leptos::component]\nfn Long()", COMPONENT);
    assert!(whats("a.rs", &component, "").is_empty());
    for path in ["a.rs", "a.scss", "a.spec.ts"] {
        assert_eq!(
            whats(path, &"//\n".repeat(FILE + 1), ""),
            [format!("{path}:1: the file has 401 lines, 400 are allowed.")]
        );
    }
}

#[test]
fn methods_trait_methods_and_inner_functions_are_measured() {
    let inner = function("fn inner()", FUNCTION + 1);
    for text in [
        format!("impl A {{\n{inner}}}\n"),
        format!("trait A {{\n{inner}}}\n"),
        format!("mod tests {{\n{inner}}}\n"),
        format!("#[test]\n{inner}"),
    ] {
        assert_eq!(whats("a.rs", &text, "").len(), 1, "{text}");
    }
    assert_eq!(whats("a.rs", &format!("fn outer() {{\n{inner}}}\n"), "").len(), 2, "the outer one is too long as well");
}

#[test]
fn comments_and_attributes_above_do_not_count() {
    let text = format!("/// One.\n/// Two.\n#[inline]\n{}", function("fn long()", FUNCTION));
    let (measures, _) = measure(&[Source::new("a.rs", text)]);
    let found = measures.iter().find(|measure| measure.kind == Kind::Function).expect("the function is measured");
    assert_eq!((found.line, found.lines), (4, FUNCTION));
}

#[test]
fn a_reason_allows_up_to_its_number_and_no_further() {
    let text = function("fn long()", 90);
    assert!(whats("a.rs", &text, &allow("a.rs", "long", 90)).is_empty());
    assert_eq!(whats("a.rs", &text, &allow("a.rs", "long", 89)), ["a.rs:1: fn long has 90 lines, 89 are allowed."]);
    let file = "a {}\n".repeat(450);
    assert!(whats("a.scss", &file, &allow("a.scss", "", 450)).is_empty());
}

#[test]
fn a_stale_entry_is_found() {
    let short = function("fn long()", 10);
    assert_eq!(
        whats("a.rs", &short, &allow("a.rs", "long", 90)),
        ["crates/tidy/sizes.toml: a.rs fn long is allowed to be long and has only 10 lines."]
    );
    assert_eq!(
        whats("a.rs", &short, &allow("a.rs", "gone", 90)),
        ["crates/tidy/sizes.toml: a.rs fn gone is allowed to be long and is not there."]
    );
    assert_eq!(whats("a.rs", &short, &allow("gone.rs", "", 900)).len(), 1);
}

#[test]
fn a_list_without_reasons_or_with_unknown_keys_is_refused() {
    let without = "[[allow]]\npath = \"a.rs\"\nlines = 500\nreason = \"it is long\"\n";
    let message = Allowed::parse(without).expect_err("three words are no reason").to_string();
    assert!(message.contains("a.rs"), "{message}");
    assert!(Allowed::parse("[[allow]]\npath = \"a.rs\"\nlines = 500\n").is_err());
    assert!(Allowed::parse("[[allow]]\npath = \"a.rs\"\nline = 500\nreason = \"one two three four\"\n").is_err());
}

#[test]
fn rust_that_cannot_be_parsed_is_found() {
    let findings = whats("a.rs", "//! A.\nfn broken( {}\n", "");
    assert_eq!(findings.len(), 1);
    assert!(findings[0].starts_with("a.rs:2: this is not Rust"), "{findings:?}");
}
