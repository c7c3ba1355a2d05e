//! The firewall around all nodes of a host. It belongs to one helper for as long as the installation is on the host: the
//! helper sets it, compares it every other second with what it should be, mends it, and says so in its log. Runs in the
//! host's network namespace, with the power to change it and no other.
//!
//! A table of our own in nftables, which every kernel of the last ten years has and which leaves Docker's and the host's
//! own rules alone. What nodes send is known by the bridge it comes in through, not by its address. The rules stay when the
//! helper is killed: a wall that falls with its keeper is none.
//!
//! - `plan`: what the helper was told; `rules`: the firewall itself
//! - `expression`: what a rule is made of; `netlink`: how the kernel is told, and what it lists

mod command_line;
mod expression;
mod netlink;
mod rules;

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::log;
use crate::firewall::Word;
use command_line::Plan;
use rules::Standing;

/// How often the firewall is compared with what it should be.
const EVERY: Duration = Duration::from_secs(2);
/// On the host's network, the engine gives the helper the host's own one.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// This network namespace's interfaces.
const INTERFACES: &str = "/proc/net/dev";

/// Keeps the firewall until it is told to end.
pub(super) fn guard(arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    let plan = Plan::parse(arguments)?;
    let signals = signals()?;
    let mut guard = Guard { plan, standing: None, resolvers: Vec::new(), said: None };
    loop {
        if let Some(word) = guard.turn() {
            log::line(format_args!("{word}"));
        }
        if is_told_to_end(&signals)? {
            return guard.end();
        }
    }
}

/// Takes the firewall away; taking it away again changes nothing.
pub(super) fn remove(mut arguments: impl Iterator<Item = OsString>) -> io::Result<()> {
    rules::remove(&command_line::table(&command_line::bridges(&mut arguments)?.0))
}

#[derive(Debug)]
struct Guard {
    plan: Plan,
    /// What was set; `None` until it is.
    standing: Option<Standing>,
    /// What it was set with.
    resolvers: Vec<Ipv4Addr>,
    /// The last fault, which is said once.
    said: Option<Word>,
}

impl Guard {
    /// Looks, and mends if need be. What is worth a line.
    fn turn(&mut self) -> Option<Word> {
        let word = match self.look_and_mend() {
            Ok(word) => word?,
            Err(error) => {
                self.standing = None;
                Word::Failed(error.to_string())
            }
        };
        let is_new = self.said.as_ref() != Some(&word);
        self.said = matches!(word, Word::Failed(_)).then(|| word.clone());
        is_new.then_some(word)
    }

    fn look_and_mend(&mut self) -> io::Result<Option<Word>> {
        let resolvers = command_line::resolvers(&read(RESOLV_CONF)?);
        let word = match &self.standing {
            None => Word::Stands,
            Some(standing) => {
                let now = Standing::look(&self.plan)?;
                if now == *standing && resolvers == self.resolvers {
                    return Ok(None);
                }
                if now == *standing {
                    // For other resolvers.
                    Word::Stands
                } else if now.is_empty() {
                    Word::Mended("its rules had been removed".into())
                } else {
                    Word::Mended("its rules had been changed".into())
                }
            }
        };
        for missing in rules::set(&self.plan, &resolvers)? {
            log::line(format_args!("{missing}"));
        }
        (self.standing, self.resolvers) = (Some(Standing::look(&self.plan)?), resolvers);
        Ok(Some(word))
    }

    /// The rules go with the last of the bridges, never before.
    fn end(self) -> io::Result<()> {
        let interfaces = read(INTERFACES)?;
        if self.plan.all_bridges().any(|bridges| has_bridges(&interfaces, bridges)) {
            return Ok(());
        }
        rules::remove(&self.plan.table())
    }
}

fn read(path: &str) -> io::Result<String> {
    match std::fs::read_to_string(path) {
        // A host without one has no resolver.
        Err(error) if error.kind() == io::ErrorKind::NotFound && Path::new(path) == Path::new(RESOLV_CONF) => {
            Ok(String::new())
        }
        text => text.map_err(|error| io::Error::new(error.kind(), format!("{path} cannot be read: {error}"))),
    }
}

/// Whether one of these interfaces has a name that begins so.
fn has_bridges(interfaces: &str, beginning: &str) -> bool {
    interfaces.lines().any(|line| line.trim_start().starts_with(beginning))
}

/// PID 1 of a container is told by a signal only if it asks for it.
fn signals() -> io::Result<SignalFd> {
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        mask.add(signal);
    }
    mask.thread_block()?;
    Ok(SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?)
}

/// Waits for the next turn, or for less when it is told to end.
fn is_told_to_end(signals: &SignalFd) -> io::Result<bool> {
    let patience = Timespec { tv_sec: EVERY.as_secs().cast_signed(), tv_nsec: 0 };
    let mut waiting = [PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)];
    match poll(&mut waiting, Some(&patience)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bridges_are_found_among_the_interfaces() {
        let interfaces = "Inter-|   Receive\n face |bytes\n    lo: 1 2\ndk12345abcdef01: 3 4\n  eth0: 5\n";
        assert!(has_bridges(interfaces, "dk12345") && !has_bridges(interfaces, "dk12346"));
        assert!(!has_bridges("", "dk12345"));
    }
}
