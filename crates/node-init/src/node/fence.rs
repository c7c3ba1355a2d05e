//! The fence around all nodes of a host: packets from the vclusters' network to 169.254.0.0/16 are dropped before anything
//! else looks at them. Runs as a short task on the host, in its network namespace, with the power to change it.
//!
//! A table of our own in nftables, which every kernel of the last ten years has and which leaves Docker's and the host's
//! own rules alone. Not a routing rule: the host's own addresses in that network are found before any such rule is read.

mod netlink;

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;

use netlink::{Batch, Message};

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
}

/// Where an IPv4 header has its addresses.
const SOURCE: u32 = 12;
const DESTINATION: u32 = 16;

const CHAIN: &str = "prerouting";

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
    let table = network.table();
    let mut batch = emptied(&table);
    batch.add(Message::new(number::NEWTABLE).text(1, &table));
    batch.add(chain(&table));
    batch.add(rule(&table, network));
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

/// `ip saddr NETWORK ip daddr 169.254.0.0/16 drop`.
fn rule(table: &str, from: Network) -> Message {
    let drop = |m: Message| m.nested(2, |m| m.nested(2, |m| m.number(1, number::DROP)));
    Message::new(number::NEWRULE).text(1, table).text(2, CHAIN).nested(4, |m| {
        let m = address_in(address_in(m, SOURCE, from), DESTINATION, METADATA);
        expression(m, "immediate", |m| drop(m.number(1, number::VERDICT_REGISTER)))
    })
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
