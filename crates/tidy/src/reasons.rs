//! Every workspace dependency says on its own line why it is there, and some member uses it.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::workspace::Member;

/// One `name = …` line of `[workspace.dependencies]`.
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    number: usize,
    name: &'a str,
    /// Our own crates need no reason: the architecture gives it.
    ours: bool,
    reason: Option<&'a str>,
}

/// Holds the root manifest's text against what the members use.
pub fn check(manifest: &str, members: &[Member]) -> Vec<Finding> {
    let used: BTreeSet<&str> =
        members.iter().flat_map(|member| &member.dependencies).map(|dependency| dependency.name.as_str()).collect();
    let lines = lines(manifest);
    if lines.is_empty() {
        let what = "no dependency line was found under [workspace.dependencies].";
        return vec![Finding::new(
            "Cargo.toml",
            what,
            "Keep one `name = …` per line there, or teach crates/tidy/src/reasons.rs.",
        )];
    }
    lines.iter().flat_map(|line| check_line(line, &used)).collect()
}

fn check_line(line: &Line<'_>, used: &BTreeSet<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = format!("Cargo.toml:{}", line.number);
    if !line.ours && line.reason.is_none() {
        let what = format!("{} does not say why it is here.", line.name);
        findings.push(Finding::new(&place, what, "End the line with `# ` and the reason."));
    }
    if !used.contains(line.name) {
        findings.push(Finding::new(&place, format!("no member uses {}.", line.name), "Remove the line."));
    }
    findings
}

fn lines(manifest: &str) -> Vec<Line<'_>> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.trim_end() == "[workspace.dependencies]";
        } else if inside && line.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            found.extend(parse(index + 1, line));
        }
    }
    found
}

fn parse(number: usize, line: &str) -> Option<Line<'_>> {
    let (name, rest) = line.split_once('=')?;
    let reason = comment(rest).map(str::trim).filter(|reason| reason.contains(char::is_alphabetic));
    // `serde.version = "1"` is the same dependency as `serde = …`.
    let name = name.trim().split('.').next().unwrap_or_default();
    Some(Line { number, name, ours: rest.contains("path ="), reason })
}

/// What follows the first `#` that is not inside a string.
fn comment(rest: &str) -> Option<&str> {
    let mut quoted = false;
    for (index, letter) in rest.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '#' if !quoted => return Some(&rest[index + 1..]),
            _ => {}
        }
    }
    None
}
