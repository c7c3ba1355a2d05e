//! The fence around all nodes of a host. Before anything else looks at a packet from the vclusters' network, it is dropped
//! if it goes to 169.254.0.0/16, or to another vcluster. Docker keeps its networks apart, too; but its rules are gone when
//! somebody empties its chains, and then nobody notices. Runs as a short task on the host, in its network namespace, with
//! the power to change it.
//!
//! A table of our own in nftables, which every kernel of the last ten years has and which leaves Docker's and the host's
//! own rules alone. Not a routing rule: the host's own addresses in that network are found before any such rule is read.

mod netlink;

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;

use netlink::{Batch, Message};

use super::log;

/// The arguments behind this word: the network, such as `172.20.0.0/14`.
pub(super) const FENCE_COMMAND: &str = "fence";
/// Takes the fence of that network away.
pub(super) const UNFENCE_COMMAND: &str = "unfence";

/// Where clouds answer questions about the host: credentials among them.
const METADATA: Network = Network { address: Ipv4Addr::new(169, 254, 0, 0), prefix: 16 };

/// nf_tables' own numbers, from linux/netfilter/nf_tables.h.
mod number {
    pub(super) const NEWTABLE: u16 = 0;
    pub(super) const DELTABLE: u16 = 2;
    pub(super) const NEWCHAIN: u16 = 3;
    pub(super) const NEWRULE: u16 = 6;
    pub(super) const HOOK_PREROUTING: u32 = 0;
    /// Before connections are tracked (-200) and addresses rewritten (-100).
    pub(super) const PRIORITY: i32 = -300;
    pub(super) const ACCEPT: u32 = 1;
    pub(super) const DROP: u32 = 0;
    pub(super) const NETWORK_HEADER: u32 = 1;
    pub(super) const REGISTER: u32 = 1;
    pub(super) const VERDICT_REGISTER: u32 = 0;
    pub(super) const EQUAL: u32 = 0;
    pub(super) const UNEQUAL: u32 = 1;
    pub(super) const OUTPUT_INTERFACE: u32 = 1;
    pub(super) const KIND_OF_ADDRESS: u32 = 3;
    /// One of the host's own.
    pub(super) const LOCAL: u32 = 2;
    pub(super) const DESTINATION: u32 = 2;
    /// Of the destination, by the interface the packet came in through.
    pub(super) const DESTINATION_BY_INPUT: u32 = 2 | 8;
}

/// Where an IPv4 header has its addresses.
const SOURCE: u32 = 12;
const DESTINATION: u32 = 16;

const CHAIN: &str = "prerouting";
/// ENOENT and EOPNOTSUPP: what the kernel says of a kind of expression it does not know.
const NO_SUCH_EXPRESSION: i32 = 2;
const NOT_SUPPORTED: i32 = 95;

/// An IPv4 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: Ipv4Addr,
    prefix: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let network =
            Self { address: address.parse().ok()?, prefix: prefix.parse().ok().filter(|prefix| *prefix <= 32)? };
        (u32::from(network.address) & !network.mask() == 0).then_some(network)
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }

    /// A table per network: two installations on one host do not take each other's fence away.
    fn table(self) -> String {
        format!("docklet_{}_{}", self.address, self.prefix)
    }
}

/// Sets the fence; setting it again changes nothing.
pub(super) fn fence(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let network = argument(arguments)?;
    match set(network, true) {
        // A kernel built without the means for the second rule. The first one counts more, and Docker walls, too.
        Err(error) if matches!(error.raw_os_error(), Some(NO_SUCH_EXPRESSION | NOT_SUPPORTED)) => {
            log::line(format_args!("this kernel cannot wall vclusters off from each other ({error}); Docker does"));
            set(network, false)
        }
        outcome => outcome,
    }
}

fn set(network: Network, walled: bool) -> io::Result<()> {
    let table = network.table();
    let mut batch = emptied(&table);
    batch.add(Message::new(number::NEWTABLE).text(1, &table));
    batch.add(chain(&table));
    batch.add(rule(&table, |m| address_in(address_in(m, SOURCE, network), DESTINATION, METADATA)));
    if walled {
        batch.add(rule(&table, |m| elsewhere(address_in(address_in(m, SOURCE, network), DESTINATION, network))));
    }
    batch.commit()
}

/// Takes it away; taking it away again changes nothing.
pub(super) fn unfence(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    emptied(&argument(arguments)?.table()).commit()
}

