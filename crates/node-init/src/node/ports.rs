//! Which TCP ports something in the node listens on, and what it is.

use std::collections::HashMap;
use std::{fs, net::Ipv4Addr};

use super::procfs;
use super::tcp_table::{self, Socket};
use crate::protocol::ListeningPort;

/// Ports reported at most.
const MAX_PORTS: usize = 256;
/// Processes and open files looked at at most, so that a node with very many costs bounded time.
const MAX_PROCESSES: usize = 4096;
const MAX_FILES: usize = 4096;
/// Docker's name server, in every container's network; not a program of the node.
const DOCKER_DNS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// All listening ports, by number.
pub(super) fn listening() -> Vec<ListeningPort> {
    let sockets: Vec<Socket> =
        tcp_table::read().into_iter().filter(|socket| socket.listens && socket.address != DOCKER_DNS).collect();
    let owners = owners(&sockets);
    merge(&sockets, |inode| owners.get(&inode).copied(), procfs::name_of)
}

/// Whether something listens on the port.
pub(super) fn listens(port: u16) -> bool {
    tcp_table::read().iter().any(|socket| socket.listens && socket.port == port)
}

/// One entry per port, though a server often listens on several addresses.
fn merge(
    sockets: &[Socket],
    owner: impl Fn(u64) -> Option<u32>,
    name: impl Fn(u32) -> Option<String>,
) -> Vec<ListeningPort> {
    let mut ports: Vec<ListeningPort> = Vec::new();
    for socket in sockets {
        let pid = owner(socket.inode);
        match ports.iter_mut().find(|port| port.port == socket.port) {
            Some(port) => {
                port.loopback_only &= socket.address.is_loopback();
                port.pid = port.pid.or(pid);
            }
            None => ports.push(ListeningPort {
                port: socket.port,
                loopback_only: socket.address.is_loopback(),
                pid,
                process: None,
            }),
        }
    }
    ports.sort_by_key(|port| port.port);
    ports.truncate(MAX_PORTS);
    for port in &mut ports {
        port.process = port.pid.and_then(&name);
    }
    ports
}

/// Which process holds which of the sockets.
fn owners(sockets: &[Socket]) -> HashMap<u64, u32> {
    let mut owners = HashMap::new();
    for pid in procfs::processes().take(MAX_PROCESSES) {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for file in files.flatten().take(MAX_FILES) {
            let target = fs::read_link(file.path()).unwrap_or_default();
            let inode = target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(inode) = inode.filter(|inode| sockets.iter().any(|socket| socket.inode == *inode)) {
                // Children inherit listening sockets; the oldest process is the one that made it.
                owners.entry(inode).and_modify(|owner: &mut u32| *owner = pid.min(*owner)).or_insert(pid);
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    fn socket(address: impl Into<IpAddr>, port: u16, inode: u64) -> Socket {
        Socket { address: address.into(), port, listens: true, established: false, inode }
    }

    #[test]
    fn a_port_open_on_one_public_address_is_not_loopback_only() {
        let sockets = [
            socket(Ipv4Addr::LOCALHOST, 8888, 1),
            socket(Ipv6Addr::LOCALHOST, 8888, 2),
            socket(Ipv4Addr::UNSPECIFIED, 22, 3),
            socket(Ipv4Addr::LOCALHOST, 22, 4),
        ];
        let ports = merge(&sockets, |inode| (inode > 1).then_some(7), |_| Some("python3".into()));
        let shown: Vec<_> = ports.iter().map(|port| (port.port, port.loopback_only, port.pid)).collect();
        assert_eq!(shown, [(22, false, Some(7)), (8888, true, Some(7))]);
        assert_eq!(ports[0].process.as_deref(), Some("python3"));
    }
}
