//! A node's listening ports as they change. The node is hostile: each list is bounded, half a list is not waited for
//! forever, and a node that sends more of them than ports can change is cut off.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

use super::{ClientError, NodeStream, parse_reply, reply_length};
use crate::protocol::ListeningPort;

/// docklet-init looks ten times a second, so this is more than it ever sends…
const PER_SECOND: u32 = 12;
/// …and as many may wait for a reader that had other things to do.
const AT_ONCE: u32 = 64;
/// What one read takes.
const APPETITE: usize = 4 * 1024;

/// The connection of a watcher.
#[derive(Debug)]
pub struct PortWatch {
    stream: NodeStream,
    deadline: Duration,
    buffer: Vec<u8>,
    /// When what lies in the buffer must have become a whole list.
    whole_by: Instant,
    budget: Budget,
}

impl PortWatch {
    pub(super) fn new(stream: NodeStream, deadline: Duration) -> Self {
        let now = Instant::now();
        Self { stream, deadline, buffer: Vec::new(), whole_by: now + deadline, budget: Budget::new(now) }
    }

    /// The present ports at first, then all of them after each change. Cancel-safe: nothing is lost when it is dropped.
    pub async fn next(&mut self) -> Result<Vec<ListeningPort>, ClientError> {
        loop {
            if let Some(ports) = self.complete()? {
                return Ok(ports);
            }
            self.fill().await?;
        }
    }

    /// The list at the front of the buffer if all of it is here.
    fn complete(&mut self) -> Result<Option<Vec<ListeningPort>>, ClientError> {
        let Some((length, rest)) = self.buffer.split_first_chunk::<4>() else { return Ok(None) };
        let length = reply_length(u32::from_be_bytes(*length))?;
        let Some(json) = rest.get(..length) else { return Ok(None) };
        let now = Instant::now();
        if !self.budget.spend(now) {
            return Err(ClientError::Garbage("it sends its ports more often than they can change"));
        }
        let ports = parse_reply(json)?;
        self.buffer.drain(..4 + length);
        self.whole_by = now + self.deadline;
        Ok(Some(ports))
    }

    async fn fill(&mut self) -> Result<(), ClientError> {
        self.buffer.reserve(APPETITE);
        let idle = self.buffer.is_empty() && self.budget.has_begun();
        let read = self.stream.read_buf(&mut self.buffer);
        let got = if idle {
            let got = read.await?;
            self.whole_by = Instant::now() + self.deadline;
            got
        } else {
            timeout_at(self.whole_by, read).await.map_err(|_| ClientError::Timeout)??
        };
        if got == 0 { Err(ClientError::Garbage("the node stopped telling its ports")) } else { Ok(()) }
    }
}

/// A bucket that fills with time and that every list takes from.
#[derive(Debug)]
struct Budget {
    left: u32,
    since: Instant,
    begun: bool,
}

impl Budget {
    fn new(now: Instant) -> Self {
        Self { left: AT_ONCE, since: now, begun: false }
    }

    /// Whether a list has come already: the first one is waited for, the others come when they come.
    fn has_begun(&self) -> bool {
        self.begun
    }

    /// False when nothing is left.
    fn spend(&mut self, now: Instant) -> bool {
        self.begun = true;
        let earned = (now.duration_since(self.since) * PER_SECOND).as_secs();
        if earned > 0 {
            self.left = u32::try_from(earned).unwrap_or(AT_ONCE).saturating_add(self.left).min(AT_ONCE);
            self.since = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_whose_ports_change_at_every_look_is_heard_and_a_flood_is_not() {
        let begin = Instant::now();
        let mut budget = Budget::new(begin);
        assert!((0..1000_u32).all(|look| budget.spend(begin + Duration::from_millis(100) * look)));
        let mut budget = Budget::new(begin);
        let heard = (0..1000_u32).take_while(|list| budget.spend(begin + Duration::from_millis(1) * *list)).count();
        assert!((64..100).contains(&heard), "{heard}");
    }
}
