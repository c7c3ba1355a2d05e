//! Directories as a hostile node leaves them.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn node() -> InstanceId {
    "0198c0de-0000-7000-8000-000000000001".parse().expect("an id")
}

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let data = tempfile::tempdir().expect("a directory");
    make(data.path(), node()).expect("made");
    let dir = path(data.path(), node());
    (data, dir)
}

#[test]
fn only_the_owner_may_enter_and_making_it_again_changes_nothing() {
    let (data, dir) = fresh();
    fs::write(dir.join("init.sock"), "").expect("written");
    make(data.path(), node()).expect("made again");
    assert!(dir.join("init.sock").exists());
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&dir), mode(dir.parent().expect("nodes"))), (0o700, 0o700));
}

#[tokio::test]
async fn links_are_removed_and_not_followed() {
    let (data, dir) = fresh();
    let outside = data.path().join("outside");
    fs::create_dir(&outside).expect("made");
    fs::write(outside.join("precious"), "x").expect("written");
    symlink(&outside, dir.join("link")).expect("linked");
    fs::create_dir(dir.join("sub")).expect("made");
    symlink(&outside, dir.join("sub/link")).expect("linked");
    remove(data.path(), node()).await.expect("removed");
    assert!(!dir.exists());
    assert!(outside.join("precious").exists());
}

#[tokio::test]
async fn a_directory_put_in_place_of_a_link_leads_nowhere() {
    let (data, dir) = fresh();
    fs::remove_dir(&dir).expect("removed");
    let outside = data.path().join("outside");
    fs::create_dir(&outside).expect("made");
    symlink(&outside, &dir).expect("linked");
    assert!(remove(data.path(), node()).await.is_err(), "a link where the directory should be is not followed");
    assert!(outside.exists());
}

/// Deeper than the usual limit of open files, wider than what is removed in one go.
#[tokio::test]
async fn a_very_deep_and_wide_directory_is_cleared() {
    let (data, dir) = fresh();
    let mut at = open(CWD, &dir).expect("opened");
    for _ in 0..1_500 {
        rustix::fs::mkdirat(&at, "d", Mode::RWXU).expect("made");
        at = open(&at, "d").expect("opened");
    }
    for n in 0..300 {
        fs::create_dir_all(dir.join(format!("wide/{n}/x"))).expect("made");
    }
    remove(data.path(), node()).await.expect("removed");
    assert!(!dir.exists());
}

#[tokio::test]
async fn one_that_is_not_there_is_removed_already() {
    let data = tempfile::tempdir().expect("a directory");
    remove(data.path(), node()).await.expect("nothing to do");
}
