//! What the helper was told on its command line. Pure.

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::num::NonZeroU32;

use super::expression::Network;
use crate::firewall::Opening;

/// Longer ones are no interface's.
const LONGEST: usize = 15;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    /// What the names of the installation's bridges begin with.
    pub(super) bridges: String,
    /// Bridges of vclusters that were made before bridges were named after their installation.
    pub(super) older: Vec<String>,
    /// All vclusters' networks are cut from this one.
    pub(super) net: Network,
    /// How many connections the nodes of one vcluster may have begun at a time; `None`: as many as they like.
    pub(super) connections: Option<NonZeroU32>,
    pub(super) open: Vec<Opening>,
}

impl Plan {
    pub(super) fn parse(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Self> {
        let (bridges, older) = bridges(&mut arguments)?;
        let net = arguments.next().and_then(|text| Network::parse(text.to_str()?));
        let net = net.ok_or_else(|| wrong("the second argument must be a network, such as 172.16.0.0/12"))?;
        let connections = arguments.next().and_then(|text| text.to_str()?.parse().ok());
        let connections: u32 =
            connections.ok_or_else(|| wrong("the third argument must be a number of connections, or 0"))?;
        let open = arguments.map(|text| {
            let opening = text.to_str().and_then(|text| text.parse().ok());
            opening.ok_or_else(|| wrong(&format!("{text:?} is no port, such as 8000/tcp")))
        });
        let connections = NonZeroU32::new(connections);
        Ok(Self { bridges, older, net, connections, open: open.collect::<io::Result<_>>()? })
    }

    /// By these names packets from nodes are known.
    pub(super) fn all_bridges(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.bridges).chain(&self.older).map(String::as_str)
    }

    /// A table per installation: two on one host do not take each other's firewall away.
    pub(super) fn table(&self) -> String {
        table(&self.bridges)
    }

    /// What earlier versions called theirs.
    pub(super) fn older_table(&self) -> String {
        format!("docklet_{}_{}", self.net.address, self.net.prefix)
    }
}

pub(super) fn table(bridges: &str) -> String {
    format!("docklet_{bridges}")
}

/// What the names of bridges begin with, and bridges with names of another kind.
pub(super) fn bridges(arguments: &mut impl Iterator<Item = OsString>) -> io::Result<(String, Vec<String>)> {
    let text = arguments.next().and_then(|text| text.into_string().ok()).unwrap_or_default();
    // Not empty, else every interface would be meant.
    let is_name = |text: &String| {
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let mut names: Vec<String> = text.split(',').map(str::to_owned).collect();
    if !names.iter().all(is_name) {
        return Err(wrong("the first argument must be what the bridges' names begin with"));
    }
    let older = names.split_off(1);
    Ok((names.remove(0), older))
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// The host's resolvers; those on loopback are out of any node's reach, and so need no rule.
pub(super) fn resolvers(resolv_conf: &str) -> Vec<Ipv4Addr> {
    let addresses = resolv_conf.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        words.next().filter(|word| *word == "nameserver")?;
        words.next()?.parse::<Ipv4Addr>().ok().filter(|address| !address.is_loopback())
    });
    let mut addresses: Vec<Ipv4Addr> = addresses.collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> io::Result<Plan> {
        Plan::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn a_plan_is_bridges_a_network_a_number_of_connections_and_ports() {
        let plan =
            parse(&["dk12345,dkl1,dkl2", "172.16.0.0/12", "4096", "8000/tcp", "10.0.0.5:53/udp"]).expect("a plan");
        assert_eq!(plan.all_bridges().collect::<Vec<_>>(), ["dk12345", "dkl1", "dkl2"]);
        assert_eq!((plan.table().as_str(), plan.older_table().as_str()), ("docklet_dk12345", "docklet_172.16.0.0_12"));
        assert_eq!((plan.connections, plan.open.len()), (NonZeroU32::new(4096), 2));
        assert_eq!(parse(&["dk1", "10.0.0.0/8", "0"]).expect("a plan").connections, None);
        assert!(parse(&["dk1,", "10.0.0.0/8", "1"]).is_err());
        for words in [&[][..], &["dk1"], &["", "10.0.0.0/8", "1"], &["*", "10.0.0.0/8", "1"], &["dk1", "all", "1"]] {
            assert!(parse(words).is_err(), "{words:?}");
        }
        for words in [&["dk1", "10.0.0.0/8"][..], &["dk1", "10.0.0.0/8", "-1"], &["dk1", "10.0.0.0/8", "1", "ssh"]] {
            assert!(parse(words).is_err(), "{words:?}");
        }
        assert!(parse(&["a-name-that-is-too-long", "10.0.0.0/8", "1"]).is_err());
    }

    #[test]
    fn resolvers_are_the_ones_that_nodes_could_ask() {
        let text = "# nameserver 1.1.1.1\nnameserver 127.0.0.53\nnameserver 10.0.0.5\nsearch a b\nnameserver ::1\n\
                    options edns0\nnameserver\n nameserver 10.0.0.5 \nnameserver 10.0.0.4\n";
        assert_eq!(resolvers(text), [Ipv4Addr::new(10, 0, 0, 4), Ipv4Addr::new(10, 0, 0, 5)]);
    }
}
