//! What one user may hold at a time.

use super::setting::section;

section! {
    pub struct LimitsConfig in "limits" {
        /// vclusters, running or stopped.
        pub vclusters: u32 = "20",
        /// Nodes that run.
        pub nodes: u32 = "32",
        /// CPUs of nodes that run.
        pub cpus: f64 = "32",
        /// MiB of memory of nodes that run.
        pub memory_mib: u64 = "65536",
    }
}
