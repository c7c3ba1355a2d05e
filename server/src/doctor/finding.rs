//! What was found, and how it is shown: lines for people, JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Ok,
    /// It works, though not as well as it could, or not for long.
    Warning,
    /// Something does not work.
    Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Names the check; stable.
    pub check: &'static str,
    pub level: Level,
    /// What is so.
    pub what: String,
    /// How to mend it; empty when nothing needs to be.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mend: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, what: what.into(), mend: String::new() }
    }

    pub(super) fn warning(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, level: Level::Warning, what: what.into(), mend: mend.into() }
    }

    pub(super) fn problem(check: &'static str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, level: Level::Problem, what: what.into(), mend: mend.into() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Written<'a> {
    ok: bool,
    problems: usize,
    warnings: usize,
    findings: &'a [Finding],
}

impl Report {
    pub fn has_problem(&self) -> bool {
        self.count(Level::Problem) > 0
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// For people.
    pub fn text(&self) -> String {
        let width = self.findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
        let mut text = String::new();
        for finding in &self.findings {
            let word = match finding.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Problem => "PROBLEM",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{word}  {:width$}  {}", finding.check, finding.what);
            if !finding.mend.is_empty() {
                let _ = writeln!(text, "         {:width$}  → {}", "", finding.mend);
            }
        }
        let (problems, warnings) = (self.count(Level::Problem), self.count(Level::Warning));
        let _ = match (problems, warnings) {
            (0, 0) => writeln!(text, "\nThis host has what Docklet needs."),
            _ => writeln!(text, "\nProblems: {problems}, warnings: {warnings}."),
        };
        text
    }

    /// For programs, one line.
    pub fn json(&self) -> String {
        let (problems, warnings) = (self.count(Level::Problem), self.count(Level::Warning));
        let written = Written { ok: problems == 0, problems, warnings, findings: &self.findings };
        // Texts and numbers always become JSON.
        serde_json::to_string(&written).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_what_to_do_below_what_is_wrong_and_programs_get_the_same() {
        let report = Report {
            findings: vec![
                Finding::ok("engine", "Docker Engine 20.10.24"),
                Finding::problem("disk space", "no room", "Make room."),
            ],
        };
        assert!(report.has_problem());
        let text = report.text();
        assert!(text.contains("ok       engine      Docker Engine 20.10.24\n"), "{text}");
        assert!(text.contains("PROBLEM  disk space  no room\n                     → Make room.\n"), "{text}");
        assert!(text.ends_with("Problems: 1, warnings: 0.\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&report.json()).expect("JSON");
        assert_eq!((json["ok"].as_bool(), json["findings"][1]["mend"].as_str()), (Some(false), Some("Make room.")));
        assert_eq!(json["findings"][0].get("mend"), None);
    }
}
