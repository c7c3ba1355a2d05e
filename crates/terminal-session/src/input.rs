//! What was typed and is not known to have arrived: kept in order, sent within the window, sent again after a lost
//! connection. Knows no connection, only whether the node has said where to continue.

use wire::terminal::{ClientFrame, INPUT_WINDOW, MAX_INPUT};

/// Bytes that may wait for the node. A paste that would exceed this is refused as a whole.
pub const KEPT_INPUT: usize = 4 * 1024 * 1024;

/// More was typed or pasted than may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// The input of one viewer.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// Offset of the first kept byte in all this viewer ever typed.
    base: u64,
    kept: Vec<u8>,
    /// Bytes of `kept` that this connection has sent.
    sent: usize,
    /// This connection may send: the node has said where it continues.
    resumed: bool,
}

impl Input {
    /// Keeps typed bytes until the node has them.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if self.kept.len() + bytes.len() > KEPT_INPUT {
            return Err(Full);
        }
        self.kept.extend_from_slice(bytes);
        Ok(())
    }

    /// Whether another frame's worth fits.
    pub(super) fn has_room(&self) -> bool {
        self.kept.len() + MAX_INPUT <= KEPT_INPUT
    }

    /// The connection is gone: what it sent may or may not have arrived.
    pub(super) fn interrupt(&mut self) {
        self.sent = 0;
        self.resumed = false;
    }

    /// The node has all input before `seq`. The first such news of a connection says where to continue.
    ///
    /// A node remembers its last few viewers only. If it names a place that this viewer is not at, it has forgotten the
    /// viewer: the kept bytes may or may not have arrived, and a command that runs twice is worse than one typed again.
    pub(super) fn acknowledge(&mut self, seq: u64) {
        match seq.checked_sub(self.base).and_then(|count| usize::try_from(count).ok()) {
            Some(count) if count <= self.kept.len() => {
                self.kept.drain(..count);
                self.sent = self.sent.saturating_sub(count);
            }
            _ => {
                self.kept.clear();
                self.sent = 0;
            }
        }
        self.base = seq;
        self.resumed = true;
    }

    /// The next frame that may be sent now, if any.
    pub(super) fn next_frame(&mut self) -> Option<Vec<u8>> {
        let window = usize::try_from(INPUT_WINDOW).unwrap_or(usize::MAX);
        let end = self.kept.len().min(window).min(self.sent + MAX_INPUT);
        if !self.resumed || self.sent >= end {
            return None;
        }
        let mut frame = Vec::with_capacity(9 + end - self.sent);
        let seq = self.base + self.sent as u64;
        ClientFrame::Input { seq, bytes: &self.kept[self.sent..end] }.encode(&mut frame);
        self.sent = end;
        Some(frame)
    }

    /// Drops everything: no connection follows that could send it.
    pub(super) fn discard(&mut self) {
        *self = Self { base: self.base + self.kept.len() as u64, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(input: &mut Input) -> Vec<(u64, Vec<u8>)> {
        let mut frames = Vec::new();
        while let Some(frame) = input.next_frame() {
            match ClientFrame::decode(&frame).expect("a frame of our own") {
                ClientFrame::Input { seq, bytes } => frames.push((seq, bytes.to_vec())),
                other => panic!("input became {other:?}"),
            }
        }
        frames
    }

    fn typed(text: &[u8]) -> Input {
        let mut input = Input::default();
        input.push(text).expect("there is room");
        input
    }

    #[test]
    fn nothing_is_sent_before_the_node_says_where_to_continue() {
        let mut input = typed(b"ls\r");
        assert_eq!(sent(&mut input), []);
        input.acknowledge(0);
        assert_eq!(sent(&mut input), [(0, b"ls\r".to_vec())]);
        assert_eq!(sent(&mut input), []);
    }

    #[test]
    fn after_a_lost_connection_only_what_did_not_arrive_is_sent_again() {
        let mut input = typed(b"abcdef");
        input.acknowledge(0);
        sent(&mut input);
        input.interrupt();
        input.push(b"gh").expect("there is room");
        input.acknowledge(4);
        assert_eq!(sent(&mut input), [(4, b"efgh".to_vec())]);
    }

    #[test]
    fn a_node_that_forgot_this_viewer_does_not_get_old_keys_again() {
        let mut input = typed(b"rm x\r");
        input.acknowledge(0);
        sent(&mut input);
        input.acknowledge(5);
        input.push(b"y\r").expect("there is room");
        sent(&mut input);
        input.interrupt();
        input.acknowledge(0);
        assert_eq!(sent(&mut input), []);
        input.push(b"z").expect("there is room");
        assert_eq!(sent(&mut input), [(0, b"z".to_vec())]);
    }

    #[test]
    fn a_large_paste_goes_out_in_frames_and_waits_at_the_window() {
        let window = usize::try_from(INPUT_WINDOW).expect("the window fits");
        let mut input = typed(&vec![b'x'; window + 10]);
        input.acknowledge(0);
        let lengths: Vec<usize> = sent(&mut input).iter().map(|(_, bytes)| bytes.len()).collect();
        assert_eq!(lengths, [MAX_INPUT, MAX_INPUT]);
        input.acknowledge(INPUT_WINDOW - 1);
        assert_eq!(sent(&mut input), [(INPUT_WINDOW, vec![b'x'; 10])]);
    }

    #[test]
    fn more_than_may_wait_is_refused_as_a_whole() {
        let mut input = typed(&vec![b'x'; KEPT_INPUT - 1]);
        assert_eq!(input.push(b"ab"), Err(Full));
        assert_eq!(input.push(b"a"), Ok(()));
    }
}
