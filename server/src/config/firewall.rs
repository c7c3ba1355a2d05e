//! What nodes may reach on the hosts they run on.

use worker::Opening;

use super::setting::section;

section! {
    pub struct FirewallConfig in "firewall" {
        /// Ports of the host that nodes may reach, such as `5432`, `53/udp` or `10.0.0.5:8080/tcp`. All others are closed but
        /// dockletd's own, where it listens on more than loopback, and DNS at the host's resolver.
        pub open: Vec<Opening> = "",
        /// The most connections that the nodes of one vcluster may have begun at a time, to each other, to the host and to the
        /// outside; one more is dropped until another is closed. 0: no limit. All connections of a host share the kernel's
        /// `nf_conntrack_max`; `dockletd doctor` compares.
        pub connections: u32 = "4096",
    }
}
