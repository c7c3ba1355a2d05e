//! Reasons and uses of workspace dependencies.

use tidy::reasons::check;
use tidy::workspace::{Dependency, Member};

fn using(names: &[&str]) -> Vec<Member> {
    let dependencies = names.iter().map(|name| Dependency { name: (*name).to_owned(), dev: false, optional: false });
    vec![Member { name: "server".to_owned(), dependencies: dependencies.collect() }]
}

fn whats(manifest: &str, names: &[&str]) -> Vec<String> {
    check(manifest, &using(names)).iter().map(|finding| format!("{}: {}", finding.place, finding.what)).collect()
}

#[test]
fn a_line_with_reason_and_use_is_silent() {
    let manifest = "[workspace.dependencies]\n# --- ours ---\ndomain = { path = \"crates/domain\" }\nserde = \"1\" # data in and out\nb.version = \"1\" # two words\n\n[profile.dev]\nopt-level = 1\n";
    assert!(whats(manifest, &["domain", "serde", "b"]).is_empty(), "{:?}", whats(manifest, &["domain", "serde", "b"]));
}

#[test]
fn a_missing_or_empty_reason_is_found() {
    for line in [
        "serde = \"1\"",
        "serde = \"1\" #",
        "serde = \"1\" # --",
        "serde = { version = \"1\", features = [\"# no reason here\"] }",
    ] {
        let findings = whats(&format!("[workspace.dependencies]\n{line}\n"), &["serde"]);
        assert_eq!(findings, ["Cargo.toml:2: serde does not say why it is here."], "{line}");
    }
}

#[test]
fn a_line_nobody_uses_is_found() {
    let manifest = "[workspace.dependencies]\nserde = \"1\" # data in and out\nwire = { path = \"crates/wire\" }\n";
    assert_eq!(whats(manifest, &["serde"]), ["Cargo.toml:3: no member uses wire."]);
}

#[test]
fn a_manifest_without_such_lines_is_found_rather_than_passed() {
    assert_eq!(whats("[workspace]\nmembers = []\n", &[]).len(), 1);
}
