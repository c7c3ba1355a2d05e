//! Why a use-case did not do what was asked.
//!
//! Each variant is something a client can act on; its text is a safe sentence for a person. What went wrong inside
//! (`Store`, `Coordination`) carries its source for the log and nothing for the client. The edge maps variants to codes
//! in one place.

use std::{error::Error as StdError, iter::successors, time::Duration};

use chrono::TimeDelta;
use domain::{Violation, name::WorkerName, vcluster::ActionRefused};

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
    #[error("you have a vcluster named {0} already; choose another name")]
    NameTaken(String),
    /// More than the user's limits leave.
    #[error("{}", sentence(.0))]
    LimitExceeded(Vec<Violation>),
    /// More than the hosts have free.
    #[error("{}", sentence(.0))]
    NoRoom(Vec<Violation>),
    #[error("no host is ready to take nodes; try again in a moment")]
    NoHost,
    #[error("host {0} answers; only a host that does not can be declared gone: stop its worker first")]
    HostAnswers(WorkerName),
    #[error(
        "nodes of host {0} are not lost yet; wait until its vclusters say that it does not answer, then declare it gone"
    )]
    HostNotLost(WorkerName),
    #[error("the network {0} has no subnet left; the administrator can configure a larger one (network.cluster_net)")]
    NoSubnet(String),
    /// Unknown, or another user's; the two are not told apart.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error(transparent)]
    Refused(#[from] ActionRefused),
    #[error("this Idempotency-Key was used for another request; use a new key for a new request")]
    IdempotencyMismatch,
    #[error("the vcluster this Idempotency-Key created has been deleted; use a new key to create another")]
    IdempotencyGone,
    #[error("user name or password is wrong")]
    SignInFailed,
    #[error("nobody signs in with a password here; go to the sign-in page and choose your provider")]
    NoPasswords,
    /// A configuration that would lock out the last administrator.
    #[error(
        "auth.local is off, but no administrator could sign in: link an administrator's account to a provider first (profile page), or set admin_if for one; dockletd user … works on this machine all the same"
    )]
    NobodyAdministers,
    #[error("this is the only way you can sign in; without it you would be locked out")]
    OnlyWayIn,
    #[error("too many attempts; wait {} s, then try again", .wait.as_secs().max(1))]
    TooManyAttempts { wait: Duration },
    #[error("the token is not valid: it is unknown, has expired or was revoked")]
    BadToken,
    #[error("there is no user {0}")]
    NoSuchUser(String),
    #[error("there is a user {0} already")]
    UserTaken(String),
    /// An API token was shown where a browser session is needed.
    #[error("this is done signed in with a browser; an API token may not do it")]
    NeedsSession,
    /// A browser that was left signed in must not be enough to make the way in wider.
    #[error("sign in again first: this needs a sign-in that is at most {} min old", .0.num_minutes())]
    SignInAgain(TimeDelta),
    #[error("{0} is the only administrator who can sign in; make somebody else one first")]
    LastAdministrator(String),
    #[error("this is your own account; another administrator has to do it")]
    OwnAccount,
    /// No cookie, or one that is not good for this app.
    #[error("this app is not open in this browser; open it from Docklet")]
    NoAppSession,
    /// Which of its conditions the code does not meet is not told.
    #[error("the link into the app is used up, too old or another browser's; open the app again from Docklet")]
    EntryRefused,
    #[error("{0} is switched off; switch it on in Docklet first")]
    AppOff(String),
    #[error("{0} has as many apps as are kept; take the pin and the name from one you do not need")]
    TooManyApps(String),
    /// Connections of one user that last.
    #[error("you have {most} {what} open, as many as you may at a time; close one first")]
    TooManyStreams { what: &'static str, most: u32 },
    #[error("you have pinned {0} apps, as many as you may; take the pin from one you do not need")]
    TooManyPins(u32),
    #[error("{node} is {state}; this needs a running node")]
    NodeNotRunning { node: String, state: &'static str },
    #[error(transparent)]
    Node(#[from] NodeError),
    #[error("too much is being done at this moment; try again in a few seconds")]
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
