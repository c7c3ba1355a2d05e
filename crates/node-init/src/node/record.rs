//! What a terminal has shown: the exact last bytes, and a model of its screen for viewers that need more than that. The
//! model is fed late and in large pieces: a flood costs little, and a keystroke's echo waits for none of it.

use wire::terminal::Size;

use super::ring::{RING, Ring};
use screen::Screen;

/// Bytes the model may be behind. Far less than the ring holds, so that nothing is lost before the model has seen it.
const BEHIND: u64 = RING as u64 / 2;

/// Output of one terminal since its birth.
#[derive(Debug)]
pub(super) struct Record {
    ring: Ring,
    /// Made when it is first needed.
    screen: Option<Screen>,
    size: Size,
    /// The model has seen everything before this offset.
    fed: u64,
}

impl Record {
    /// Nothing shown yet.
    pub(super) fn new(size: Size) -> Self {
        Self { ring: Ring::default(), screen: None, size, fed: 0 }
    }

    /// The exact bytes still here.
    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The terminal's size.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Adds what the program wrote.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.ring.push(bytes);
        if self.ring.end() - self.fed >= BEHIND {
            self.catch_up();
        }
    }

    /// The terminal has another size from here on.
    pub(super) fn resize(&mut self, size: Size) {
        if self.ring.end() > 0 {
            self.catch_up().resize(size);
        }
        self.size = size;
    }

    /// Bytes that repaint the terminal as it is now, from nothing.
    pub(super) fn snapshot(&mut self) -> Vec<u8> {
        self.catch_up().snapshot()
    }

    /// The title the program set last.
    pub(super) fn title(&mut self) -> String {
        if self.ring.end() == 0 { String::new() } else { self.catch_up().title().to_owned() }
    }

    /// Feeds the model what it has not seen.
    fn catch_up(&mut self) -> &mut Screen {
        let screen = self.screen.get_or_insert_with(|| Screen::new(self.size));
        let (first, second) = self.ring.slices(self.fed, usize::MAX);
        screen.feed(first);
        screen.feed(second);
        self.fed = self.ring.end();
        screen
    }
}
