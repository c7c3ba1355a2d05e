//! The secret that the processes of an installation share.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, Result};
use control::ports::clock::{Entropy as _, SystemEntropy};

use super::show;

/// The owner may write it, and one group may be let in to read.
const PRIVATE: u32 = 0o640;

/// Prints a new secret, or keeps it in a file. A file that is there is left as it is: the second caller shares the secret of
/// the first.
pub(super) fn secret(file: Option<&Path>) -> Result<()> {
    let mut bytes = [0_u8; 32];
    SystemEntropy.fill(&mut bytes);
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let Some(file) = file else { return show::line(&secret) };
    let context = || format!("cannot write the cluster secret to {}", file.display());
    let half = file.with_extension(format!("new-{}", std::process::id()));
    // In a container, a process that was ended in the middle had the same number.
    let _ = std::fs::remove_file(&half);
    let written = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&half).and_then(|mut half| {
        writeln!(half, "{secret}")?;
        half.sync_all()
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&half);
    }
    written.with_context(context)?;
    // Unlike a rename, a link never takes the place of something.
    let linked = std::fs::hard_link(&half, file);
    std::fs::remove_file(&half).with_context(context)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            show::line(&format!("{} is there already and stays as it is", file.display()))
        }
        linked => linked.with_context(context),
    }
}
