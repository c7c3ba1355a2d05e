//! An instance's directories on the host: one with the socket of its docklet-init, which only this host has, and one through
//! which docklet-init is handed that socket, which its container can only read ([`Handover`](node_init::client::Handover)).
//!
//! Nodes made by an older dockletd have the first one mounted and can write there, so what is in it is not trusted: no link
//! is followed, and however deep or wide a tenant has made it, clearing it away takes bounded memory.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt, PermissionsExt as _},
    },
    path::{Path, PathBuf},
};

use domain::InstanceId;
use rustix::{
    fs::{AtFlags, CWD, Dir, Mode, OFlags, RenameFlags, openat, renameat_with, unlinkat},
    io::Errno,
};

/// All nodes' directories are in this one.
const NODES: &str = "nodes";
/// After a node's id: its directory for the handover.
const OFFER: &str = "offer";
/// After a node's id: what could not be removed.
const LEFT: &str = "left";

pub(crate) fn path(data_dir: &Path, node: InstanceId) -> PathBuf {
    data_dir.join(NODES).join(node.to_string())
}

/// What the node has mounted.
pub(crate) fn offer(data_dir: &Path, node: InstanceId) -> PathBuf {
    path(data_dir, node).with_extension(OFFER)
}

/// Whether the node was made by a dockletd from before the handover: it has its directory itself mounted, and can write
/// there.
pub(crate) fn is_shared(data_dir: &Path, node: InstanceId) -> bool {
    !offer(data_dir, node).exists() && path(data_dir, node).exists()
}

/// Only the worker's user may enter the first: other users of the host must not reach the nodes' sockets. The other one is
/// for the node's root, which need not be this host's; its parent keeps other users out. It is made first, so that a
/// directory without one was made by an older dockletd.
pub(crate) fn make(data_dir: &Path, node: InstanceId) -> io::Result<()> {
    let offer = offer(data_dir, node);
    DirBuilder::new().recursive(true).mode(0o700).create(&offer)?;
    fs::set_permissions(&offer, Permissions::from_mode(0o755))?;
    DirBuilder::new().recursive(true).mode(0o700).create(path(data_dir, node))
}

/// The nodes that have one.
pub(crate) fn nodes(data_dir: &Path) -> io::Result<Vec<InstanceId>> {
    let mut nodes = Vec::new();
    for entry in fs::read_dir(data_dir.join(NODES))? {
        // What has another name was put aside.
        let id = |name: &str| name.strip_suffix(".offer").unwrap_or(name).parse::<InstanceId>().ok();
        nodes.extend(entry?.file_name().to_str().and_then(id));
    }
    nodes.sort_unstable();
    nodes.dedup();
    Ok(nodes)
}

/// Removes them with all that is in them. What cannot be removed is put aside under a name that no node uses.
pub(crate) async fn remove(data_dir: &Path, node: InstanceId) -> io::Result<()> {
    let (dir, offer) = (path(data_dir, node), offer(data_dir, node));
    // The offer last: without it, what is left would pass for a node's from before.
    let removed =
        tokio::task::spawn_blocking(move || remove_or_put_aside(&dir).and_then(|()| remove_or_put_aside(&offer)));
    match removed.await {
        Ok(outcome) => outcome,
        Err(panicked) => Err(io::Error::other(panicked)),
    }
}

/// Tries once more to remove what was put aside: this worker may be root where the former one was not.
pub(crate) fn clear_left(data_dir: &Path) {
    for dir in left(data_dir) {
        if let Err(fault) = clear(&dir) {
            tracing::warn!(dir = %dir.display(), %fault, "what an older node left cannot be removed; remove it as root");
        }
    }
}

/// What was put aside, in order; nothing where it cannot be looked at.
pub fn left(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir.join(NODES)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut left: Vec<_> = entries.filter(|dir| dir.extension().is_some_and(|extension| extension == LEFT)).collect();
    left.sort_unstable();
    left
}

fn remove_or_put_aside(dir: &Path) -> io::Result<()> {
    match clear(dir) {
        Ok(()) => Ok(()),
        Err(Errno::NOENT) => Ok(()),
        Err(fault @ (Errno::ACCESS | Errno::PERM)) => {
            // A worker that is not root cannot remove what a node's root has made. Put aside, it is in no node's way.
            tracing::warn!(dir = %dir.display(), %fault, "a node's directory cannot be removed and is put aside");
            fs::rename(dir, dir.with_extension(LEFT))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Without recursion: what is in a subdirectory is moved up before the subdirectory is removed.
fn clear(dir: &Path) -> Result<(), Errno> {
    let top = open(CWD, dir)?;
    let mut moved = 0;
    loop {
        let subdirectories = remove_files(&top)?;
        if subdirectories.is_empty() {
            break;
        }
        for name in subdirectories {
            let inner = open(&top, &name)?;
            loop {
                let deeper = remove_files(&inner)?;
                if deeper.is_empty() {
                    break;
                }
                for name in deeper {
                    move_up(&inner, &name, &top, &mut moved)?;
                }
            }
            unlinkat(&top, &name, AtFlags::REMOVEDIR)?;
        }
    }
    unlinkat(CWD, dir, AtFlags::REMOVEDIR)
}

fn open<P: rustix::path::Arg>(at: impl std::os::fd::AsFd, path: P) -> Result<OwnedFd, Errno> {
    openat(at, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Removes everything that is no directory, and every empty one; returns the names of the others, a bounded number.
fn remove_files(dir: &OwnedFd) -> Result<Vec<std::ffi::CString>, Errno> {
    const MOST: usize = 256;
    let mut left = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        match unlinkat(dir, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => continue,
            // What Linux and POSIX say of a directory.
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(fault) => return Err(fault),
        }
        match unlinkat(dir, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST) => left.push(name.to_owned()),
            Err(fault) => return Err(fault),
        }
        if left.len() == MOST {
            break;
        }
    }
    Ok(left)
}

fn move_up(from: &OwnedFd, name: &std::ffi::CStr, top: &OwnedFd, moved: &mut u64) -> Result<(), Errno> {
    loop {
        *moved += 1;
        let free = format!("moved-up-{moved}");
        match renameat_with(from, name, top, free, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests;