fn argument(mut arguments: impl Iterator<Item = OsString>) -> io::Result<Network> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "the argument must be a network, such as 172.20.0.0/14");
    let only = arguments.next().filter(|_| arguments.next().is_none());
    only.as_ref().and_then(|text| text.to_str()).and_then(Network::parse).ok_or_else(wrong)
}

/// Adding a table that is there changes nothing, so after these two it is gone either way.
fn emptied(table: &str) -> Batch {
    let mut batch = Batch::default();
    batch.add(Message::new(number::NEWTABLE).text(1, table));
    batch.add(Message::new(number::DELTABLE).text(1, table));
    batch
}

fn chain(table: &str) -> Message {
    let hook = |m: Message| m.number(1, number::HOOK_PREROUTING).number(2, number::PRIORITY.cast_unsigned());
    Message::new(number::NEWCHAIN)
        .text(1, table)
        .text(3, CHAIN)
        .nested(4, hook)
        .number(5, number::ACCEPT)
        .text(7, "filter")
}

/// Drops what passes all the conditions.
fn rule(table: &str, conditions: impl FnOnce(Message) -> Message) -> Message {
    let drop = |m: Message| m.nested(2, |m| m.nested(2, |m| m.number(1, number::DROP)));
    Message::new(number::NEWRULE)
        .text(1, table)
        .text(2, CHAIN)
        .nested(4, |m| expression(conditions(m), "immediate", |m| drop(m.number(1, number::VERDICT_REGISTER))))
}

/// Goes on only when the destination is not behind the interface the packet came in through, nor the host itself:
/// `fib daddr type != local fib daddr . iif oif 0`. Each vcluster has a bridge of its own, so what stays inside it comes in
/// and goes out through the same one.
fn elsewhere(m: Message) -> Message {
    let m = route(m, number::KIND_OF_ADDRESS, number::DESTINATION);
    let m = compared(m, number::UNEQUAL, number::LOCAL);
    let m = route(m, number::OUTPUT_INTERFACE, number::DESTINATION_BY_INPUT);
    compared(m, number::EQUAL, 0)
}

/// What the host's routes say.
fn route(m: Message, what: u32, of: u32) -> Message {
    expression(m, "fib", |m| m.number(1, number::REGISTER).number(2, what).number(3, of))
}

/// With a number the kernel itself has put there, in its own byte order.
fn compared(m: Message, how: u32, with: u32) -> Message {
    let value = |m: Message| m.bytes(1, &with.to_ne_bytes());
    expression(m, "cmp", |m| m.number(1, number::REGISTER).number(2, how).nested(3, value))
}

/// Goes on with the rule only when the address at this place of the header is in the network.
fn address_in(m: Message, offset: u32, network: Network) -> Message {
    let value = |bytes: [u8; 4]| move |m: Message| m.bytes(1, &bytes);
    let m = expression(m, "payload", |m| {
        m.number(1, number::REGISTER).number(2, number::NETWORK_HEADER).number(3, offset).number(4, 4)
    });
    let m = expression(m, "bitwise", |m| {
        let m = m.number(1, number::REGISTER).number(2, number::REGISTER).number(3, 4);
        m.nested(4, value(network.mask().to_be_bytes())).nested(5, value([0; 4]))
    });
    expression(m, "cmp", |m| {
        m.number(1, number::REGISTER).number(2, number::EQUAL).nested(3, value(network.address.octets()))
    })
}

fn expression(m: Message, name: &str, data: impl FnOnce(Message) -> Message) -> Message {
    m.nested(1, |m| m.text(1, name).nested(2, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_no_bits_behind_its_prefix() {
        let network = Network::parse("172.20.0.0/14").expect("a network");
        assert_eq!((network.mask(), network.table().as_str()), (0xfffc_0000, "docklet_172.20.0.0_14"));
        assert_eq!(Network::parse("0.0.0.0/0").map(Network::mask), Some(0));
        for text in ["", "172.20.0.0", "172.20.0.1/14", "172.20.0.0/33", "::/0", "172.20.0.0/-1"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    #[test]
    fn arguments_that_are_no_single_network_are_refused() {
        for words in [&[][..], &["all"][..], &["10.0.0.0/8", "10.0.0.0/8"][..]] {
            assert!(argument(words.iter().map(OsString::from)).is_err(), "{words:?}");
        }
    }
}
