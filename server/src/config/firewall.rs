//! What nodes may reach on the hosts they run on.

use worker::Opening;

use super::setting::section;

section! {
    pub struct FirewallConfig in "firewall" {
        /// Ports of the host that nodes may reach, such as `5432`, `53/udp` or `10.0.0.5:8080/tcp`. All others are closed but
        /// dockletd's own, where it listens on more than loopback, and DNS at the host's resolver.
        pub open: Vec<Opening> = "",
    }
}
