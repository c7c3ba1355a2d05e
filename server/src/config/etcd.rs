//! The coordination service: an etcd of one's own, or the one dockletd starts.

use std::path::PathBuf;

use super::setting::{Secret, section};

section! {
    pub struct EtcdConfig in "etcd" {
        /// Client URLs of an etcd that runs already. When there are none, dockletd starts its own in the data directory.
        pub endpoints: Vec<String> = "",
        /// The user name for those endpoints.
        pub user: Option<String> = "",
        /// The password for those endpoints. Better in the environment than in a flag, which every user of the host can read.
        pub password: Option<Secret> = "",
        /// The etcd program dockletd starts.
        pub binary: PathBuf = "etcd",
    }
}
