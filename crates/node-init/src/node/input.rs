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
    /// Nothing was heard of it yet; it begins wherever its first frame says, as one does that was forgotten.
    new: bool,
}

impl Input {
    /// A viewer comes (back). Returns where its input continues: what was taken of it, or `from` if it is not remembered.
    pub(super) fn resume(&mut self, id: ClientId, from: u64) -> u64 {
        let client = match self.clients.iter().position(|client| client.id == id).and_then(|at| self.clients.remove(at))
        {
            Some(client) => client,
            None => Client { id, taken: from, given: from, new: true },
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
        if std::mem::take(&mut client.new) && seq > client.taken {
            (client.taken, client.given) = (seq, seq);
        }
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

    /// Drops what waits: the program that would read it is gone.
    pub(super) fn discard(&mut self) {
        self.written(self.queue.len());
    }

    /// How much of this viewer's input the program got.
    pub(super) fn given(&self, id: ClientId) -> Option<u64> {
        self.clients.iter().find(|client| client.id == id).map(|client| client.given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> ClientId {
        ClientId::new([number; 16])
    }

    fn drain(input: &mut Input) -> Vec<u8> {
        let mut all = Vec::new();
        while !input.waiting().is_empty() {
            all.extend_from_slice(&input.waiting()[..1]);
            input.written(1);
        }
        all
    }

    #[test]
    fn bytes_that_overlap_are_taken_once() {
        let mut input = Input::default();
        assert_eq!(input.resume(client(1), 0), 0);
        for (seq, bytes) in [(0, &b"abc"[..]), (0, b"abc"), (1, b"bcde"), (4, b"ef"), (6, b"")] {
            assert_eq!(input.accept(client(1), seq, bytes), Accepted::Taken);
        }
        assert_eq!(drain(&mut input), b"abcdef");
        assert_eq!(input.given(client(1)), Some(6));
    }

    #[test]
    fn a_gap_is_not_bridged() {
        let mut input = Input::default();
        input.resume(client(1), 0);
        assert_eq!(input.accept(client(1), 0, b"0123456789"), Accepted::Taken);
        assert_eq!(input.accept(client(1), 12, b"x"), Accepted::Gap { expected: 10 });
        assert_eq!(input.accept(client(1), u64::MAX, b"x"), Accepted::Gap { expected: 10 });
        assert_eq!(input.accept(client(1), 5, b"56789a"), Accepted::Taken);
        assert_eq!(drain(&mut input), b"0123456789a");
    }

    #[test]
    fn what_does_not_fit_is_not_taken_in_part() {
        let mut input = Input::default();
        input.resume(client(1), 0);
        let piece = vec![b'x'; 60_000];
        let mut seq = 0;
        while input.accept(client(1), seq, &piece) == Accepted::Taken {
            seq += piece.len() as u64;
        }
        assert!(seq as usize <= QUEUE && seq as usize > QUEUE - piece.len());
        input.written(input.waiting().len());
        assert_eq!(input.accept(client(1), seq, &piece), Accepted::Taken);
    }

    #[test]
    fn acknowledgements_go_to_whose_bytes_were_given() {
        let mut input = Input::default();
        input.resume(client(1), 0);
        input.resume(client(2), 100);
        input.accept(client(1), 0, b"one");
        input.accept(client(2), 100, b"two!");
        input.written(5);
        assert_eq!((input.given(client(1)), input.given(client(2))), (Some(3), Some(102)));
        input.discard();
        assert_eq!(input.given(client(2)), Some(104));
    }

    #[test]
    fn clients_are_remembered_up_to_a_bound_the_latest_longest() {
        let mut input = Input::default();
        for number in 0..20 {
            input.resume(client(number), 0);
            input.accept(client(number), 0, b"x");
            input.written(1);
        }
        assert_eq!(input.resume(client(19), 7), 1);
        assert_eq!(input.resume(client(0), 7), 7);
    }

    #[test]
    fn a_client_that_was_forgotten_goes_on_where_it_is() {
        let mut input = Input::default();
        assert_eq!(input.resume(client(1), 0), 0);
        assert_eq!(input.accept(client(1), 1000, b"abc"), Accepted::Taken);
        assert_eq!(input.accept(client(1), 1001, b"bcd"), Accepted::Taken);
        assert_eq!(drain(&mut input), b"abcd");
        assert_eq!(input.given(client(1)), Some(1004));
    }
}
