//! The docklet-init that nodes are given: a copy in a directory that every node has mounted, read-only, so that a node that
//! is started again has the present one.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Names what is in this file.
pub(crate) fn version(copy: &Path) -> io::Result<String> {
    Ok(hex::encode(&Sha256::digest(fs::read(copy)?)[..8]))
}

/// Takes the place of the former one by a rename: nodes that run it go on running the file they were started from.
/// (Beside it lie copies of dockletd's from before, each of which nodes have mounted by itself; they stay.)
pub(crate) fn install(init: &Path, data_dir: &Path) -> io::Result<PathBuf> {
    let binary = fs::read(init)?;
    let bin = data_dir.join("bin");
    DirBuilder::new().recursive(true).mode(0o755).create(&bin)?;
    let copy = bin.join("docklet-init");
    if fs::read(&copy).is_ok_and(|there| there == binary) {
        return Ok(copy);
    }
    // Under its name there is always a whole one, also after a crash in between.
    let half = bin.join(format!(".docklet-init.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(&half)?;
    file.write_all(&binary)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&half, &copy)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_new_version_takes_the_place_of_the_old_one_and_a_damaged_one_is_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let init = dir.path().join("docklet-init");
        fs::write(&init, "one").expect("written");
        let copy = install(&init, dir.path()).expect("installed");
        assert_eq!(fs::metadata(&copy).expect("is there").permissions().mode() & 0o777, 0o755);
        let mut running = fs::File::open(&copy).expect("a node runs it");
        fs::write(&init, "two").expect("written");
        assert_eq!(install(&init, dir.path()).expect("installed"), copy, "at the place nodes know");
        assert_eq!(fs::read_to_string(&copy).expect("read"), "two");
        let mut old = String::new();
        running.read_to_string(&mut old).expect("read");
        assert_eq!(old, "one", "what runs is not written to");
        fs::write(&copy, "tw").expect("written");
        install(&init, dir.path()).expect("installed");
        assert_eq!(fs::read_to_string(&copy).expect("read"), "two");
        assert_eq!(fs::read_dir(dir.path().join("bin")).expect("listed").count(), 1, "nothing half is left");
    }
}
