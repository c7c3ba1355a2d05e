//! Clients that watch the node's listening ports. Each watcher has a thread that looks at the table while the watcher
//! is there, and only then. Knows nothing of services or terminals.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::listeners::{self, Listener, Look};
use super::request::{Connection, encode};
use super::{log, ports};
use crate::protocol::{Done, ErrorBody, ErrorCode, ListeningPort, MAX_PORT_WATCHERS};

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Where the kernel has to be asked the expensive way.
const LOOK_SELDOM_EVERY: Duration = Duration::from_secs(1);
/// How often a port's process is looked for while it has no name: it may be on its way from one program to another.
const NAME_TRIES: u32 = 10;
/// How long a watcher may leave news unread.
const PATIENCE: Duration = Duration::from_secs(5);
/// Looking reads small files and keeps small lists.
const STACK: usize = 128 * 1024;

/// Counts the watchers.
#[derive(Debug, Default)]
pub(super) struct PortWatch {
    watchers: Arc<()>,
}

impl PortWatch {
    /// Makes the connection a watcher. Gives it back when it is already answered.
    pub(super) fn begin(&self, mut connection: Connection) -> Option<Connection> {
        if Arc::strong_count(&self.watchers) > MAX_PORT_WATCHERS {
            let message = format!("a node has at most {MAX_PORT_WATCHERS} watchers of its ports; close one first");
            connection.reply::<Done>(Err(ErrorBody::new(ErrorCode::Busy, message)));
            return Some(connection);
        }
        let token = Arc::clone(&self.watchers);
        let (stream, _) = connection.into_stream();
        let run = move || {
            // It ends when the watcher leaves or does not read; no client is left to tell.
            let _ = serve(&stream);
            drop(token);
        };
        // Without a thread the connection is dropped with the closure, and the watcher comes again.
        if let Err(error) = thread::Builder::new().stack_size(STACK).spawn(run) {
            log::line(format_args!("no thread for a watcher of ports: {error}"));
        }
        None
    }
}

/// Until the watcher is gone.
fn serve(mut stream: &UnixStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut watch = Watch::default();
    loop {
        let Look { listeners, cheap } = listeners::look();
        if let Some(news) = watch.compare(listeners) {
            stream.write_all(&encode(Ok(news)))?;
        }
        if leaves_within(stream, if cheap { LOOK_EVERY } else { LOOK_SELDOM_EVERY })? {
            return Ok(());
        }
    }
}

/// What the watcher knows.
#[derive(Debug, Default)]
struct Watch {
    seen: Option<Vec<Listener>>,
    told: Option<Vec<ListeningPort>>,
    /// How often a name was looked for in vain.
    nameless: u32,
}

impl Watch {
    /// The ports, if they have changed. The processes that hold them are only looked for when the sockets have changed.
    fn compare(&mut self, sockets: Vec<Listener>) -> Option<&[ListeningPort]> {
        let same = self.seen.as_ref() == Some(&sockets);
        if same && !(1..NAME_TRIES).contains(&self.nameless) {
            return None;
        }
        let ports = ports::of(&sockets);
        let unnamed = ports.iter().any(|port| port.process.is_none());
        self.nameless = if !unnamed {
            0
        } else if same {
            self.nameless + 1
        } else {
            1
        };
        self.seen = Some(sockets);
        if self.told.as_ref() == Some(&ports) {
            return None;
        }
        Some(self.told.insert(ports))
    }
}

/// Waits; true as soon as the watcher closes. It has nothing to say, so whatever comes from it is its end.
fn leaves_within(stream: &UnixStream, pause: Duration) -> io::Result<bool> {
    let mut fds = [PollFd::new(stream, PollFlags::IN | PollFlags::RDHUP)];
    let pause =
        Timespec { tv_sec: i64::try_from(pause.as_secs()).unwrap_or(i64::MAX), tv_nsec: pause.subsec_nanos().into() };
    match poll(&mut fds, Some(&pause)) {
        Ok(happened) => Ok(happened > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn everything_is_told_at_first_and_afterwards_only_changes() {
        let has = |news: &[ListeningPort], port: u16| news.iter().any(|listening| listening.port == port);
        let first = TcpListener::bind("127.0.0.1:0").expect("a port");
        let second = TcpListener::bind("127.0.0.1:0").expect("a port");
        let (first_port, second_port) =
            (first.local_addr().expect("an address").port(), second.local_addr().expect("an address").port());
        drop(second);
        let mut watch = Watch::default();
        let look = || listeners::look().listeners;
        let news = watch.compare(look()).expect("the list comes at once");
        assert!(has(news, first_port) && !has(news, second_port));
        let second = TcpListener::bind(("127.0.0.1", second_port)).expect("the same port");
        assert!(has(watch.compare(look()).expect("a port more is news"), second_port));
        drop((first, second));
        assert!(!has(watch.compare(look()).expect("fewer ports are news"), first_port));
    }
}
