//! What went wrong, for programs and people: `application/problem+json` (RFC 9457) with a stable `code`.

use std::fmt;

use domain::Violation;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => ($code:literal, $status:literal, $title:literal)),+ $(,)?) => {
        /// Stable names of everything that can go wrong. Clients decide by these, never by a text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)+
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The HTTP status this code is sent with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ }
            }

            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    /// `violations` names each field and the rule it breaks.
    Invalid => ("invalid", 422, "Some fields are not valid"),
    /// Not JSON, or JSON of another shape.
    Malformed => ("malformed", 400, "The request cannot be read"),
    TooLarge => ("too_large", 413, "The request is too large"),
    NotSignedIn => ("not_signed_in", 401, "Sign in first"),
    /// Wrong user name or password.
    SignInFailed => ("sign_in_failed", 401, "User name or password is wrong"),
    /// This needs a sign-in of the last minutes.
    SignInAgain => ("sign_in_again", 403, "Sign in again first"),
    TooManyAttempts => ("too_many_attempts", 429, "Too many attempts"),
    /// The token is unknown, expired or revoked.
    BadToken => ("bad_token", 401, "The token is not valid"),
    /// Of RFC 8628, as are the next three: the sign-in is not approved yet.
    AuthorizationPending => ("authorization_pending", 400, "The sign-in is not approved yet"),
    /// Asked again before the interval was over.
    SlowDown => ("slow_down", 400, "Asked too often"),
    AccessDenied => ("access_denied", 403, "The sign-in was denied"),
    /// The code is unknown, was used, or has expired.
    ExpiredToken => ("expired_token", 400, "The code is not valid any more"),
    /// A request from another site's page.
    ForeignOrigin => ("foreign_origin", 403, "The request came from another site"),
    /// The API token was given less than this needs; the sentence names the scope.
    NeedsScope => ("needs_scope", 403, "The token may not do this"),
    Forbidden => ("forbidden", 403, "You are not allowed to do this"),
    /// Unknown, or not yours: the two are not told apart.
    NotFound => ("not_found", 404, "Not found"),
    MethodNotAllowed => ("method_not_allowed", 405, "This cannot be done here"),
    NameTaken => ("name_taken", 409, "The name is taken"),
    /// The action does not fit the state it is in.
    Conflict => ("conflict", 409, "Not possible now"),
    /// The same Idempotency-Key came with another request.
    IdempotencyMismatch => ("idempotency_mismatch", 409, "The Idempotency-Key was used for another request"),
    /// More than the user's limits leave.
    LimitExceeded => ("limit_exceeded", 422, "Limit exceeded"),
    /// More than any host has free.
    NoRoom => ("no_room", 422, "Not enough room on the hosts"),
    NodeNotRunning => ("node_not_running", 409, "The node is not running"),
    /// The node's docklet-init does not answer, or answers nonsense.
    NodeUnreachable => ("node_unreachable", 502, "The node does not answer"),
    NoShell => ("no_shell", 422, "The image has no shell"),
    /// The node has no program of that name.
    NoProgram => ("no_program", 422, "There is no such program"),
    TooManyTerminals => ("too_many_terminals", 409, "Too many terminals"),
    /// More connections of one user that last than their group may have.
    TooManyStreams => ("too_many_streams", 429, "Too many connections"),
    OffsetBeyondEnd => ("offset_beyond_end", 422, "The offset is beyond the end"),
    /// The one-time code that opens an app is used up, late, or another's.
    EntryRefused => ("entry_refused", 403, "The app was not opened"),
    /// The app's owner has switched it off.
    AppOff => ("app_off", 409, "The app is switched off"),
    /// More apps of one node than are kept.
    TooManyApps => ("too_many_apps", 409, "Too many apps"),
    /// Nothing listens on the port.
    PortClosed => ("port_closed", 503, "Nothing listens there"),
    /// The app took the request and did not answer.
    AppSilent => ("app_silent", 504, "The app does not answer"),
    /// What the app answered cannot be passed on, or it hung up.
    AppBroken => ("app_broken", 502, "The app did not answer properly"),
    NotReady => ("not_ready", 503, "Not ready yet"),
    /// The disk under the record: nothing can be written until an administrator makes room.
    DiskFull => ("disk_full", 503, "The server's disk is full"),
    Internal => ("internal", 500, "Something went wrong on our side"),
}

/// The codes as they are sent. Derived, the schema would have the names of the variants: utoipa does not see a `rename` that
/// a macro has put there.
#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Code {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "Stable names of everything that can go wrong. Clients decide by these, never by a text.",
            ))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Code {}

/// The body of every answer that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: `code` is what tells problems apart.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// A sentence for the person: what happened, to which thing, what to do.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Names this request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank".into(),
            title: code.title().into(),
            status: code.status(),
            code,
            detail: detail.into(),
            violations: Vec::new(),
            retry_after: None,
            request_id: None,
        }
    }

    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// The message about one field, for showing beside it.
    pub fn about(&self, field: &str) -> Option<&str> {
        self.violations.iter().find(|violation| violation.field == field).map(|violation| violation.message.as_str())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_travel_as_their_names() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            let json = serde_json::to_string(code).expect("a code is a string");
            assert_eq!(json, format!("\"{}\"", code.as_str()));
            assert!((400..600).contains(&code.status()));
        }
    }
}
