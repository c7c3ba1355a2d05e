//! Sessions of browsers.

use std::time::Duration;

use super::setting::section;

section! {
    pub struct SignInConfig in "sign_in" {
        /// How long a browser stays signed in without being used.
        pub idle: Duration = "7d",
    }
}
