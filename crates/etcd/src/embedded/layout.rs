//! What lies where in etcd's directory, and who may enter. Starts nothing.
//!
//! ```text
//! data/   what etcd keeps      run/   its sockets, and its working directory      data.unreadable-<time>/   moved aside
//! ```

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use rustix::fs::FlockOperation;

use super::EmbeddedError;

/// etcd takes `unix://host:port` only and makes a socket of that name, `host:port`, in its working directory.
pub(super) const CLIENT_SOCKET: &str = "client:0";
pub(super) const PEER_SOCKET: &str = "peer:0";

const RUN: &str = "run";
const ASIDE: &str = "data.unreadable-";
/// How many data directories that were moved aside are kept for an administrator to examine.
const KEPT_ASIDE: usize = 3;

pub(super) fn endpoint(root: &Path) -> String {
    format!("unix:{}", root.join(RUN).join(CLIENT_SOCKET).display())
}

#[derive(Debug, Clone)]
pub(super) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Makes the directories; only our user may enter them.
    pub(super) fn prepare(root: &Path) -> Result<Self, EmbeddedError> {
        let failed = |source| EmbeddedError::Directory { path: root.to_owned(), source };
        private_directory(root).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        let layout = Self { root };
        private_directory(&layout.run()).map_err(failed)?;
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(super) fn run(&self) -> PathBuf {
        self.root.join(RUN)
    }

    pub(super) fn endpoint(&self) -> String {
        endpoint(&self.root)
    }

    pub(super) fn has_data(&self) -> bool {
        self.data().join("member").exists()
    }

    /// Whether an etcd holds the data: it locks its database for as long as it runs.
    pub(super) fn is_in_use(&self) -> bool {
        let Ok(database) = File::open(self.data().join("member/snap/db")) else { return false };
        // The lock goes with the file at the end of this function.
        rustix::fs::flock(&database, FlockOperation::NonBlockingLockExclusive).is_err()
    }

    /// Removes the sockets of an etcd that was killed: it finds their names taken otherwise. Only while none runs.
    pub(super) fn remove_sockets(&self) -> io::Result<()> {
        for socket in [CLIENT_SOCKET, PEER_SOCKET] {
            match fs::remove_file(self.run().join(socket)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Moves the data out of the way and returns where to; older ones that were moved before are removed.
    pub(super) fn move_data_aside(&self, now: DateTime<Utc>) -> io::Result<PathBuf> {
        let aside = self.root.join(format!("{ASIDE}{}", now.format("%Y%m%dT%H%M%S%.3fZ")));
        fs::rename(self.data(), &aside)?;
        let mut kept: Vec<PathBuf> = fs::read_dir(&self.root)?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(ASIDE)))
            .collect();
        kept.sort();
        let surplus = kept.len().saturating_sub(KEPT_ASIDE);
        for old in &kept[..surplus] {
            fs::remove_dir_all(old)?;
        }
        Ok(aside)
    }
}

fn private_directory(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // It may have been there before, with other rights.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(root)
            .expect("the directory")
            .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_our_user_may_enter_also_when_the_directory_was_open_before() {
        let root = tempfile::tempdir().expect("a directory");
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).expect("to open it");
        let layout = Layout::prepare(root.path()).expect("a layout");
        for directory in [layout.root().to_owned(), layout.run()] {
            let mode = fs::metadata(&directory).expect("the directory").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", directory.display());
        }
    }

    #[test]
    fn data_moved_aside_are_named_with_the_time_and_do_not_pile_up() {
        let root = tempfile::tempdir().expect("a directory");
        let layout = Layout::prepare(root.path()).expect("a layout");
        let start = DateTime::from_timestamp(1_767_268_800, 0).expect("a time");
        for hour in 0..5 {
            fs::create_dir_all(layout.data().join("member")).expect("data");
            layout.move_data_aside(start + TimeDelta::hours(hour)).expect("to move");
        }
        let kept: Vec<String> = (2..5).map(|hour| format!("data.unreadable-20260101T{}0000.000Z", 12 + hour)).collect();
        assert_eq!(names(root.path())[..3], kept);
        assert!(!layout.has_data());
    }

    #[test]
    fn a_locked_database_is_in_use() {
        let root = tempfile::tempdir().expect("a directory");
        let layout = Layout::prepare(root.path()).expect("a layout");
        assert!(!layout.is_in_use());
        let database = layout.data().join("member/snap/db");
        fs::create_dir_all(database.parent().expect("a parent")).expect("directories");
        let file = File::create(&database).expect("a file");
        assert!(!layout.is_in_use());
        rustix::fs::flock(&file, FlockOperation::LockExclusive).expect("a lock");
        assert!(layout.is_in_use());
        drop(file);
        assert!(!layout.is_in_use());
    }
}
