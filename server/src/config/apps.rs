//! The web apps of nodes: under which host names browsers find them.

use std::time::Duration;

use super::setting::section;
use crate::http::apps::hosts::Domain;

section! {
    pub struct AppsConfig in "apps" {
        /// Each app has the host name `<label>.<domain>`. Every name below this one must lead here (a wildcard in DNS, and in
        /// the certificate), and nothing else may be served below it. Browsers find `localhost` and what is below it by
        /// themselves.
        pub domain: Domain = "localhost",
        /// Also serves apps as `/apps/<label>/` of the console's own address, for where no wildcard can be had. It gives up
        /// what separates apps from the console: whatever runs in a user's node may then act as that user in the console,
        /// once they have opened it. Apps that use absolute paths do not work this way, and service workers are refused.
        pub path_mode: bool = "false",
        /// How long an app may take to begin its answer while nothing comes from either side. Notebooks that are turned into
        /// PDF take minutes.
        pub answer_timeout: Duration = "5m",
        /// How long nothing may come of a body that was begun. Event streams and WebSockets may be silent for ever.
        pub idle_timeout: Duration = "5m",
    }
}
