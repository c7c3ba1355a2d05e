//! The one mapping from control's errors to what clients see. People get a safe sentence; what went wrong inside is logged
//! here, once, with its causes.

use control::{
    Error,
    error::causes,
    ports::{node::NodeError, store::StoreError},
};
use domain::{Violation, vcluster::ActionRefused};
use wire::problem::{Code, Problem};

/// Why a client does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub Box<Problem>);

impl Refusal {
    /// These fields break these rules.
    pub fn invalid(faults: Vec<Violation>) -> Self {
        Error::Invalid(faults).into()
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        *refusal.0
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let problem = problem(&error);
        if is_a_fault(&error) {
            tracing::error!(error.causes = %causes(&error), code = problem.code.as_str(), "request failed: {error}");
        }
        problem.into()
    }
}

/// Others are answers: the client has learned all there is to know.
fn is_a_fault(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(_) | Error::Coordination(_) | Error::Node(NodeError::Unreachable(_) | NodeError::Garbage(_))
    )
}

/// The problem a client gets for this error. Texts that come from inside stay inside.
fn problem(error: &Error) -> Problem {
    match error {
        Error::Invalid(faults) => {
            Problem::new(Code::Invalid, "Some fields are not valid.").with_violations(faults.clone())
        }
        Error::LimitExceeded(faults) => {
            let detail = "This exceeds your limits. Choose less, or stop or delete something first.";
            Problem::new(Code::LimitExceeded, detail).with_violations(faults.clone())
        }
        Error::NoRoom(faults) => {
            let detail = "The hosts do not have enough room right now. Choose less, or try again later.";
            Problem::new(Code::NoRoom, detail).with_violations(faults.clone())
        }
        Error::TooManyAttempts { wait } => {
            Problem { retry_after: Some(wait.as_secs().max(1)), ..said(Code::TooManyAttempts, error) }
        }
        Error::Refused(ActionRefused::NoSuchNode(..)) => said(Code::NotFound, error),
        Error::Refused(_)
        | Error::NotAgain(_)
        | Error::IdempotencyGone
        | Error::LastAdministrator(_)
        | Error::OwnAccount
        | Error::OnlyWayIn
        | Error::HostAnswers(_)
        | Error::HostNotLost(_)
        | Error::NobodyAdministers => said(Code::Conflict, error),
        Error::NameTaken(_) | Error::UserTaken(_) => taken(error),
        Error::NeedsSession | Error::NoPasswords => said(Code::Forbidden, error),
        Error::IdempotencyMismatch => said(Code::IdempotencyMismatch, error),
        Error::NotFound(_) | Error::NoSuchUser(_) => said(Code::NotFound, error),
        Error::SignInFailed => said(Code::SignInFailed, error),
        Error::NeedsScope(_) => said(Code::NeedsScope, error),
        Error::SignInAgain(_) => said(Code::SignInAgain, error),
        Error::BadToken => said(Code::BadToken, error),
        Error::SignInPending => said(Code::AuthorizationPending, error),
        Error::AskedTooOften(_) => said(Code::SlowDown, error),
        Error::SignInDenied => said(Code::AccessDenied, error),
        Error::CodeExpired => said(Code::ExpiredToken, error),
        Error::NoAppSession => said(Code::NotSignedIn, error),
        Error::EntryRefused => said(Code::EntryRefused, error),
        Error::AppOff(_) => said(Code::AppOff, error),
        Error::TooManyApps(_) | Error::TooManyPins(_) => said(Code::TooManyApps, error),
        Error::TooManyStreams { .. } => said(Code::TooManyStreams, error),
        Error::NodeNotRunning { .. } => said(Code::NodeNotRunning, error),
        Error::NoHost | Error::Busy => said(Code::NotReady, error),
        Error::NoSubnet(_) => said(Code::NoRoom, error),
        Error::Node(fault) => of_node(fault),
        Error::Store(StoreError::DiskFull(_)) => {
            Problem::new(Code::DiskFull, "The disk of the server is full. Tell your administrator.")
        }
        // Another process serves the record by now; this one ends within a second.
        Error::Store(StoreError::Unavailable(_) | StoreError::Superseded { .. }) | Error::Coordination(_) => {
            Problem::new(Code::NotReady, "The server is not ready for this. Try again in a moment.")
        }
        Error::Store(StoreError::Taken(_) | StoreError::Unreadable { .. } | StoreError::Failed(_)) => {
            Problem::new(Code::Internal, "Something went wrong on our side. Try again in a moment.")
        }
    }
}

/// The error's own text, as a sentence.
fn said(code: Code, error: &impl ToString) -> Problem {
    Problem::new(code, sentence(&error.to_string()))
}

/// A taken name is a fault of the field, too.
fn taken(error: &Error) -> Problem {
    said(Code::NameTaken, error).with_violations(vec![Violation::new("name", error.to_string())])
}

fn of_node(fault: &NodeError) -> Problem {
    match fault {
        NodeError::Unreachable(_) | NodeError::Garbage(_) => {
            let detail = "The node does not answer. It may be starting or overloaded; try again, or restart it.";
            Problem::new(Code::NodeUnreachable, detail)
        }
        NodeError::NoSuchTerminal(_) => said(Code::NotFound, fault),
        NodeError::NoShell(_) => said(Code::NoShell, fault),
        NodeError::NoProgram(_) => said(Code::NoProgram, fault),
        NodeError::TooManyTerminals(_) => said(Code::TooManyTerminals, fault),
        NodeError::OffsetBeyondEnd(_) => said(Code::OffsetBeyondEnd, fault),
        NodeError::PortClosed(_) => said(Code::PortClosed, fault),
        NodeError::NoSuchService(_) | NodeError::NoFile(_) => said(Code::NotFound, fault),
        NodeError::Busy(_) => said(Code::NotReady, fault),
        NodeError::Refused(_) | NodeError::Outdated | NodeError::NoSsh(_) => said(Code::Conflict, fault),
    }
}

fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).chain(end.chars()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn errors_for_people_become_sentences() {
        let problem = problem(&Error::NotFound("vcluster"));
        assert_eq!((problem.code, problem.detail.as_str()), (Code::NotFound, "There is no such vcluster."));
    }

    #[test]
    fn a_taken_name_is_said_beside_the_field() {
        let problem = problem(&Error::NameTaken("lab".into()));
        assert_eq!(problem.about("name"), Some("you already have a vcluster named lab; choose another name"));
    }

    #[test]
    fn waiting_is_never_zero_seconds() {
        let problem = problem(&Error::TooManyAttempts { wait: Duration::from_millis(20) });
        assert_eq!(problem.retry_after, Some(1));
    }

    #[test]
    fn what_happened_inside_is_not_told() {
        let secret = "password=hunter2";
        let errors = [
            Error::Store(StoreError::Failed(secret.into())),
            Error::Store(StoreError::Unavailable(secret.into())),
            Error::Store(StoreError::Unreadable { what: "row", fault: secret.into() }),
            Error::Node(NodeError::Garbage(secret.into())),
            Error::Node(NodeError::Unreachable(secret.into())),
        ];
        for error in errors {
            let problem = problem(&error);
            assert!(problem.status >= 500, "{error:?}");
            assert!(!problem.detail.contains("hunter2"), "{error:?}");
        }
    }
}
