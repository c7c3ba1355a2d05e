//! The TCP sockets of the node that listen, and nothing about the processes that hold them.
//!
//! Asked of the kernel by netlink (sock_diag), which looks through listening sockets only: some 40 µs. The text table in
//! /proc walks through every connection of the whole host, 10 ms on a large one; it is read where netlink is not there.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with, sockopt,
};

use super::tcp_table;

/// Sockets looked at; no user needs to see more of a node's ports.
const MAX_SOCKETS: usize = 4096;
const BUFFER: usize = 32 * 1024;
/// The kernel answers at once; a loop must not hang where it does not.
const PATIENCE: Duration = Duration::from_secs(1);
/// Docker's name server, in every container's network; not a program of the node.
const DOCKER_DNS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// Numbers of linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h.
mod number {
    pub(super) const ERROR: u16 = 2;
    pub(super) const DONE: u16 = 3;
    pub(super) const BY_FAMILY: u16 = 20;
    /// A request whose answer is a list.
    pub(super) const REQUEST_DUMP: u16 = 0x1 | 0x300;
    pub(super) const IPV4: u8 = 2;
    pub(super) const IPV6: u8 = 10;
    pub(super) const TCP: u8 = 6;
    /// One bit per state; LISTEN is the tenth.
    pub(super) const LISTEN: u32 = 1 << 10;
    pub(super) const HEADER: usize = 16;
    pub(super) const REQUEST: usize = HEADER + 8 + 48;
    /// An inet_diag_msg.
    pub(super) const SOCKET: usize = 72;
}

/// One listening socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Listener {
    pub(super) port: u16,
    pub(super) address: IpAddr,
    pub(super) inode: u64,
}

/// What listens, and whether it may be asked again soon.
#[derive(Debug)]
pub(super) struct Look {
    /// In a fixed order, Docker's own left out.
    pub(super) listeners: Vec<Listener>,
    /// The kernel was asked the cheap way.
    pub(super) cheap: bool,
}

/// Looks once.
pub(super) fn look() -> Look {
    let (mut listeners, cheap) = by_netlink().map_or_else(|_| (by_table(), false), |found| (found, true));
    listeners.retain(|listener| listener.address != DOCKER_DNS);
    listeners.sort_unstable();
    listeners.truncate(MAX_SOCKETS);
    Look { listeners, cheap }
}

/// Whether something listens on the port.
pub(super) fn on(port: u16) -> bool {
    look().listeners.iter().any(|listener| listener.port == port)
}

fn by_table() -> Vec<Listener> {
    let listening = tcp_table::read().into_iter().filter(|socket| socket.listens);
    listening.map(|socket| Listener { port: socket.port, address: socket.address, inode: socket.inode }).collect()
}

fn by_netlink() -> io::Result<Vec<Listener>> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(netlink::SOCK_DIAG))?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
    let (mut found, mut buffer) = (Vec::new(), vec![0; BUFFER]);
    for family in [number::IPV4, number::IPV6] {
        send(&socket, &request(family), SendFlags::empty())?;
        while found.len() <= MAX_SOCKETS {
            let (_, received) = recv(&socket, &mut *buffer, RecvFlags::empty())?;
            if take_in(&buffer[..received], &mut found)? {
                break;
            }
        }
    }
    Ok(found)
}

fn request(family: u8) -> [u8; number::REQUEST] {
    let mut out = [0; number::REQUEST];
    let length = u32::try_from(out.len()).unwrap_or_default();
    out[..4].copy_from_slice(&length.to_ne_bytes());
    out[4..6].copy_from_slice(&number::BY_FAMILY.to_ne_bytes());
    out[6..8].copy_from_slice(&number::REQUEST_DUMP.to_ne_bytes());
    out[16] = family;
    out[17] = number::TCP;
    out[20..24].copy_from_slice(&number::LISTEN.to_ne_bytes());
    out
}

/// Takes the sockets out of one answer; true after the last one.
fn take_in(mut answer: &[u8], found: &mut Vec<Listener>) -> io::Result<bool> {
    let cut_off = || io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer is cut off");
    while let Some(header) = answer.first_chunk::<{ number::HEADER }>() {
        let length = usize::try_from(u32::from_ne_bytes([header[0], header[1], header[2], header[3]])).unwrap_or(0);
        let message = answer.get(number::HEADER..length).ok_or_else(cut_off)?;
        match u16::from_ne_bytes([header[4], header[5]]) {
            number::DONE => return Ok(true),
            number::ERROR => {
                let code = message.first_chunk::<4>().ok_or_else(cut_off)?;
                return Err(io::Error::from_raw_os_error(-i32::from_ne_bytes(*code)));
            }
            number::BY_FAMILY => found.extend(read(message)),
            _ => {}
        }
        answer = &answer[length.next_multiple_of(4).min(answer.len())..];
    }
    Ok(false)
}

/// Family, state, two bytes of no interest, local port, remote port, local address, …, inode at the end.
fn read(message: &[u8]) -> Option<Listener> {
    let message = message.first_chunk::<{ number::SOCKET }>()?;
    let address: IpAddr = match message[0] {
        number::IPV4 => Ipv4Addr::from(*message[8..].first_chunk::<4>()?).into(),
        number::IPV6 => Ipv6Addr::from(*message[8..].first_chunk::<16>()?).to_canonical(),
        _ => return None,
    };
    let inode = u32::from_ne_bytes(*message.last_chunk::<4>()?);
    Some(Listener { port: u16::from_be_bytes([message[4], message[5]]), address, inode: inode.into() })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn both_ways_of_asking_find_what_listens_and_nothing_else() {
        let four = TcpListener::bind("127.0.0.1:0").expect("a port");
        let six = TcpListener::bind("[::1]:0").expect("a port");
        let client = std::net::TcpStream::connect(four.local_addr().expect("its address")).expect("connected");
        for found in [by_netlink().expect("the kernel answers"), by_table()] {
            for listener in [&four, &six] {
                let at = listener.local_addr().expect("its address");
                assert!(found.iter().any(|l| l.port == at.port() && l.address == at.ip() && l.inode > 0), "{at}");
            }
            let connected = client.local_addr().expect("its address").port();
            assert!(!found.iter().any(|listener| listener.port == connected));
        }
        let port = four.local_addr().expect("its address").port();
        assert!(on(port));
        drop(four);
        assert!(!on(port));
    }

    #[test]
    fn a_refusal_and_a_cut_off_answer_are_errors() {
        let mut refusal = vec![20, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        refusal.extend((-2_i32).to_ne_bytes());
        let error = take_in(&refusal, &mut Vec::new()).expect_err("refused");
        assert_eq!(error.raw_os_error(), Some(2));
        assert!(take_in(&refusal[..18], &mut Vec::new()).is_err());
        assert!(!take_in(&[], &mut Vec::new()).expect("nothing is nothing"));
    }
}
