//! The rules themselves: what nodes may not reach. Knows what a rule is made of, not when they are set.

use std::io;
use std::net::Ipv4Addr;

use super::command_line::Plan;
use super::expression::{DESTINATION, Hook, LISTS, Network, Table};
use super::netlink::{self, Batch, Family};
use crate::firewall::{Opening, Transport};

/// Where clouds answer questions about the host, credentials among them: link-local addresses, which nearly all use, Azure's
/// and Alibaba's.
const METADATA: [Network; 3] = [
    Network { address: Ipv4Addr::new(169, 254, 0, 0), prefix: 16 },
    Network::one(Ipv4Addr::new(168, 63, 129, 16)),
    Network::one(Ipv4Addr::new(100, 100, 100, 200)),
];
const DNS: u16 = 53;
/// ENOENT, EOPNOTSUPP and EAFNOSUPPORT: what the kernel says of what it was built without.
const NOT_BUILT: [i32; 3] = [2, 95, 97];

/// Where packets from nodes are looked at, and those of them that are for the host.
const ARRIVING: &str = "prerouting";
const FOR_THE_HOST: &str = "input";
const FROM_NODES: &str = "nodes";
const HOST: &str = "host";
/// For each bridge, the connections that were begun behind it.
const CONNECTIONS: &str = "connections";

/// What a kernel may have been built without.
#[derive(Debug, Clone, Copy)]
struct Able {
    routes: bool,
    counts: bool,
}

const NO_COUNTS: &str = "this kernel cannot count connections (nft_connlimit): no vcluster has a limit of them";
/// The chain for the host sees what is for it all the same.
const NO_ROUTES: &str = "this kernel cannot keep vclusters apart by its routes (nft_fib); Docker does";
/// With what is tried, from everything to the least, and what is to be said of what then is missing.
const TRIES: [(Able, &[&str]); 4] = [
    (Able { routes: true, counts: true }, &[]),
    (Able { routes: true, counts: false }, &[NO_COUNTS]),
    (Able { routes: false, counts: true }, &[NO_ROUTES]),
    (Able { routes: false, counts: false }, &[NO_COUNTS, NO_ROUTES]),
];

/// Everything that belongs to our tables, as the kernel lists it: equal as long as nothing has touched them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing(Vec<Vec<u8>>);

impl Standing {
    pub(super) fn look(plan: &Plan) -> io::Result<Self> {
        let mut all = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            for kind in LISTS {
                match netlink::list(family, kind, &plan.table()) {
                    Err(error) if family == Family::Ipv6 && is_not_built(&error) => {}
                    listed => all.extend(listed?),
                }
            }
        }
        Ok(Self(all))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Sets all rules at once: what was there before goes in the same moment. Says what this kernel cannot do.
pub(super) fn set(plan: &Plan, resolvers: &[Ipv4Addr]) -> io::Result<&'static [&'static str]> {
    let missing = set_ipv4(plan, resolvers)?;
    match ipv6(plan).commit() {
        // Then there is none of it that could pass.
        Err(error) if is_not_built(&error) => Ok(missing),
        set => set.map(|()| missing),
    }
}

fn set_ipv4(plan: &Plan, resolvers: &[Ipv4Addr]) -> io::Result<&'static [&'static str]> {
    let mut refused = Ok(&[][..]);
    for (able, missing) in TRIES {
        match ipv4(plan, resolvers, able).commit() {
            Err(error) if is_not_built(&error) => refused = Err(error),
            set => return set.map(|()| missing),
        }
    }
    refused
}

fn is_not_built(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| NOT_BUILT.contains(&code))
}

/// Takes them away; taking them away again changes nothing.
pub(super) fn remove(table: &str) -> io::Result<()> {
    for family in [Family::Ipv4, Family::Ipv6] {
        match emptied(Table { family, name: table }).commit() {
            Err(error) if family == Family::Ipv6 && is_not_built(&error) => {}
            done => done?,
        }
    }
    Ok(())
}

