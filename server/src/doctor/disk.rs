//! Room on the disks that Docklet and the engine write to: bytes and inodes.

use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use super::finding::Finding;

const GIB: u64 = 1 << 30;
/// A record that cannot be written stops the whole installation.
const LEAST_BYTES: u64 = GIB / 2;
/// Images and what nodes write.
const FEW_BYTES: u64 = 5 * GIB;
/// Of a hundred.
const LEAST_INODES: u64 = 1;
const FEW_INODES: u64 = 5;

/// One file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Space {
    /// What is written there.
    whose: &'static str,
    path: PathBuf,
    free: u64,
    /// `None` where the file system has no fixed number of them.
    inodes: Option<Inodes>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Inodes {
    free: u64,
    all: u64,
}

pub(super) fn look(data_dir: &Path, engine_root: Option<&str>) -> Vec<Space> {
    let mut spaces = vec![space("data directory", data_dir)];
    if let Some(root) = engine_root.filter(|root| !root.is_empty()) {
        spaces.push(space("images and nodes", Path::new(root)));
    }
    spaces.into_iter().flatten().collect()
}

/// What is not there yet will be made in the nearest directory that is.
fn space(whose: &'static str, path: &Path) -> Option<Space> {
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find(|path| path.exists())?;
    let found = statvfs(there).ok()?;
    let inodes = (found.f_files > 0).then_some(Inodes { free: found.f_favail, all: found.f_files });
    Some(Space { whose, path: absolute.clone(), free: found.f_bavail.saturating_mul(found.f_frsize), inodes })
}

pub(super) fn judge(spaces: &[Space]) -> Vec<Finding> {
    spaces.iter().map(judge_one).collect()
}

fn judge_one(space: &Space) -> Finding {
    const CHECK: &str = "disk space";
    let Space { whose, path, free, inodes } = space;
    let place = format!("{whose}, {}", path.display());
    let mend =
        "Make room (`docker system prune` removes images and containers nobody uses), or move it to a larger disk.";
    let inodes_left = inodes.map(|inodes| inodes.free.saturating_mul(100) / inodes.all);
    let few = |least: u64, left: u64| left < least;
    if few(LEAST_BYTES, *free) {
        return Finding::problem(CHECK, format!("{place}: only {} MiB are free", free >> 20), mend);
    }
    if inodes_left.is_some_and(|left| few(LEAST_INODES, left)) {
        return Finding::problem(CHECK, format!("{place}: there is room, but hardly an inode for a new file"), mend);
    }
    if few(FEW_BYTES, *free) {
        return Finding::warning(CHECK, format!("{place}: {} MiB are free", free >> 20), mend);
    }
    if let Some(left) = inodes_left.filter(|left| few(FEW_INODES, *left)) {
        return Finding::warning(CHECK, format!("{place}: only {left} % of the inodes are free"), mend);
    }
    Finding::ok(CHECK, format!("{place}: {} GiB free", free / GIB))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn level(free: u64, inodes: Option<(u64, u64)>) -> Level {
        let inodes = inodes.map(|(free, all)| Inodes { free, all });
        judge_one(&Space { whose: "data directory", path: "/d".into(), free, inodes }).level
    }

    #[test]
    fn bytes_and_inodes_both_count() {
        assert_eq!(level(50 * GIB, Some((50, 100))), Level::Ok);
        assert_eq!(level(50 * GIB, None), Level::Ok);
        assert_eq!(level(GIB, None), Level::Warning);
        assert_eq!(level(GIB / 4, None), Level::Problem);
        assert_eq!(level(50 * GIB, Some((3, 100))), Level::Warning);
        assert_eq!(level(50 * GIB, Some((0, 100))), Level::Problem);
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_judged_by_its_parent() {
        let dir = tempfile::tempdir().expect("a directory");
        let there = space("data directory", dir.path()).expect("a file system");
        let not_yet = space("data directory", &dir.path().join("a/b")).expect("a file system");
        assert_eq!(there.inodes.map(|inodes| inodes.all), not_yet.inodes.map(|inodes| inodes.all));
    }
}
