//! Character sets: ASCII, the VT100's line drawing, and British. Programs that draw boxes with curses use them.

/// What the characters of ASCII mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Charset {
    #[default]
    Ascii,
    LineDrawing,
    British,
}

/// '`' to '~' in line drawing.
const LINE_DRAWING: [char; 31] = [
    '◆', '▒', '␉', '␌', '␍', '␊', '°', '±', '␤', '␋', '┘', '┐', '┌', '└', '┼', '⎺', '⎻', '─', '⎼', '⎽', '├', '┤', '┴',
    '┬', '│', '≤', '≥', 'π', '≠', '£', '·',
];

impl Charset {
    /// The set a designating sequence's last byte names.
    pub(crate) fn named(byte: u8) -> Self {
        match byte {
            b'0' => Charset::LineDrawing,
            b'A' => Charset::British,
            _ => Charset::Ascii,
        }
    }

    /// The byte that names it.
    pub(crate) fn name(self) -> u8 {
        match self {
            Charset::Ascii => b'B',
            Charset::LineDrawing => b'0',
            Charset::British => b'A',
        }
    }

    /// The character that a byte of ASCII stands for.
    pub(crate) fn map(self, byte: u8) -> char {
        match (self, byte) {
            (Charset::LineDrawing, b'`'..=b'~') => LINE_DRAWING[usize::from(byte - b'`')],
            (Charset::British, b'#') => '£',
            _ => char::from(byte),
        }
    }
}

/// The four designated sets and the one in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Charsets {
    sets: [Charset; 4],
    level: usize,
}

impl Charsets {
    pub(crate) fn current(&self) -> Charset {
        self.sets[self.level]
    }

    pub(crate) fn level(&self) -> usize {
        self.level
    }

    pub(crate) fn sets(&self) -> &[Charset; 4] {
        &self.sets
    }

    /// Designates a set as G0 to G3.
    pub(crate) fn designate(&mut self, level: usize, charset: Charset) {
        self.sets[level & 3] = charset;
    }

    /// Uses G0 to G3.
    pub(crate) fn shift(&mut self, level: usize) {
        self.level = level & 3;
    }

    /// Uses what a saved cursor used.
    pub(crate) fn restore(&mut self, charset: Charset) {
        self.sets[self.level] = charset;
    }
}
