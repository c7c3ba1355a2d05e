//! What a rule is made of, in nf_tables' own numbers (linux/netfilter/nf_tables.h). Knows no rule of ours.

use std::net::Ipv4Addr;

use super::netlink::{Family, Message};

const NEWTABLE: u16 = 0;
const DELTABLE: u16 = 2;
const NEWCHAIN: u16 = 3;
const NEWRULE: u16 = 6;
const NEWSET: u16 = 9;
/// What there is to be listed: tables, chains, rules. Sets are not: rules fill them, and no set that a rule names can be
/// removed.
pub(super) const LISTS: [u16; 3] = [1, 4, 7];

const REGISTER: u32 = 1;
const VERDICT_REGISTER: u32 = 0;
const DROP: i32 = 0;
const ACCEPT: i32 = 1;
const JUMP: i32 = -3;
const EQUAL: u32 = 0;
const UNEQUAL: u32 = 1;
const NETWORK_HEADER: u32 = 1;
const TRANSPORT_HEADER: u32 = 2;
const INPUT_NAME: u32 = 6;
const TRANSPORT: u32 = 16;
const STATE: u32 = 0;
/// The bit of a connection's first packets, until an answer has come.
const NEW: u32 = 8;
const DIRECTION: u32 = 1;
const REPLY: u8 = 1;
/// A set that rules may add to.
const FILLED_BY_RULES: u32 = 0x20;
/// What nft calls `ifname`, and how long it is.
const INTERFACE_NAME: u32 = 41;
const INTERFACE_NAME_LENGTH: u32 = 16;
/// `add`, which leaves what is there as it is.
const ADD: u32 = 0;
/// Met when there are more than so many, instead of when there are not.
const OVER: u32 = 1;
const OUTPUT_INTERFACE: u32 = 1;
const KIND_OF_ADDRESS: u32 = 3;
/// One of the host's own.
const LOCAL: u32 = 2;
const TO: u32 = 2;
/// Of the destination, by the interface the packet came in through.
const TO_BY_INPUT: u32 = 2 | 8;

/// Where an IPv4 header has the address it goes to.
pub(super) const DESTINATION: u32 = 16;

/// Where a chain sees packets, and when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hook {
    /// Before addresses are rewritten (-100), and when it is known whether a packet is a reply (-200).
    Arriving,
    /// What is for the host itself, whatever its address was.
    ForTheHost,
}

impl Hook {
    const fn numbers(self) -> (u32, i32) {
        match self {
            Self::Arriving => (0, -150),
            Self::ForTheHost => (1, -150),
        }
    }
}

/// An IPv4 network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) address: Ipv4Addr,
    pub(super) prefix: u8,
}

impl Network {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let network =
            Self { address: address.parse().ok()?, prefix: prefix.parse().ok().filter(|prefix| *prefix <= 32)? };
        (u32::from(network.address) & !network.mask() == 0).then_some(network)
    }

    pub(super) const fn one(address: Ipv4Addr) -> Self {
        Self { address, prefix: 32 }
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }
}

/// A table of our own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) family: Family,
    pub(super) name: &'a str,
}

impl Table<'_> {
    pub(super) fn made(self) -> Message {
        Message::new(self.family, NEWTABLE).text(1, self.name)
    }

    pub(super) fn gone(self) -> Message {
        Message::new(self.family, DELTABLE).text(1, self.name)
    }

    /// A chain that packets are sent to by rules.
    pub(super) fn chain(self, name: &str) -> Message {
        Message::new(self.family, NEWCHAIN).text(1, self.name).text(3, name)
    }

    /// A chain that sees all packets at one place. What no rule decides goes on.
    pub(super) fn base(self, name: &str, hook: Hook) -> Message {
        let (hook, priority) = hook.numbers();
        let place = |m: Message| m.number(1, hook).number(2, priority.cast_unsigned());
        self.chain(name).nested(4, place).number(5, ACCEPT.cast_unsigned()).text(7, "filter")
    }

    /// A set of interfaces that rules fill. What a rule has counted for one goes when nothing is left to be counted.
    pub(super) fn interfaces(self, name: &str) -> Message {
        let set = Message::new(self.family, NEWSET).text(1, self.name).text(2, name);
        // The last number is for messages that name a set by its number within one batch.
        set.number(3, FILLED_BY_RULES).number(4, INTERFACE_NAME).number(5, INTERFACE_NAME_LENGTH).number(10, 1)
    }

    /// A rule at the end of a chain: `what` names conditions and ends in what becomes of a packet that meets them all.
    pub(super) fn rule(self, chain: &str, what: impl FnOnce(Rule) -> Rule) -> Message {
        Message::new(self.family, NEWRULE).text(1, self.name).text(2, chain).nested(4, |m| what(Rule(m)).0)
    }
}

/// The expressions of a rule, one after the other; the first condition that is not met ends it.
#[derive(Debug)]
pub(super) struct Rule(Message);

