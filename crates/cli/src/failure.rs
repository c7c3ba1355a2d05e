//! What went wrong, as a sentence and as an exit code. The codes are documented in docs/guide/cli/scripts.md and never change.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::problem::Code;

use crate::output::{Output, shown_lines};

/// What clap begins its errors with, where all of ours begin with `docklet: `.
pub(crate) const OF_CLAP: &str = "error: ";

/// What a script decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Everything that has no code of its own.
    Other = 1,
    /// The command, or a value in it, is wrong.
    Usage = 2,
    NotSignedIn = 3,
    Refused = 4,
    NotFound = 5,
    /// It does not fit the state it is in, or exceeds a limit.
    Conflict = 6,
    /// The server does not answer, or something else answers in its place.
    Unreachable = 7,
    /// What was waited for has failed.
    Waited = 8,
    /// What a shell says of a program that is not there.
    NoProgram = 127,
    /// Ctrl-C, as shells say it.
    Interrupted = 130,
    /// Who read our output has gone: what a shell says of a program that SIGPIPE has ended.
    Pipe = 141,
}

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    message: String,
    /// As the server sent it.
    problem: Option<Value>,
}

/// A problem of a server of any version: codes that this program does not know are no reason not to read it.
#[derive(Debug, Deserialize)]
struct Problem {
    status: u16,
    code: String,
    detail: String,
    #[serde(default)]
    violations: Vec<Violation>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Violation {
    field: String,
    message: String,
}

impl Kind {
    /// As a problem's code, where no server has given one.
    fn name(self) -> &'static str {
        match self {
            Self::Usage => "client_usage",
            Self::NotSignedIn => "client_not_signed_in",
            Self::Refused => "client_refused",
            Self::NotFound => "client_not_found",
            Self::Conflict => "client_conflict",
            Self::Unreachable => "client_unreachable",
            Self::Waited => "client_waited",
            Self::NoProgram => "client_no_program",
            Self::Other | Self::Interrupted | Self::Pipe => "client_other",
        }
    }
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), problem: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// From what clap says of the words: the sentence, without its hints below.
    pub(crate) fn of_words(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default();
        Self::usage(sentence.strip_prefix(OF_CLAP).unwrap_or(sentence).trim_end())
    }

    /// From an answer that is no success; `None` where it is no problem of a Docklet server.
    pub(crate) fn of_problem(value: Value) -> Option<Self> {
        let problem: Problem = serde_json::from_value(value.clone()).ok()?;
        let mut message = problem.detail;
        for violation in problem.violations {
            message.push_str(&format!("\n  {} {}", violation.field, violation.message));
        }
        Some(Self { kind: kind_of(&problem.code, problem.status), message, problem: Some(value) })
    }

    /// One more sentence for the person, also in what a program gets.
    pub(crate) fn with_note(mut self, note: Option<String>) -> Self {
        if let Some(note) = note {
            if let Some(Value::String(detail)) = self.problem.as_mut().and_then(|problem| problem.get_mut("detail")) {
                detail.push('\n');
                detail.push_str(&note);
            }
            self.message.push('\n');
            self.message.push_str(&note);
        }
        self
    }

    /// With what to do, where the server cannot be reached.
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        if self.kind == Kind::Unreachable {
            self.message = format!("{} {advice}", self.message);
        }
        self
    }

    /// What the server calls it.
    pub(crate) fn problem_code(&self) -> Option<&str> {
        self.problem.as_ref()?.get("code")?.as_str()
    }

    /// From the code and the words of a stream, which has no status.
    pub(crate) fn of_stream(code: &str, message: &str) -> Self {
        let status = Code::ALL.iter().find(|known| known.as_str() == code).map_or(500, |known| known.status());
        Self::new(kind_of(code, status), message)
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }

    /// Nothing where the reader of the output has gone: that is how a pipe ends.
    pub(crate) fn write(&self, to: &mut impl Write, output: &Output) -> io::Result<()> {
        match self.kind {
            Kind::Pipe | Kind::Interrupted => Ok(()),
            _ if output.is_json() => writeln!(to, "{}", self.problem()),
            _ => writeln!(to, "docklet: {}", shown_lines(&self.message)),
        }
    }

    fn problem(&self) -> Value {
        self.problem.clone().unwrap_or_else(|| {
            let title = "docklet could not do this";
            serde_json::json!({ "type": "about:blank", "title": title, "code": self.kind.name(), "detail": self.message })
        })
    }
}