/// Adding a table that is there changes nothing, so after these two it is gone either way.
fn emptied(table: Table<'_>) -> Batch {
    let mut batch = Batch::default();
    batch.add(table.made());
    batch.add(table.gone());
    batch
}

fn ipv4(plan: &Plan, resolvers: &[Ipv4Addr], able: Able) -> Batch {
    let (name, older) = (plan.table(), plan.older_table());
    let table = Table { family: Family::Ipv4, name: &name };
    let mut batch = emptied(Table { family: Family::Ipv4, name: &older });
    for message in [table.made(), table.gone(), table.made(), table.chain(HOST), table.chain(FROM_NODES)] {
        batch.add(message);
    }
    add_from_nodes(&mut batch, table, plan, able);
    add_for_the_host(&mut batch, table, plan, resolvers);
    for (chain, hook, next) in [(ARRIVING, Hook::Arriving, FROM_NODES), (FOR_THE_HOST, Hook::ForTheHost, HOST)] {
        batch.add(table.base(chain, hook));
        for bridges in plan.all_bridges() {
            batch.add(table.rule(chain, |packet| packet.through(bridges).jump(next)));
        }
    }
    batch
}

/// What comes from nodes, wherever it goes.
fn add_from_nodes(batch: &mut Batch, table: Table<'_>, plan: &Plan, able: Able) {
    batch.add(table.rule(FROM_NODES, |packet| packet.reply().accept()));
    // Before anything of theirs is let through.
    if let (true, Some(most)) = (able.counts, plan.connections) {
        batch.add(table.interfaces(CONNECTIONS));
        batch.add(table.rule(FROM_NODES, |packet| packet.begins().one_too_many(CONNECTIONS, most.get()).drop()));
    }
    for network in METADATA {
        // Clouds resolve names at the same addresses.
        for transport in [Transport::Tcp, Transport::Udp] {
            let dns = number(transport);
            batch.add(table.rule(FROM_NODES, |packet| packet.address(DESTINATION, network).port(dns, DNS).accept()));
        }
        batch.add(table.rule(FROM_NODES, |packet| packet.address(DESTINATION, network).drop()));
    }
    if able.routes {
        batch.add(table.rule(FROM_NODES, |packet| packet.address(DESTINATION, plan.net).elsewhere().drop()));
        // Here, too: behind this chain addresses are rewritten, and what was for a port of the host goes on elsewhere.
        batch.add(table.rule(FROM_NODES, |packet| packet.for_the_host().jump(HOST)));
    }
}

/// What comes from nodes and is for the host: closed but for what is open.
fn add_for_the_host(batch: &mut Batch, table: Table<'_>, plan: &Plan, resolvers: &[Ipv4Addr]) {
    batch.add(table.rule(HOST, |packet| packet.reply().accept()));
    let dns = resolvers.iter().flat_map(|address| {
        [Transport::Tcp, Transport::Udp].map(|transport| Opening { address: Some(*address), port: DNS, transport })
    });
    for Opening { address, port, transport } in plan.open.iter().copied().chain(dns) {
        let network = address.map(Network::one);
        batch.add(table.rule(HOST, |packet| {
            let packet = match network {
                Some(network) => packet.address(DESTINATION, network),
                None => packet,
            };
            packet.port(number(transport), port).accept()
        }));
    }
    batch.add(table.rule(HOST, |packet| packet.drop()));
}

/// Nodes have no IPv6. Should one come to have it, all of this would be open.
fn ipv6(plan: &Plan) -> Batch {
    let name = plan.table();
    let table = Table { family: Family::Ipv6, name: &name };
    let mut batch = emptied(table);
    batch.add(table.made());
    batch.add(table.base(ARRIVING, Hook::Arriving));
    for bridges in plan.all_bridges() {
        batch.add(table.rule(ARRIVING, |packet| packet.through(bridges).drop()));
    }
    batch
}

/// IANA's number.
const fn number(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => 6,
        Transport::Udp => 17,
    }
}
