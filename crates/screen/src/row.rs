//! A row of cells, and the edits that stay within one row. A wide character is two cells: never half of one.

use crate::style::Style;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    /// A character, a cluster's number, nothing, or the second half of a wide one; with the width in the high bits.
    content: u32,
    pub(crate) style: Style,
}

const WIDE: u32 = 1 << 31;
const TAIL: u32 = 1 << 30;
const CLUSTER: u32 = 1 << 29;
const VALUE: u32 = CLUSTER - 1;

/// What a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Never written, or erased.
    Nothing,
    Char(char),
    /// A number in [`Clusters`](crate::clusters::Clusters).
    Cluster(u32),
    /// The second half of the wide character before it.
    Tail,
}

impl Cell {
    pub(crate) fn erased(style: Style) -> Self {
        Self { content: 0, style }
    }

    pub(crate) fn ascii(byte: u8, style: Style) -> Self {
        Self { content: u32::from(byte), style }
    }

    pub(crate) fn char(c: char, wide: bool, style: Style) -> Self {
        Self { content: u32::from(c) | if wide { WIDE } else { 0 }, style }
    }

    pub(crate) fn tail(style: Style) -> Self {
        Self { content: TAIL, style }
    }

    /// The same cell showing a cluster.
    pub(crate) fn with_cluster(self, number: u32) -> Self {
        Self { content: self.content & WIDE | CLUSTER | number & VALUE, style: self.style }
    }

    pub(crate) fn content(self) -> Content {
        let value = self.content & VALUE;
        if self.content & TAIL != 0 {
            Content::Tail
        } else if self.content & CLUSTER != 0 {
            Content::Cluster(value)
        } else {
            char::from_u32(value).filter(|&c| c != '\0').map_or(Content::Nothing, Content::Char)
        }
    }

    /// The character as it stands, for a cell that is known to hold one of ASCII.
    pub(crate) fn byte(self) -> u8 {
        (self.content & 0x7f) as u8
    }

    pub(crate) fn is_nothing(self) -> bool {
        self.content == 0
    }

    pub(crate) fn is_tail(self) -> bool {
        self.content & TAIL != 0
    }

    pub(crate) fn is_wide(self) -> bool {
        self.content & WIDE != 0
    }
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    cells: Vec<Cell>,
    /// Cells from here on were never written since the row was cleared to nothing in the default style.
    used: usize,
    /// All used cells hold ASCII or nothing in the default style.
    plain: bool,
    /// It continues the row before it: a line that was too long for one row.
    pub(crate) wrapped: bool,
}

impl Row {
    pub(crate) fn new(cols: usize, style: Style) -> Self {
        let plain = style == Style::default();
        let used = if plain { 0 } else { cols };
        Self { cells: vec![Cell::erased(style); cols], used, plain, wrapped: false }
    }

    pub(crate) fn cols(&self) -> usize {
        self.cells.len()
    }

    /// All cells that may hold something.
    pub(crate) fn used(&self) -> &[Cell] {
        &self.cells[..self.used]
    }

    /// Nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.used().iter().all(|cell| *cell == Cell::default())
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    pub(crate) fn cell(&self, col: usize) -> Cell {
        self.cells.get(col).copied().unwrap_or_default()
    }

    /// Makes it an empty row in a style.
    pub(crate) fn clear(&mut self, style: Style) {
        let plain = style == Style::default();
        let touched = if plain { self.used } else { self.cells.len() };
        self.cells[..touched].fill(Cell::erased(style));
        self.used = if plain { 0 } else { self.cells.len() };
        self.plain = plain;
        self.wrapped = false;
    }

    fn touch(&mut self, end: usize, plain: bool) {
        self.used = self.used.max(end.min(self.cells.len()));
        self.plain &= plain;
    }

    /// Writes ASCII characters; they must fit.
    pub(crate) fn write_ascii(&mut self, col: usize, text: &[u8], style: Style) {
        self.split_wide(col, style);
        self.split_wide(col + text.len(), style);
        for (cell, &byte) in self.cells[col..].iter_mut().zip(text) {
            *cell = Cell::ascii(byte, style);
        }
        self.touch(col + text.len(), style == Style::default());
    }

    /// Writes one character of one or two cells; it must fit.
    pub(crate) fn write_char(&mut self, col: usize, c: char, wide: bool, style: Style) {
        let width = if wide { 2 } else { 1 };
        self.split_wide(col, style);
        self.split_wide(col + width, style);
        self.cells[col] = Cell::char(c, wide, style);
        if wide {
            self.cells[col + 1] = Cell::tail(style);
        }
        self.touch(col + width, false);
    }

    /// Replaces a cell by one of the same width.
    pub(crate) fn replace(&mut self, col: usize, cell: Cell) {
        if let Some(place) = self.cells.get_mut(col) {
            *place = cell;
            self.touch(col + 1, false);
        }
    }

    /// Erases cells.
    pub(crate) fn erase(&mut self, from: usize, to: usize, style: Style) {
        let to = to.min(self.cells.len());
        if from >= to {
            return;
        }
        self.split_wide(from, style);
        self.split_wide(to, style);
        let plain = style == Style::default();
        if plain && to >= self.used {
            self.cells[from..self.used.max(from)].fill(Cell::default());
            self.used = self.used.min(from);
        } else {
            self.cells[from..to].fill(Cell::erased(style));
            self.touch(to, plain);
        }
    }

    /// Makes room at a column; what leaves the row at its end is lost.
    pub(crate) fn insert(&mut self, col: usize, count: usize, style: Style) {
        let cols = self.cells.len();
        let count = count.min(cols.saturating_sub(col));
        if count == 0 {
            return;
        }
        self.split_wide(col, style);
        self.split_wide(cols - count, style);
        self.cells.copy_within(col..cols - count, col + count);
        self.cells[col..col + count].fill(Cell::erased(style));
        self.touch(cols, style == Style::default());
    }

    /// Takes cells out; what follows moves up, and empty cells come in at the end.
    pub(crate) fn delete(&mut self, col: usize, count: usize, style: Style) {
        let cols = self.cells.len();
        let count = count.min(cols.saturating_sub(col));
        if count == 0 {
            return;
        }
        self.split_wide(col, style);
        self.split_wide(col + count, style);
        self.cells.copy_within(col + count.., col);
        self.cells[cols - count..].fill(Cell::erased(style));
        self.touch(cols, style == Style::default());
    }

    /// Cuts or pads it, without reflow.
    pub(crate) fn resize(&mut self, cols: usize) {
        if cols < self.cells.len() {
            self.split_wide(cols, Style::default());
        }
        self.cells.resize(cols, Cell::default());
        self.used = self.used.min(cols);
    }

    /// Before a change that ends or begins between two cells: a wide character that spans them loses both halves.
    fn split_wide(&mut self, col: usize, style: Style) {
        if col == 0 || !self.cells.get(col).is_some_and(|cell| cell.is_tail()) {
            return;
        }
        self.cells[col - 1..=col].fill(Cell::erased(style));
    }
}
