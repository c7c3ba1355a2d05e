//! Which TCP ports something in the node listens on, and what it is.

use std::collections::{HashMap, HashSet};
use std::fs;

use super::listeners::{self, Listener};
use super::procfs;
use crate::protocol::{ListeningPort, MAX_PORTS};

/// Processes and open files looked at at most, so that a node with very many costs bounded time.
const MAX_PROCESSES: usize = 4096;
const MAX_FILES: usize = 4096;

/// All listening ports, by number.
pub(super) fn listening() -> Vec<ListeningPort> {
    of(&listeners::look().listeners)
}

/// The ports of these sockets, with the processes that hold them.
pub(super) fn of(sockets: &[Listener]) -> Vec<ListeningPort> {
    let owners = owners(sockets);
    merge(sockets, |inode| owners.get(&inode).copied(), procfs::name_of)
}

/// One entry per port, though a server often listens on several addresses.
fn merge(
    sockets: &[Listener],
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
fn owners(sockets: &[Listener]) -> HashMap<u64, u32> {
    let wanted: HashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
    let mut owners = HashMap::new();
    if wanted.is_empty() {
        return owners;
    }
    for pid in procfs::processes().take(MAX_PROCESSES) {
        let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        for file in files.flatten().take(MAX_FILES) {
            let target = fs::read_link(file.path()).unwrap_or_default();
            let inode = target.to_str().and_then(|t| t.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(inode) = inode.filter(|inode| wanted.contains(inode)) {
                // Children inherit listening sockets; the oldest process is the one that made it.
                owners.entry(inode).and_modify(|owner: &mut u32| *owner = pid.min(*owner)).or_insert(pid);
            }
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    fn socket(address: impl Into<IpAddr>, port: u16, inode: u64) -> Listener {
        Listener { port, address: address.into(), inode }
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
