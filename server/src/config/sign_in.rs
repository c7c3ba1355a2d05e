//! Sessions of browsers.

use std::time::Duration;

use chrono::TimeDelta;
use store::SessionBounds;

use super::setting::section;

section! {
    pub struct SignInConfig in "sign_in" {
        /// How long a browser stays signed in without being used.
        pub idle: Duration = "7d",
        /// How long a browser stays signed in however much it is used.
        pub longest: Duration = "30d",
        /// The most browsers one user is signed in with. With one more, the one that was not used for the longest time is
        /// signed out.
        pub sessions: u32 = "50",
        /// How old a sign-in may be for what makes the way in wider: API tokens, and identities of OpenID providers. Later,
        /// people show first that it is them, with their password or at their provider.
        pub fresh: Duration = "10m",
    }
}

impl SignInConfig {
    pub fn bounds(&self) -> SessionBounds {
        SessionBounds { longest: delta(self.longest), most: self.sessions.max(1) }
    }

    pub fn fresh(&self) -> TimeDelta {
        delta(self.fresh)
    }
}

/// What is longer than chrono can say is a hundred years.
fn delta(time: Duration) -> TimeDelta {
    TimeDelta::from_std(time).unwrap_or(TimeDelta::days(36_500)).min(TimeDelta::days(36_500))
}
