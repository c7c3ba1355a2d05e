//! Key pairs, made by ssh-keygen, in a home that several nodes use at once: the first to link its key to the name wins.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;

use super::files;
use crate::protocol::SshPublicKey;

/// One byte more than a key may have: what is cut off there is none.
const LONGEST_PUBLIC: u64 = SshPublicKey::LONGEST as u64 + 1;
const TEMPORARY: &str = ".docklet-key-";
/// A temporary key this old belongs to a node that was stopped while it made it.
const LEFTOVER_AGE: Duration = Duration::from_secs(600);

/// Makes the key pair unless it exists. Never replaces a file.
pub(super) fn make(key: &Path, comment: &str) -> io::Result<()> {
    if !key.exists() {
        let temporary = temporary_name(key)?;
        let made = keygen(&["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"], &temporary)
            .and_then(|_| link_unless_taken(&temporary, key));
        let removed = remove(&temporary).and(remove(&public_name(&temporary)));
        made.and(removed)?;
    }
    let public_file = public_name(key);
    if !public_file.exists() {
        let temporary = temporary_name(&public_file)?;
        fs::write(&temporary, format!("{}\n", public(key)?))?;
        let linked = link_unless_taken(&temporary, &public_file);
        linked.and(remove(&temporary))?;
    }
    Ok(())
}

/// The public half, always from the private one: they cannot disagree.
pub(super) fn public(key: &Path) -> io::Result<String> {
    let output = keygen(&["-y", "-P", "", "-f"], key)?;
    match String::from_utf8(output) {
        Ok(text) if text.starts_with("ssh-ed25519 ") => Ok(text.trim().to_owned()),
        _ => Err(io::Error::other(format!("{} is not the private half of an ed25519 key", key.display()))),
    }
}

/// The key in a public half's file.
pub(super) fn read_public(ssh: &File, name: &str) -> io::Result<SshPublicKey> {
    let mut text = Vec::new();
    files::open_in(ssh, name, OFlags::RDONLY)?.take(LONGEST_PUBLIC).read_to_end(&mut text)?;
    let key = str::from_utf8(&text).ok().and_then(|text| text.parse::<SshPublicKey>().ok());
    key.ok_or_else(|| io::Error::other(format!("~/.ssh/{name} is no public key")))
}

/// Removes what nodes left that were stopped while they made keys.
pub(super) fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let ours = entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
        let age = entry.metadata().and_then(|data| data.modified()).map(|at| SystemTime::now().duration_since(at));
        if ours && matches!(age, Ok(Ok(age)) if age > LEFTOVER_AGE) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Unique among nodes: a container's host name is its id or its node's name, and each container has one such helper.
fn temporary_name(key: &Path) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(key.with_file_name(format!("{TEMPORARY}{:016x}", u64::from_ne_bytes(random))))
}

fn public_name(key: &Path) -> PathBuf {
    let mut name = key.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn link_unless_taken(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn keygen(arguments: &[&str], file: &Path) -> io::Result<Vec<u8>> {
    let output = Command::new("ssh-keygen").args(arguments).arg(file).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(io::Error::other(format!("ssh-keygen refused {}: {why}", file.display())))
}
