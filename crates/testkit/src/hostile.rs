//! Nodes in a tenant's hands: what listens where docklet-init should, and what it does to its clients. Knows no
//! dockletd; has threads of its own, so that what it holds up is seen elsewhere.

use std::{
    fs,
    io::{IoSlice, Read, Write},
    mem::MaybeUninit,
    net::{TcpListener, TcpStream},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{
    fs::{CWD, Mode},
    net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg, sockopt},
};

/// The kernel takes no more in one message.
pub const MOST_DESCRIPTORS: usize = 253;
/// A reply that would be right for a list.
const REPLY: &[u8] = b"\0\0\0\x09{\"ok\":[]}";
/// Longer than any client waits for a node.
const HELD: Duration = Duration::from_secs(60);

/// A socket whose last close waits for an hour, and what keeps the other end of it from reading.
#[derive(Debug)]
pub struct Lingering {
    pub socket: OwnedFd,
    pub others: (TcpListener, TcpStream),
}

impl Lingering {
    /// # Panics
    /// When this machine has no sockets left.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        // Small buffers are soon full.
        sockopt::set_socket_recv_buffer_size(&listener, 4096).expect("set");
        let stream = TcpStream::connect(listener.local_addr().expect("its address")).expect("connected");
        let (other, _) = listener.accept().expect("accepted");
        sockopt::set_socket_send_buffer_size(&stream, 4096).expect("set");
        stream.set_nonblocking(true).expect("set");
        while (&stream).write(&[0; 64 * 1024]).is_ok() {}
        sockopt::set_socket_linger(&stream, Some(Duration::from_secs(3600))).expect("set");
        Self { socket: stream.into(), others: (listener, other) }
    }

    /// The same inside of another socket, where no option of it can be changed.
    ///
    /// # Panics
    /// When this machine has no sockets left.
    pub fn wrapped() -> Self {
        let Self { socket, others } = Self::new();
        let (outer, filler) = UnixStream::pair().expect("a pair");
        pass(&filler, b"x", &[socket.as_fd()], SendFlags::empty());
        Self { socket: outer.into(), others }
    }
}

impl Default for Lingering {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends bytes with copies of these descriptors; whether the other side still took them.
///
/// # Panics
/// When there are more than [`MOST_DESCRIPTORS`].
pub fn pass(to: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>], flags: SendFlags) -> bool {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    assert!(descriptors.is_empty() || control.push(SendAncillaryMessage::ScmRights(descriptors)));
    sendmsg(to, &[IoSlice::new(bytes)], &mut control, flags | SendFlags::NOSIGNAL).is_ok()
}

/// What a hostile node does to each client, or has put in the place of its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdeed {
    /// Passes a socket along that waits when it is closed.
    Lingers,
    /// Passes as many as the kernel takes, each hidden in another socket.
    Fills,
    /// Passes one with an out-of-band byte.
    OutOfBand,
    /// Answers with a byte a second.
    Dribbles,
    /// Answers half.
    BreaksOff,
    /// Sends as much as it can.
    Floods,
    Directory,
    Fifo,
    /// A link to the engine's socket.
    Link,
}

impl Misdeed {
    pub const ALL: [Self; 9] = [
        Self::Lingers,
        Self::Fills,
        Self::OutOfBand,
        Self::Dribbles,
        Self::BreaksOff,
        Self::Floods,
        Self::Directory,
        Self::Fifo,
        Self::Link,
    ];
}

/// Listens, or stands, in the place of a docklet-init until it is dropped.
#[derive(Debug)]
pub struct HostileNode {
    place: PathBuf,
    over: Arc<AtomicBool>,
}

impl HostileNode {
    /// # Panics
    /// When it cannot take the place.
    pub fn take_place(place: &Path, misdeed: Misdeed) -> Self {
        let _ = fs::remove_file(place);
        let over = Arc::new(AtomicBool::new(false));
        match misdeed {
            Misdeed::Directory => fs::create_dir(place).expect("a directory"),
            Misdeed::Fifo => {
                rustix::fs::mknodat(CWD, place, rustix::fs::FileType::Fifo, Mode::RWXU, 0).expect("a fifo")
            }
            Misdeed::Link => std::os::unix::fs::symlink("/var/run/docker.sock", place).expect("a link"),
            _ => {
                let listener = UnixListener::bind(place).expect("a socket");
                let over = Arc::clone(&over);
                thread::spawn(move || serve(&listener, misdeed, &over));
            }
        }
        Self { place: place.to_owned(), over }
    }
}

impl Drop for HostileNode {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Its thread waits for the next client.
        drop(UnixStream::connect(&self.place));
        // Gone with its node, perhaps.
        let _ = fs::remove_file(&self.place).or_else(|_| fs::remove_dir(&self.place));
    }
}

fn serve(listener: &UnixListener, misdeed: Misdeed, over: &AtomicBool) {
    // What keeps sockets from being read; the oldest may end.
    let mut kept = std::collections::VecDeque::new();
    while let Ok((mut asking, _)) = listener.accept() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let _ = asking.read(&mut [0; 4096]);
        match misdeed {
            Misdeed::Lingers => kept.push_back(misuse(&asking, Lingering::new(), 1, SendFlags::empty())),
            Misdeed::Fills => {
                kept.push_back(misuse(&asking, Lingering::wrapped(), MOST_DESCRIPTORS, SendFlags::empty()))
            }
            Misdeed::OutOfBand => kept.push_back(misuse(&asking, Lingering::new(), 1, SendFlags::OOB)),
            _ => drop(thread::spawn(move || hold(asking, misdeed))),
        }
        if kept.len() > 16 {
            kept.pop_front();
        }
    }
}

/// Returns what the other end of the socket is.
fn misuse(asking: &UnixStream, lingering: Lingering, copies: usize, flags: SendFlags) -> (TcpListener, TcpStream) {
    let bytes = if flags.contains(SendFlags::OOB) { &REPLY[..1] } else { REPLY };
    pass(asking, bytes, &vec![lingering.socket.as_fd(); copies], flags);
    lingering.others
}

#[expect(clippy::disallowed_methods, reason = "to be slow is what this node is for")]
fn hold(mut asking: UnixStream, misdeed: Misdeed) {
    match misdeed {
        Misdeed::Dribbles => {
            for byte in REPLY {
                if asking.write_all(&[*byte]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_secs(1));
            }
        }
        Misdeed::Floods => while asking.write_all(&[b'['; 64 * 1024]).is_ok() {},
        _ => {
            let _ = asking.write_all(&REPLY[..6]);
            let _ = asking.set_read_timeout(Some(HELD));
            let _ = asking.read(&mut [0; 1]);
        }
    }
}
