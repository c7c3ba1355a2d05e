//! Which output bytes the screen has: where the stream continues, what was drawn, what the node was told about it.
//! Never looks into the bytes.

use wire::terminal::{ClientFrame, Size};

use super::{Effect, Start};

/// Drawn bytes after which the node is told at once; a quarter of its window is four of these.
const ACK_EVERY: u64 = 16 * 1024;

/// The stream did not continue where it had to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap;

/// Whether the node should hear what was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    /// It knows.
    Nothing,
    /// When convenient.
    Soon,
    /// So that it goes on sending.
    Now,
}

/// The screen's place in the terminal's output.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// Everything before this offset was handed to the screen. `None`: the screen is empty, or not to be trusted.
    position: Option<u64>,
    /// A snapshot has begun and not ended.
    painting: bool,
    /// Something was ever handed to the screen.
    used: bool,
    /// Everything before this offset is drawn.
    drawn: u64,
    /// What the node was told on this connection, and may take as said.
    acked: Option<u64>,
}

impl Screen {
    /// Empty, as the terminal is.
    pub(super) fn at_beginning() -> Self {
        Self { position: Some(0), ..Self::default() }
    }

    /// Where to ask the node to begin.
    pub(super) fn start(&self) -> Start {
        self.position.map_or(Start::Snapshot, Start::At)
    }

    /// A new connection begins where [`Screen::start`] said.
    pub(super) fn resume(&mut self) {
        self.acked = self.position;
    }

    /// The connection is gone. Half a snapshot is worth nothing.
    pub(super) fn interrupt(&mut self) {
        self.painting = false;
    }

    /// The node has less output than this viewer saw: it is not the same terminal's record any more.
    pub(super) fn check_end(&mut self, end: u64) {
        self.position = self.position.filter(|&position| position <= end);
    }

    /// Output came. Bytes the screen already has are left out.
    pub(super) fn output(&mut self, offset: u64, bytes: &[u8], effects: &mut Vec<Effect>) -> Result<(), Gap> {
        let position = match self.position {
            Some(position) => position,
            None if self.painting => return Err(Gap),
            None => {
                self.clear(effects);
                self.acked = Some(offset);
                offset
            }
        };
        let known = position.checked_sub(offset).ok_or(Gap)?;
        let fresh = usize::try_from(known).ok().and_then(|known| bytes.get(known..)).unwrap_or_default();
        let end = position + fresh.len() as u64;
        self.position = Some(end);
        if !fresh.is_empty() {
            self.used = true;
            effects.push(Effect::Write { bytes: fresh.to_vec(), reaches: Some(end) });
        }
        Ok(())
    }

    /// A piece of a snapshot came: the first one clears the screen, the last one says where output continues.
    pub(super) fn snapshot(&mut self, offset: u64, size: Size, more: bool, bytes: &[u8], effects: &mut Vec<Effect>) {
        if !self.painting {
            self.painting = true;
            self.position = None;
            self.clear(effects);
            effects.push(Effect::Resize(size));
        }
        self.used = true;
        let reaches = (!more).then_some(offset);
        effects.push(Effect::Write { bytes: bytes.to_vec(), reaches });
        if !more {
            self.painting = false;
            self.position = Some(offset);
            self.acked = None;
        }
    }

    fn clear(&mut self, effects: &mut Vec<Effect>) {
        if self.used {
            effects.push(Effect::Reset);
        }
    }

    /// Everything before `offset` is drawn now.
    pub(super) fn drawn(&mut self, offset: u64) {
        self.drawn = self.drawn.max(offset);
    }

    /// Everything that came is drawn.
    pub(super) fn settled(&self) -> bool {
        !self.painting && self.position.is_none_or(|position| self.drawn >= position)
    }

    /// The next acknowledgement counts even if it says nothing new: the program has ended.
    pub(super) fn owe(&mut self) {
        self.acked = None;
    }

    /// What the node should hear.
    pub(super) fn owed(&self) -> Owed {
        let reached = self.reached();
        match self.acked {
            None => Owed::Now,
            Some(acked) if reached >= acked.saturating_add(ACK_EVERY) => Owed::Now,
            Some(acked) if reached > acked => Owed::Soon,
            Some(_) => Owed::Nothing,
        }
    }

    /// The acknowledgement of everything drawn.
    pub(super) fn acknowledgement(&mut self) -> Vec<u8> {
        let offset = self.reached();
        self.acked = Some(offset);
        let mut frame = Vec::with_capacity(9);
        ClientFrame::Ack { offset }.encode(&mut frame);
        frame
    }

    /// What is drawn of the stream this connection continues: never more than the node has sent of it.
    fn reached(&self) -> u64 {
        self.position.map_or(0, |position| self.drawn.min(position))
    }
}
