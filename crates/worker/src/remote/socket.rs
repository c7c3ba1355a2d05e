//! How a TCP connection of the worker stream is set up: a peer that is gone without a word is noticed within half a minute.

use std::{io, time::Duration};

use rustix::net::sockopt;
use tokio::net::TcpStream;

const ASK_AFTER: Duration = Duration::from_secs(10);
const ASK_EVERY: Duration = Duration::from_secs(5);
const ASK_TIMES: u32 = 3;
/// What was sent must be acknowledged within this time.
const UNACKNOWLEDGED: Duration = Duration::from_secs(25);

/// From here on the other side may take its time to read, and a pause of its reader is no death: the limit counts those, too.
/// Who is gone without a word is noticed by the questions above, and with data on the way by the system's own limit.
pub(super) fn lasts(stream: &TcpStream) -> io::Result<()> {
    Ok(sockopt::set_tcp_user_timeout(stream, 0)?)
}

pub(super) fn set_up(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, ASK_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, ASK_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, ASK_TIMES)?;
    sockopt::set_tcp_user_timeout(stream, u32::try_from(UNACKNOWLEDGED.as_millis()).unwrap_or(u32::MAX))?;
    Ok(())
}
