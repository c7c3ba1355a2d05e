//! The record of who owns what.

use std::path::PathBuf;

use super::setting::section;

section! {
    pub struct DatabaseConfig in "database" {
        /// The SQLite file. By default `docklet.db` in the data directory.
        pub path: Option<PathBuf> = "",
    }
}