/// The code says more than the status, which is all that is known of codes of a later server.
fn kind_of(code: &str, status: u16) -> Kind {
    match (code, status) {
        ("limit_exceeded" | "no_room", _) => Kind::Conflict,
        ("no_program", _) => Kind::NoProgram,
        ("sign_in_again" | "expired_token", _) | (_, 401) => Kind::NotSignedIn,
        // A server that is starting, or that stands behind a proxy and is away.
        ("not_ready", _) => Kind::Unreachable,
        (_, 403) => Kind::Refused,
        (_, 404) => Kind::NotFound,
        (_, 409 | 429) => Kind::Conflict,
        (_, 400..500) => Kind::Usage,
        _ => Kind::Other,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Of our own streams.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let (kind, what) = match error.kind() {
            io::ErrorKind::BrokenPipe => (Kind::Pipe, error.to_string()),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                (Kind::Other, format!("There is no room for what is written: {error}"))
            }
            _ => (Kind::Other, error.to_string()),
        };
        Self::new(kind, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    #[test]
    fn a_note_is_in_the_problem_as_well() {
        let problem = serde_json::json!({"status": 404, "code": "not_found", "detail": "There is none.", "more": 1});
        let failure = Failure::of_problem(problem).expect("a problem").with_note(Some("It is older.".into()));
        let told = |format| {
            let mut text = Vec::new();
            failure.write(&mut text, &Output::new(format, false, false)).expect("memory");
            String::from_utf8(text).expect("text")
        };
        assert_eq!(told(Format::Table), "docklet: There is none.\nIt is older.\n");
        let problem: Value = serde_json::from_str(&told(Format::Json)).expect("a problem");
        assert_eq!(
            (&problem["detail"], &problem["more"]),
            (&serde_json::json!("There is none.\nIt is older."), &serde_json::json!(1))
        );
    }

    #[test]
    fn what_a_stream_says_has_a_code_of_its_own() {
        for (code, kind) in [
            ("no_program", Kind::NoProgram),
            ("node_not_running", Kind::Conflict),
            ("invalid", Kind::Usage),
            ("next_year", Kind::Other),
        ] {
            let failure = Failure::of_stream(code, "What.");
            assert_eq!((failure.kind, failure.to_string()), (kind, "What.".to_owned()), "{code}");
        }
    }

    #[test]
    fn a_problem_of_a_later_server_is_understood_by_its_status() {
        let value = |code: &str, status: u16| serde_json::json!({"type": "about:blank", "title": "t", "status": status, "code": code, "detail": "What."});
        for (code, status, kind) in [
            ("bad_token", 401, Kind::NotSignedIn),
            ("sign_in_again", 403, Kind::NotSignedIn),
            ("forbidden", 403, Kind::Refused),
            ("needs_scope", 403, Kind::Refused),
            ("access_denied", 403, Kind::Refused),
            ("expired_token", 400, Kind::NotSignedIn),
            ("not_found", 404, Kind::NotFound),
            ("name_taken", 409, Kind::Conflict),
            ("limit_exceeded", 422, Kind::Conflict),
            ("invalid", 422, Kind::Usage),
            ("internal", 500, Kind::Other),
            ("quota_of_next_year", 409, Kind::Conflict),
        ] {
            let failure = Failure::of_problem(value(code, status)).expect("a problem");
            assert_eq!((failure.kind, failure.to_string()), (kind, "What.".to_owned()), "{code}");
        }
        assert!(Failure::of_problem(serde_json::json!({"error": "nginx"})).is_none());
    }
}
