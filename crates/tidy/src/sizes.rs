//! How long a file, a function and a component may be. What is longer must stand in sizes.toml with a reason, and what
//! stands there must still be longer. Refuses to judge whether a split is a good one.

mod allowed;
mod functions;

pub use allowed::{Allowance, Allowed, AllowedError};

use crate::finding::Finding;
use crate::sources::Source;

/// Lines a file may have.
pub const FILE: usize = 400;
/// Lines a function may have, from `fn` to its closing brace.
pub const FUNCTION: usize = 80;
/// Lines a function under `#[component]` may have: half of them are markup.
pub const COMPONENT: usize = 100;

/// What kind of thing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole file.
    File,
    /// A function or method.
    Function,
    /// A function under `#[component]`.
    Component,
}

impl Kind {
    fn limit(self) -> usize {
        match self {
            Self::File => FILE,
            Self::Function => FUNCTION,
            Self::Component => COMPONENT,
        }
    }
}

/// One measured thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// What it is.
    pub kind: Kind,
    /// The file.
    pub path: String,
    /// The function's name; empty for a file.
    pub function: String,
    /// Where it begins, from 1.
    pub line: usize,
    /// How many lines it has.
    pub lines: usize,
}

/// Measures files and, in Rust files, functions.
///
/// # Errors
/// A finding for each Rust file that cannot be parsed.
pub fn measure(sources: &[Source]) -> (Vec<Measure>, Vec<Finding>) {
    let mut measures = Vec::new();
    let mut unreadable = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        measures.push(Measure { kind: Kind::File, path: source.path.clone(), function: String::new(), line: 1, lines });
        if source.has_extension("rs") {
            match functions::measure(source) {
                Ok(found) => measures.extend(found),
                Err(error) => {
                    let place = format!("{}:{}", source.path, error.span().start().line);
                    unreadable.push(Finding::new(
                        place,
                        format!("this is not Rust: {error}."),
                        "Let the compiler explain it.",
                    ));
                }
            }
        }
    }
    (measures, unreadable)
}

/// What is too long and not allowed to be, and what is allowed for nothing.
pub fn check(measures: &[Measure], allowed: &Allowed) -> Vec<Finding> {
    let mut findings: Vec<Finding> = measures.iter().filter_map(|measure| too_long(measure, allowed)).collect();
    findings.extend(allowed.entries().iter().filter_map(|entry| stale(entry, measures)));
    findings
}

fn too_long(measure: &Measure, allowed: &Allowed) -> Option<Finding> {
    let limit =
        allowed.entries().iter().find(|entry| entry.is_for(measure)).map_or(measure.kind.limit(), |entry| entry.lines);
    (measure.lines > limit).then(|| {
        let what = match measure.kind {
            Kind::File => format!("the file has {} lines, {limit} are allowed.", measure.lines),
            Kind::Function => format!("fn {} has {} lines, {limit} are allowed.", measure.function, measure.lines),
            Kind::Component => {
                format!("component {} has {} lines, {limit} are allowed.", measure.function, measure.lines)
            }
        };
        let remedy = "Split it along its nouns, or give the reason in crates/tidy/sizes.toml.";
        Finding::new(format!("{}:{}", measure.path, measure.line), what, remedy)
    })
}

fn stale(entry: &Allowance, measures: &[Measure]) -> Option<Finding> {
    let remedy = "Remove the entry.";
    let name =
        if entry.function.is_empty() { entry.path.clone() } else { format!("{} fn {}", entry.path, entry.function) };
    let Some(longest) = measures.iter().filter(|measure| entry.is_for(measure)).max_by_key(|measure| measure.lines)
    else {
        return Some(Finding::new(
            "crates/tidy/sizes.toml",
            format!("{name} is allowed to be long and is not there."),
            remedy,
        ));
    };
    (longest.lines <= longest.kind.limit()).then(|| {
        let what = format!("{name} is allowed to be long and has only {} lines.", longest.lines);
        Finding::new("crates/tidy/sizes.toml", what, remedy)
    })
}
