//! What the processes of one installation share when there are several.

use std::path::PathBuf;

use super::setting::section;

section! {
    pub struct ClusterConfig in "cluster" {
        /// A file with the secret that `dockletd serve` and every `dockletd worker` of the installation share. From it each
        /// derives what it proves itself with. `dockletd cluster-secret` makes one.
        pub secret_file: Option<PathBuf> = "",
    }
}
