//! Who may sign in how.

use super::setting::section;

section! {
    pub struct AuthConfig in "auth" {
        /// Whether people may sign in with a name and a password. `off` leaves the OpenID providers only, and is refused while
        /// no administrator could sign in through one. `dockletd user` works on the machine itself all the same.
        pub local: bool = "on",
    }
}
