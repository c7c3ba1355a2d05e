//! The etcd program under a name of a test's own. An etcd that is run under it can be kept down for a while, so that its data
//! are copied or replaced by an older copy, as when an administrator restores a backup.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::eventually;

const SOON: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct EtcdProgram(TempDir);

impl Default for EtcdProgram {
    fn default() -> Self {
        Self::new()
    }
}

impl EtcdProgram {
    /// # Panics
    /// When there is no etcd in PATH.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&path).map(|folder| folder.join("etcd")).find(|program| program.is_file());
        symlink(found.expect("etcd is in PATH"), directory.path().join("etcd")).expect("a link");
        Self(directory)
    }

    /// For `etcd.binary`.
    pub fn path(&self) -> PathBuf {
        self.0.path().join("etcd")
    }

    /// A copy of the data of the etcd of our own in this directory.
    ///
    /// # Panics
    /// When they cannot be copied.
    pub async fn copy(&self, directory: &Path) -> TempDir {
        let copy = tempfile::tempdir().expect("a directory");
        self.while_down(directory, || copy_tree(&directory.join("data"), &copy.path().join("data"))).await;
        copy
    }

    /// Puts the copy in their place.
    ///
    /// # Panics
    /// When they cannot be replaced.
    pub async fn put_back(&self, directory: &Path, copy: &TempDir) {
        let data = directory.join("data");
        self.while_down(directory, || {
            fs::remove_dir_all(&data).expect("etcd's data");
            copy_tree(&copy.path().join("data"), &data);
        })
        .await;
    }

    /// All of its data are lost.
    ///
    /// # Panics
    /// When they cannot be removed.
    pub async fn lose(&self, directory: &Path) {
        self.while_down(directory, || fs::remove_dir_all(directory.join("data")).expect("etcd's data")).await;
    }

    /// Kills the etcd of this directory; the process that has started it may start it again.
    pub fn kill(&self, directory: &Path) {
        running(directory).iter().for_each(|pid| kill(pid));
    }

    /// It is started again at once when it ends, so meanwhile there is no program.
    async fn while_down(&self, directory: &Path, act: impl FnOnce()) {
        let away = self.0.path().join("away");
        fs::rename(self.path(), &away).expect("our own link");
        eventually("etcd is down", SOON, || async {
            let running = running(directory);
            running.iter().for_each(|pid| kill(pid));
            running.is_empty()
        })
        .await;
        act();
        fs::rename(&away, self.path()).expect("our own link");
    }
}

/// It may have ended already.
fn kill(pid: &str) {
    let _ = Command::new("kill").args(["-s", "KILL", pid]).stderr(Stdio::null()).status();
}

/// The processes that work in this directory: etcd runs in it.
fn running(directory: &Path) -> Vec<String> {
    let directory = directory.canonicalize().expect("etcd's directory");
    let entries = fs::read_dir("/proc").expect("/proc");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let works_here =
        |pid: &String| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&directory));
    pids.filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit())).filter(works_here).collect()
}

fn copy_tree(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-a", "--"]).args([from, to]).status().expect("to run cp");
    assert!(copied.success(), "cp -a {} {}", from.display(), to.display());
}
