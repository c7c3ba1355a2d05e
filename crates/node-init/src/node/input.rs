//! What viewers type into one terminal: each byte exactly once, in order, never more than a bound waiting. Pure.

use std::collections::VecDeque;

use crate::protocol::ClientId;

/// Bytes that may wait for the program to read them; more than the largest `Input` frame.
pub(super) const QUEUE: usize = 256 * 1024;
/// Viewers whose input position is remembered after they left.
const REMEMBERED: usize = 16;

/// What became of an `Input` frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accepted {
    /// Its new bytes wait for the program, or were given already.
    Taken,
    /// There is no room now; offer the frame again later.
    Full,
    /// Bytes between `expected` and the frame are missing.
    Gap { expected: u64 },
}

/// The input of one terminal.
#[derive(Debug, Default)]
pub(super) struct Input {
    queue: VecDeque<u8>,
    /// Whose bytes the queue holds, in order.
    runs: VecDeque<(ClientId, usize)>,
    /// Least recently used first.
    clients: VecDeque<Client>,
}

#[derive(Debug, Clone, Copy)]
struct Client {
    id: ClientId,
    taken: u64,
    given: u64,
}

impl Input {
    /// A viewer comes (back). Returns where its input continues: what was taken of it, or `from` if it is not remembered.
    pub(super) fn resume(&mut self, id: ClientId, from: u64) -> u64 {
        let client = match self.clients.iter().position(|client| client.id == id).and_then(|at| self.clients.remove(at))
        {
            Some(client) => client,
            None => Client { id, taken: from, given: from },
        };
        self.clients.push_back(client);
        if self.clients.len() > REMEMBERED {
            let unused = |client: &Client| client.taken == client.given;
            let oldest = self.clients.iter().position(unused).unwrap_or(0);
            self.clients.remove(oldest);
        }
        client.taken
    }

    /// Takes the bytes of a frame that were not taken before.
    pub(super) fn accept(&mut self, id: ClientId, seq: u64, bytes: &[u8]) -> Accepted {
        if !self.clients.iter().any(|client| client.id == id) {
            self.resume(id, seq);
        }
        let Some(client) = self.clients.iter_mut().find(|client| client.id == id) else {
            return Accepted::Gap { expected: seq };
        };
        if seq > client.taken {
            return Accepted::Gap { expected: client.taken };
        }
        let seen = usize::try_from(client.taken - seq).unwrap_or(usize::MAX).min(bytes.len());
        let fresh = &bytes[seen..];
        if self.queue.len() + fresh.len() > QUEUE {
            return Accepted::Full;
        }
        if !fresh.is_empty() {
            client.taken += fresh.len() as u64;
            self.queue.extend(fresh);
            self.runs.push_back((id, fresh.len()));
        }
        Accepted::Taken
    }

    /// What the program gets next.
    pub(super) fn waiting(&self) -> &[u8] {
        self.queue.as_slices().0
    }

    /// The program got the first `count` of the waiting bytes.
    pub(super) fn written(&mut self, mut count: usize) {
        self.queue.drain(..count);
        while let Some((id, length)) = self.runs.front_mut().filter(|_| count > 0) {
            let part = count.min(*length);
            if let Some(client) = self.clients.iter_mut().find(|client| client.id == *id) {
                client.given += part as u64;
            }
            *length -= part;
            count -= part;
            if *length == 0 {
                self.runs.pop_front();
            }
        }
        if self.queue.is_empty() {
            self.queue.shrink_to(4096);
        }
    }

    /// Drops what waits: the program is gone and nobody will read it.
    pub(super) fn discard(&mut self) {
        self.written(self.queue.len());
    }

    /// How much of this viewer's input the program got.
    pub(super) fn given(&self, id: ClientId) -> Option<u64> {
        self.clients.iter().find(|client| client.id == id).map(|client| client.given)
    }
}
