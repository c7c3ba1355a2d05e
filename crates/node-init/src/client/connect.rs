//! Connecting to a socket in a directory the tenant can write to: what is there must be a socket, never a link to one.

use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use tokio::net::UnixStream;

use super::ClientError;
use super::closer::Closer;
use super::stream::NodeStream;
use crate::protocol::SOCKET_NAME;

/// Opens the entry itself (no link is followed), checks it, and connects to exactly what was checked.
pub(super) async fn connect(run_dir: &Path) -> Result<NodeStream, ClientError> {
    let closer = Closer::of(run_dir);
    let entry =
        openat(CWD, run_dir.join(SOCKET_NAME), OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
            .map_err(|errno| match errno {
                Errno::LOOP | Errno::NOTDIR => ClientError::Refused("its path leads elsewhere"),
                _ => ClientError::Unreachable(errno.into()),
            })?;
    let stat = fstat(&entry).map_err(|errno| ClientError::Unreachable(errno.into()))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Socket => {}
        FileType::Symlink => return Err(ClientError::Refused("it is a symbolic link")),
        _ => return Err(ClientError::Refused("it is not a socket")),
    }
    let path = format!("/proc/self/fd/{}", entry.as_raw_fd());
    let stream = UnixStream::connect(path).await.map_err(ClientError::Unreachable)?;
    drop(entry);
    NodeStream::new(stream, closer).map_err(ClientError::Unreachable)
}
