//! The socket in the run directory, and who may speak on it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::{fs, io::ErrorKind};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;

use crate::protocol::SOCKET_NAME;

/// Makes the socket, in place of one a former life of this node left.
/// Its mode lets a worker that is not root connect; the host keeps everybody else out of the directory.
pub(super) fn bind(run_dir: &Path) -> io::Result<UnixListener> {
    let path = run_dir.join(SOCKET_NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Whether the process behind this connection may ask: one from outside of the node (the kernel knows no pid of it
/// here), root, or the user docklet-init runs as. A user of the node without root must not get a root shell this way.
pub(super) fn may_ask(stream: &impl AsFd) -> bool {
    getsockopt(stream, PeerCredentials)
        .is_ok_and(|peer| peer.pid() == 0 || peer.uid() == 0 || peer.uid() == geteuid().as_raw())
}
