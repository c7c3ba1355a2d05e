//! The copy of docklet-init that nodes are given: named by what is in it, so that it outlives every upgrade.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Nodes have the copy mounted: it is never changed, and stays where it is when another version comes.
pub(crate) fn install(init: &Path, data_dir: &Path) -> io::Result<PathBuf> {
    let binary = fs::read(init)?;
    let bin = data_dir.join("bin");
    DirBuilder::new().recursive(true).mode(0o755).create(&bin)?;
    let digest = hex::encode(Sha256::digest(&binary));
    let copy = bin.join(format!("docklet-init-{}", &digest[..16]));
    if fs::read(&copy).is_ok_and(|there| there == binary) {
        return Ok(copy);
    }
    // Under its name there is always a whole one, also after a crash in between.
    let half = bin.join(format!(".docklet-init-{}.{}", &digest[..16], std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(&half)?;
    file.write_all(&binary)?;
    file.sync_all()?;
    fs::rename(&half, &copy)?;
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_version_has_its_own_copy_and_a_damaged_one_is_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        let init = dir.path().join("docklet-init");
        fs::write(&init, "one").expect("written");
        let one = install(&init, dir.path()).expect("installed");
        assert_eq!(fs::metadata(&one).expect("is there").permissions().mode() & 0o777, 0o755);
        fs::write(&init, "two").expect("written");
        let two = install(&init, dir.path()).expect("installed");
        assert_ne!(one, two);
        assert_eq!(fs::read_to_string(&one).expect("read"), "one", "nodes may have it mounted");
        fs::write(&two, "tw").expect("written");
        assert_eq!(install(&init, dir.path()).expect("installed"), two);
        assert_eq!(fs::read_to_string(&two).expect("read"), "two");
    }
}
