//! The data directory: ours alone, one daemon at a time, and the names that must outlive restarts.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use domain::{InstallationId, name::WorkerName};
use uuid::Uuid;

use crate::seal::KeySeal;

/// Locked by the daemon that runs; holds the number of its process.
pub(crate) const LOCK: &str = "dockletd.lock";
/// One of these is in every directory that was ours before, and in none that others use: `etcd` is in many a `/var/lib`.
const OURS: [&str; 5] = [LOCK, "installation", "worker-name", "seal-key", "docklet.db"];
const PRIVATE_DIR: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error("cannot use {} as the data directory; check that it is ours to write", path.display())]
    Unusable { path: PathBuf, source: io::Error },
    #[error("{} is not empty and holds nothing of Docklet's; it would be closed to everybody else. Choose a directory of its own, such as {}, with --data-dir", path.display(), path.join("docklet").display())]
    NotOurs { path: PathBuf },
    #[error("the data directory {} belongs to another dockletd that runs as process {pid}; stop that one, or choose another directory with --data-dir", path.display())]
    InUse { path: PathBuf, pid: String },
    #[error("{} does not hold {what}; restore it from a backup: what runs on this host is labelled with it", path.display())]
    Spoiled { path: PathBuf, what: &'static str },
}

/// An existing directory that only our user may enter.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// Held by the daemon for as long as it runs; the kernel gives it up when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl DataDir {
    /// Makes it when it is missing.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.into(), source };
        DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path).map_err(unusable)?;
        let path = path.canonicalize().map_err(unusable)?;
        let mode = path.metadata().map_err(unusable)?.permissions().mode();
        if mode & 0o077 != 0 {
            if is_somebody_else_s(&path).map_err(unusable)? {
                return Err(DataDirError::NotOurs { path });
            }
            std::fs::set_permissions(&path, Permissions::from_mode(PRIVATE_DIR)).map_err(unusable)?;
        }
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Takes the directory for this process.
    pub fn lock(&self) -> Result<Lock, DataDirError> {
        let path = self.join(LOCK);
        let unusable = |source| DataDirError::Unusable { path: self.0.clone(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(PRIVATE_FILE);
        let mut file = options.open(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(unusable)?;
                return Err(DataDirError::InUse { path: self.0.clone(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unusable)?;
        Ok(Lock { _file: file })
    }

    /// The installation's id, chosen at the first start: the one its processes share, if they do.
    pub fn installation(&self, shared: Option<InstallationId>) -> Result<InstallationId, DataDirError> {
        let choose = || shared.unwrap_or_else(|| InstallationId::new(Uuid::new_v4())).to_string();
        let text = self.kept("installation", choose)?;
        let spoiled = || DataDirError::Spoiled { path: self.join("installation"), what: "the installation's id" };
        text.parse().map_err(|_| spoiled())
    }

    /// The worker's name, chosen at the first start, so that a new host name does not make its nodes strangers.
    pub fn worker_name(&self, host_name: &str) -> Result<WorkerName, DataDirError> {
        let text = self.kept("worker-name", || as_worker_name(host_name))?;
        text.parse().map_err(|_| DataDirError::Spoiled { path: self.join("worker-name"), what: "this host's name" })
    }

    /// Writes a file that only our user may read, all of it or nothing.
    pub fn write_private(&self, name: &str, text: &str) -> Result<PathBuf, DataDirError> {
        let (path, beside) = (self.join(name), self.join(&format!("{name}.new")));
        let written = || {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(PRIVATE_FILE).open(&beside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, &path)
        };
        written().map_err(|source| DataDirError::Unusable { path: path.clone(), source })?;
        Ok(path)
    }

    /// What seals tokens in the database, made when it is first needed. Without it they open no more, and their sessions end.
    pub fn seal(&self) -> Result<KeySeal, DataDirError> {
        let text = self.kept("seal-key", KeySeal::new_key)?;
        let spoiled = || DataDirError::Spoiled { path: self.join("seal-key"), what: "a key of 64 hexadecimal digits" };
        KeySeal::with_key(&text).ok_or_else(spoiled)
    }

    fn kept(&self, name: &str, choose: impl FnOnce() -> String) -> Result<String, DataDirError> {
        let path = self.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = choose();
                self.write_private(name, &format!("{text}\n"))?;
                Ok(text)
            }
            Err(source) => Err(DataDirError::Unusable { path, source }),
        }
    }
}

/// A directory that others use as well, such as /var/lib, must not become ours alone for a mistyped flag.
fn is_somebody_else_s(path: &Path) -> io::Result<bool> {
    let mut is_empty = true;
    for entry in path.read_dir()? {
        let name = entry?.file_name();
        if OURS.iter().any(|ours| name == **ours) {
            return Ok(false);
        }
        // What a new file system has by itself.
        is_empty &= name == "lost+found";
    }
    Ok(!is_empty)
}

/// Host names are looser than worker names; what does not fit becomes a dash.
fn as_worker_name(host_name: &str) -> String {
    let lower = host_name.trim().to_ascii_lowercase();
    let fit = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' { c } else { '-' };
    let text: String = lower.chars().map(fit).take(WorkerName::LONGEST).collect();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_lowercase()).trim_end_matches(['-', '.']);
    if text.parse::<WorkerName>().is_ok() { text.to_owned() } else { "host".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (tempfile::TempDir, DataDir) {
        let parent = tempfile::tempdir().expect("a temporary directory");
        let dir = DataDir::open(&parent.path().join("data")).expect("a data directory");
        (parent, dir)
    }

    #[test]
    fn nobody_else_may_enter_it() {
        let (_parent, dir) = open();
        std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("our directory");
        let again = DataDir::open(dir.path()).expect("the same directory");
        assert_eq!(again.path().metadata().expect("it exists").permissions().mode() & 0o777, PRIVATE_DIR);
    }

    #[test]
    fn a_directory_of_others_is_left_as_it_is() {
        let (parent, dir) = open();
        let open_to_all = |path: &Path| {
            std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("our directory");
        };
        open_to_all(parent.path());
        let refused = DataDir::open(parent.path()).expect_err("it holds what is not ours").to_string();
        assert!(refused.contains("--data-dir") && refused.contains("docklet"), "{refused}");
        let mode = parent.path().metadata().expect("it exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o755, "nothing was changed");
        dir.installation(None).expect("an id");
        open_to_all(dir.path());
        DataDir::open(dir.path()).expect("ours, though it was opened to others");
        let disk = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(disk.path().join("lost+found")).expect("a directory");
        open_to_all(disk.path());
        DataDir::open(disk.path()).expect("a new file system");
    }

    #[test]
    fn a_second_daemon_is_told_who_has_it() {
        let (_parent, dir) = open();
        let lock = dir.lock().expect("the first lock");
        let refused = dir.lock().expect_err("must be refused").to_string();
        assert!(refused.contains(&format!("process {};", std::process::id())), "{refused}");
        drop(lock);
        dir.lock().expect("free again");
    }

    #[test]
    fn names_are_chosen_once() {
        let (_parent, dir) = open();
        let id = dir.installation(None).expect("an id");
        assert_eq!(dir.installation(Some(InstallationId::new(Uuid::nil()))).expect("the same id"), id);
        assert_eq!(dir.worker_name("Lab-1.Example").expect("a name").as_str(), "lab-1.example");
        assert_eq!(dir.worker_name("renamed").expect("a name").as_str(), "lab-1.example");
    }

    #[test]
    fn a_spoiled_id_is_not_silently_replaced() {
        let (_parent, dir) = open();
        dir.write_private("installation", "lab").expect("our directory");
        assert!(matches!(dir.installation(None), Err(DataDirError::Spoiled { .. })));
    }

    #[test]
    fn every_host_name_becomes_a_worker_name() {
        for (host, worker) in
            [("lab", "lab"), ("LAB_1", "lab-1"), ("10-0-0-1", "host"), ("7lab.", "lab"), ("", "host"), ("läb", "l-b")]
        {
            assert_eq!(as_worker_name(host), worker, "{host}");
        }
    }
}
