//! The last output bytes of a terminal, each with its offset since the terminal's birth. Memory grows with use up to a bound.

/// Bytes kept at most. At least twice the window, so that a viewer a window behind can still be served from here while
/// the next window is written.
pub(super) const RING: usize = 512 * 1024;
const FIRST: usize = 8 * 1024;

/// A bounded tail of a byte stream.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// Its length is 0 or a power of two; byte `o` of the stream lives at `o % len`.
    bytes: Vec<u8>,
    start: u64,
    end: u64,
}

impl Ring {
    /// Offset of the oldest byte still here.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// Offset after the newest byte.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Appends, dropping the oldest bytes beyond the bound.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if bytes.len() > RING {
            let skipped = bytes.len() - RING;
            bytes = &bytes[skipped..];
            self.end += skipped as u64;
            self.start = self.end;
        }
        self.make_room(bytes.len());
        let at = self.place(self.end);
        let first = bytes.len().min(self.bytes.len() - at);
        self.bytes[at..at + first].copy_from_slice(&bytes[..first]);
        self.bytes[..bytes.len() - first].copy_from_slice(&bytes[first..]);
        self.end += bytes.len() as u64;
        self.start = self.start.max(self.end.saturating_sub(self.bytes.len() as u64));
    }

    /// At most `max` bytes from `offset` on, in two pieces because the ring wraps. Empty if `offset` is not in the ring.
    pub(super) fn slices(&self, offset: u64, max: usize) -> (&[u8], &[u8]) {
        if offset < self.start || offset >= self.end {
            return (&[], &[]);
        }
        let length = usize::try_from(self.end - offset).unwrap_or(usize::MAX).min(max);
        let at = self.place(offset);
        let first = length.min(self.bytes.len() - at);
        (&self.bytes[at..at + first], &self.bytes[..length - first])
    }

    fn place(&self, offset: u64) -> usize {
        (offset & (self.bytes.len() as u64 - 1)) as usize
    }

    fn make_room(&mut self, more: usize) {
        let held = (self.end - self.start) as usize;
        let wanted = (held + more).next_power_of_two().clamp(FIRST, RING);
        if wanted <= self.bytes.len() {
            return;
        }
        let (first, second) = if held == 0 { (&[][..], &[][..]) } else { self.slices(self.start, held) };
        let mut bytes = vec![0; wanted];
        for (index, &byte) in first.iter().chain(second).enumerate() {
            bytes[((self.start + index as u64) & (wanted as u64 - 1)) as usize] = byte;
        }
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(ring: &Ring, from: u64) -> Vec<u8> {
        let (first, second) = ring.slices(from, usize::MAX);
        [first, second].concat()
    }

    #[test]
    fn the_last_bytes_are_there_whatever_pieces_they_came_in() {
        let stream: Vec<u8> = (0..2 * RING as u32 + 12345).map(|n| (n * 31 % 251) as u8).collect();
        for piece in [1000, 4095, 65_536, 3 * RING] {
            let mut ring = Ring::default();
            stream.chunks(piece).for_each(|piece| ring.push(piece));
            assert_eq!(ring.end(), stream.len() as u64);
            assert_eq!(ring.end() - ring.start(), RING as u64);
            assert!(all(&ring, ring.start()) == stream[stream.len() - RING..], "pieces of {piece}");
        }
    }

    #[test]
    fn little_output_costs_little_and_all_of_it_is_kept() {
        let mut ring = Ring::default();
        assert_eq!(ring.bytes.len(), 0);
        let mut stream = Vec::new();
        for n in 0_u32..5000 {
            ring.push(&n.to_be_bytes());
            stream.extend_from_slice(&n.to_be_bytes());
            assert!(ring.bytes.len() <= (2 * stream.len()).max(FIRST));
        }
        assert_eq!(ring.start(), 0);
        assert_eq!(all(&ring, 0), stream);
        assert_eq!(all(&ring, 19_990), stream[19_990..]);
    }

    #[test]
    fn what_is_not_there_is_not_given() {
        let mut ring = Ring::default();
        ring.push(&vec![1; RING + 10]);
        assert_eq!(ring.slices(9, 5), (&[][..], &[][..]));
        assert_eq!(ring.slices(ring.end(), 5), (&[][..], &[][..]));
        assert_eq!(ring.slices(10, 5).0.len() + ring.slices(10, 5).1.len(), 5);
    }
}
