//! The firewall's helper: its command line, which the worker writes, and the lines of its log, which the worker reads.
//! Knows no rule and no kernel.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// `firewall BRIDGES NETWORK CONNECTIONS [OPENING …]`: sets the firewall, compares it with what it should be, and mends it,
/// until it is told to end. `BRIDGES` is what the names of the installation's bridges begin with and, behind commas, the names
/// of older ones that begin otherwise; `NETWORK` is all vclusters' network, `CONNECTIONS` how many the nodes of one vcluster may
/// have begun at a time, or 0.
pub const GUARD_COMMAND: &str = "firewall";
/// `firewall-remove BRIDGES`: takes it away.
pub const REMOVE_COMMAND: &str = "firewall-remove";

/// A port of the host that nodes may reach, written `[address:]port[/tcp|/udp]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opening {
    /// `None`: at every address of the host.
    pub address: Option<Ipv4Addr>,
    pub port: u16,
    pub transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    Tcp,
    Udp,
}

/// The text is no [`Opening`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a port, such as 5432, 53/udp or 10.0.0.5:8080/tcp")]
pub struct NoOpening;

impl FromStr for Opening {
    type Err = NoOpening;

    fn from_str(text: &str) -> Result<Self, NoOpening> {
        let (place, transport) = match text.split_once('/') {
            None => (text, Transport::Tcp),
            Some((place, "tcp")) => (place, Transport::Tcp),
            Some((place, "udp")) => (place, Transport::Udp),
            Some(_) => return Err(NoOpening),
        };
        let (address, port) = match place.split_once(':') {
            None => (None, place),
            Some((address, port)) => (Some(address.parse().map_err(|_| NoOpening)?), port),
        };
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(NoOpening)?;
        Ok(Self { address, port, transport })
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.address {
            write!(f, "{address}:")?;
        }
        let transport = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        write!(f, "{}/{transport}", self.port)
    }
}

/// One line of the helper's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// The rules are set.
    Stands,
    /// They had been changed from outside, as the text says, and are set again.
    Mended(String),
    /// They cannot be set, or not be looked at.
    Failed(String),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stands => f.write_str("stands"),
            Self::Mended(what) => write!(f, "mended: {what}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}

impl Word {
    /// `None` for a line that is not one of these.
    pub fn parse(line: &str) -> Option<Self> {
        let after = |word: &str| line.strip_prefix(word).map(str::to_owned);
        let mended = || after("mended: ").map(Self::Mended);
        (line == "stands").then_some(Self::Stands).or_else(mended).or_else(|| after("failed: ").map(Self::Failed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_read_as_they_are_written() {
        let read = |text: &str| text.parse::<Opening>().map(|opening| opening.to_string());
        assert_eq!(read("5432").as_deref(), Ok("5432/tcp"));
        assert_eq!(read("53/udp").as_deref(), Ok("53/udp"));
        assert_eq!(read("10.0.0.5:8080/tcp").as_deref(), Ok("10.0.0.5:8080/tcp"));
        for text in ["", "0", "70000", "ssh", "53/sctp", "53/", "10.0.0.5", "10.0.0:1", "::1:80", "-1", "1-5"] {
            assert_eq!(read(text), Err(NoOpening), "{text}");
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for word in [Word::Stands, Word::Mended("its rules were gone".into()), Word::Failed("no: way".into())] {
            assert_eq!(Word::parse(&word.to_string()), Some(word));
        }
        assert_eq!(Word::parse("standstill"), None);
    }
}
