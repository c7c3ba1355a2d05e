//! The kernel's table of TCP sockets, as text in /proc/net/tcp and tcp6.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const ESTABLISHED: &str = "01";
const LISTEN: &str = "0A";

/// One TCP socket of the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Socket {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    pub(super) listens: bool,
    pub(super) established: bool,
    pub(super) inode: u64,
}

/// All TCP sockets; none where the kernel has no table.
pub(super) fn read() -> Vec<Socket> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1).filter_map(parse)).collect()
}

/// `  0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 …`
fn parse(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?.parse().ok()?;
    Some(Socket {
        address: parse_address(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        listens: state == LISTEN,
        established: state == ESTABLISHED,
        inode,
    })
}

/// Each group of eight digits is a 32-bit word in the machine's byte order.
fn parse_address(digits: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(digits.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes());
    match digits.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let mut bytes = [0; 16];
            for (at, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_read() {
        let line = "   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0";
        let expected =
            Socket { address: Ipv4Addr::LOCALHOST.into(), port: 8888, listens: true, established: false, inode: 4711 };
        assert_eq!(parse(line), Some(expected));
    }

    #[test]
    fn an_established_ipv6_socket_is_read() {
        let line = "   1: 00000000000000000000000001000000:0016 00000000000000000000000001000000:D431 01 00000000:00000000 02:000A 00000000     0        0 815 1";
        let socket = parse(line).expect("the line is a socket");
        assert_eq!((socket.address, socket.port), (Ipv6Addr::LOCALHOST.into(), 22));
        assert!(socket.established && !socket.listens);
    }

    #[test]
    fn lines_that_are_no_sockets_are_skipped() {
        for line in ["", "sl local_address", "0: XX:1 0:0 0A", "0: 0100007F:22B8 00000000:0000 0A"] {
            assert_eq!(parse(line), None, "{line:?}");
        }
    }
}
