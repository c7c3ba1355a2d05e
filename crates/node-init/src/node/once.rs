//! Keeps a second start of a container from running its command again. The engine starts an ended container for every caller
//! who asks.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use rustix::process::{Pid, getpid};

/// In the container's own layer, which goes with the container.
const MARK: &str = "/.docklet/begun";

/// Says whether this is the first time. Only PID 1 has a container of its own.
pub(super) fn begin(instance: &str) -> io::Result<bool> {
    if getpid() == Pid::INIT { mark(Path::new(MARK), instance) } else { Ok(true) }
}

/// The mark names the instance: an image that was made of a task's container has that one's.
fn mark(path: &Path, instance: &str) -> io::Result<bool> {
    match fs::read_to_string(path) {
        Ok(marked) if marked == instance => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut file = File::create(path)?;
    file.write_all(instance.as_bytes())?;
    // On the disk before the command has done anything: power may fail.
    file.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_first_time_once_for_each_instance() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let path = dir.path().join("begun");
        assert!(mark(&path, "one").expect("marked"));
        assert!(!mark(&path, "one").expect("looked at"));
        assert!(mark(&path, "two").expect("an image was made of the first"));
        assert!(!mark(&path, "two").expect("looked at"));
        assert!(mark(&dir.path().join("no/such/place"), "one").is_err());
    }
}