impl Rule {
    fn expression(self, name: &str, data: impl FnOnce(Message) -> Message) -> Self {
        Self(self.0.nested(1, |m| m.text(1, name).nested(2, data)))
    }

    fn compared(self, how: u32, with: &[u8]) -> Self {
        self.expression("cmp", |m| m.number(1, REGISTER).number(2, how).nested(3, |m| m.bytes(1, with)))
    }

    /// The interface it came in through has a name that begins so.
    pub(super) fn through(self, beginning: &str) -> Self {
        self.expression("meta", |m| m.number(1, REGISTER).number(2, INPUT_NAME)).compared(EQUAL, beginning.as_bytes())
    }

    /// The address at this place of the header is in the network.
    pub(super) fn address(self, offset: u32, network: Network) -> Self {
        let mask = network.mask().to_be_bytes();
        self.payload(NETWORK_HEADER, offset, 4).masked(mask).compared(EQUAL, &network.address.octets())
    }

    /// These bits of the register.
    fn masked(self, mask: [u8; 4]) -> Self {
        let value = |bytes: [u8; 4]| move |m: Message| m.bytes(1, &bytes);
        self.expression("bitwise", |m| {
            let m = m.number(1, REGISTER).number(2, REGISTER).number(3, 4);
            m.nested(4, value(mask)).nested(5, value([0; 4]))
        })
    }

    /// It is of this transport and goes to this port.
    pub(super) fn port(self, transport: u8, port: u16) -> Self {
        self.expression("meta", |m| m.number(1, REGISTER).number(2, TRANSPORT))
            .compared(EQUAL, &[transport])
            .payload(TRANSPORT_HEADER, 2, 2)
            .compared(EQUAL, &port.to_be_bytes())
    }

    fn payload(self, header: u32, offset: u32, length: u32) -> Self {
        self.expression("payload", |m| m.number(1, REGISTER).number(2, header).number(3, offset).number(4, length))
    }

    /// It belongs to a connection that the other side has begun.
    pub(super) fn reply(self) -> Self {
        self.expression("ct", |m| m.number(1, REGISTER).number(2, DIRECTION)).compared(EQUAL, &[REPLY])
    }

    /// It begins a connection.
    pub(super) fn begins(self) -> Self {
        let state = self.expression("ct", |m| m.number(1, REGISTER).number(2, STATE));
        state.masked(NEW.to_ne_bytes()).compared(UNEQUAL, &0_u32.to_ne_bytes())
    }

    /// With it, more than so many connections are open that came in through its interface: `add @set { iifname ct count over
    /// most }`. The kernel counts those it keeps track of and forgets those that are closed.
    pub(super) fn one_too_many(self, set: &str, most: u32) -> Self {
        self.expression("meta", |m| m.number(1, REGISTER).number(2, INPUT_NAME)).expression("dynset", |m| {
            let count = |m: Message| m.text(1, "connlimit").nested(2, |m| m.number(1, most).number(2, OVER));
            m.text(1, set).number(3, ADD).number(4, REGISTER).nested(7, count)
        })
    }

    /// It goes to an address of the host.
    pub(super) fn for_the_host(self) -> Self {
        self.route(KIND_OF_ADDRESS, TO).compared(EQUAL, &LOCAL.to_ne_bytes())
    }

    /// It goes neither to the host nor to where it came from: `fib daddr type != local fib daddr . iif oif 0`. Each vcluster
    /// has a bridge of its own, so what stays inside it comes in and goes out through the same one.
    pub(super) fn elsewhere(self) -> Self {
        let rule = self.route(KIND_OF_ADDRESS, TO).compared(UNEQUAL, &LOCAL.to_ne_bytes());
        rule.route(OUTPUT_INTERFACE, TO_BY_INPUT).compared(EQUAL, &0_u32.to_ne_bytes())
    }

    /// What the host's routes say.
    fn route(self, what: u32, of: u32) -> Self {
        self.expression("fib", |m| m.number(1, REGISTER).number(2, what).number(3, of))
    }

    pub(super) fn drop(self) -> Self {
        self.verdict(|m| m.number(1, DROP.cast_unsigned()))
    }

    /// Goes on, whatever later rules of ours would say.
    pub(super) fn accept(self) -> Self {
        self.verdict(|m| m.number(1, ACCEPT.cast_unsigned()))
    }

    pub(super) fn jump(self, chain: &str) -> Self {
        self.verdict(|m| m.number(1, JUMP.cast_unsigned()).text(2, chain))
    }

    fn verdict(self, verdict: impl FnOnce(Message) -> Message) -> Self {
        self.expression("immediate", |m| m.number(1, VERDICT_REGISTER).nested(2, |m| m.nested(2, verdict)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_no_bits_behind_its_prefix() {
        assert_eq!(Network::parse("172.20.0.0/14").map(Network::mask), Some(0xfffc_0000));
        assert_eq!(Network::parse("0.0.0.0/0").map(Network::mask), Some(0));
        for text in ["", "172.20.0.0", "172.20.0.1/14", "172.20.0.0/33", "::/0", "172.20.0.0/-1"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
