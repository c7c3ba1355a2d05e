//! Why a use-case did not do what was asked.
//!
//! Each variant is something a client can act on; its text is a safe sentence for a person. What went wrong inside
//! (`Store`, `Coordination`) carries its source for the log and nothing for the client. The edge maps variants to codes
//! in one place.

use std::{error::Error as StdError, iter::successors, time::Duration};

use chrono::TimeDelta;
use domain::{Violation, job::NotAgain, name::WorkerName, user::Scope, vcluster::ActionRefused};

use crate::ports::{coordination::CoordinationError, node::NodeError, store::StoreError};

/// What is behind an error, on one line for the log; empty when nothing is.
pub fn causes(error: &(dyn StdError + 'static)) -> String {
    successors(error.source(), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The error with what is behind it, on one line.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    match causes(error) {
        causes if causes.is_empty() => error.to_string(),
        causes => format!("{error}: {causes}"),
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", sentence(.0))]
    Invalid(Vec<Violation>),
    #[error("you already have a vcluster named {0}; choose another name")]
    NameTaken(String),
    /// More than the user's limits leave.
    #[error("{}", sentence(.0))]
    LimitExceeded(Vec<Violation>),
    /// More than the hosts have free.
    #[error("{}", sentence(.0))]
    NoRoom(Vec<Violation>),
    #[error("no host is ready to take nodes; try again in a moment")]
    NoHost,
    #[error("host {0} answers; only a host that does not answer can be declared gone: stop its worker first")]
    HostAnswers(WorkerName),
    #[error(
        "nodes of host {0} are not lost yet; wait until its vclusters say that it does not answer, then declare it gone"
    )]
    HostNotLost(WorkerName),
    #[error("the network {0} has no subnet left; ask an administrator for a larger one (network.cluster_net)")]
    NoSubnet(String),
    /// Unknown, or another user's; the two are not told apart.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error(transparent)]
    Refused(#[from] ActionRefused),
    #[error(transparent)]
    NotAgain(#[from] NotAgain),
    #[error("this Idempotency-Key was used for another request; use a new key for a new request")]
    IdempotencyMismatch,
    #[error("the vcluster this Idempotency-Key created has been deleted; use a new key to create another")]
    IdempotencyGone,
    #[error("user name or password is wrong")]
    SignInFailed,
    #[error("passwords are switched off here; sign in through a provider")]
    NoPasswords,
    /// A configuration that would lock out the last administrator.
    #[error(
        "auth.local is off, but no administrator could sign in: link an administrator's account to a provider first (profile page), or set admin_if for one; dockletd user … works on this machine all the same"
    )]
    NobodyAdministers,
    #[error("this is your only way to sign in; link another identity before you unlink it")]
    OnlyWayIn,
    #[error("too many attempts; wait {} s, then try again", .wait.as_secs().max(1))]
    TooManyAttempts { wait: Duration },
    #[error("the token is not valid: it is unknown, has expired or was revoked")]
    BadToken,
    #[error("there is no user {0}")]
    NoSuchUser(String),
    #[error("there is already a user {0}; choose another name")]
    UserTaken(String),
    /// An API token was shown where a browser session is needed.
    #[error("an API token cannot do this; sign in with a browser")]
    NeedsSession,
    /// An API token that was given less than its user may.
    #[error(
        "this token does not have the scope {0}; ask for it with `docklet login --scope`, or make a token that has it on your profile page"
    )]
    NeedsScope(Scope),
    /// A browser that was left signed in must not be enough to make the way in wider.
    #[error("sign in again first: this needs a sign-in that is at most {} min old", .0.num_minutes())]
    SignInAgain(TimeDelta),
    /// A program asks for its token, and nobody has approved its sign-in yet.
    #[error("the sign-in is not approved yet; ask again in a moment")]
    SignInPending,
    #[error("you ask too often; wait {} s between two questions", .0.as_secs())]
    AskedTooOften(Duration),
    #[error("the sign-in was denied")]
    SignInDenied,
    /// Unknown, answered and expired codes are not told apart.
    #[error("the code is wrong, was used or has expired; begin again where it was shown")]
    CodeExpired,
    #[error("{0} is the only administrator who can sign in; make another user an administrator first")]
    LastAdministrator(String),
    #[error("you cannot do this to your own account; ask another administrator")]
    OwnAccount,
    /// No cookie, or one that is not good for this app.
    #[error("this app is not open in this browser; open it from Docklet")]
    NoAppSession,
    /// Which of its conditions the code does not meet is not told.
    #[error("the link to the app was already used, has expired or is another browser's; open the app again")]
    EntryRefused,
    #[error("{0} is switched off; switch it on in Docklet first")]
    AppOff(String),
    #[error("{0} has as many apps as it can have; unpin one that you do not need and remove its name")]
    TooManyApps(String),
    /// Connections of one user that last.
    #[error("you have {most} {what} open, which is your limit; close one first")]
    TooManyStreams { what: &'static str, most: u32 },
    #[error("you have pinned {0} apps, which is the limit; unpin one that you do not need")]
    TooManyPins(u32),
    #[error("{node} is {state}; this needs a running node")]
    NodeNotRunning { node: String, state: &'static str },
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error("the server is busy; try again in a few seconds")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Coordination(#[from] CoordinationError),
}

/// All faults as one sentence: `name: must not be empty; nodes: must be between 1 and 16`.
fn sentence(faults: &[Violation]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
