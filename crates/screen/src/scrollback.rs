//! Lines that left the screen, as bytes that print them again: bounded in lines and in bytes.

use std::collections::VecDeque;

use crate::encode::{Ending, Tables, goes_on_early, push_cell, push_row};
use crate::row::{Cell, Row};

/// Rows kept at most; what a viewer shows as its own scrollback.
pub(crate) const MAX_ROWS: usize = 10_000;
/// Bytes kept at most.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Scrollback {
    bytes: VecDeque<u8>,
    rows: VecDeque<Kept>,
    pushed: u64,
    scratch: Vec<u8>,
    /// The last cell of the newest row, if that was left for a wide character to wrap from.
    gap: Cell,
}

/// One row that is kept: its length in bytes, and how it meets its neighbours.
#[derive(Debug, Clone, Copy)]
struct Kept(u32);

const WRAPPED: u32 = 1 << 31;
/// Printed to its last column.
const FULL: u32 = 1 << 30;
/// Printed to its last column but one, because a wide character follows.
const EARLY: u32 = 1 << 29;
const LENGTH: u32 = EARLY - 1;

impl Kept {
    fn new(row: &Row, ending: Ending, length: usize) -> Option<Self> {
        let length = u32::try_from(length).ok().filter(|length| *length <= LENGTH)?;
        let how = match ending {
            Ending::LineEnds => 0,
            Ending::Wraps => FULL,
            Ending::WrapsEarly => EARLY,
        };
        Some(Self(length | how | beginning(row)))
    }

    fn length(self) -> usize {
        (self.0 & LENGTH) as usize
    }

    /// The same with its last cell, of so many bytes.
    fn completed(self, bytes: usize) -> Self {
        Self((self.0 & !EARLY | FULL) + bytes as u32)
    }

    fn is_wrapped(self) -> bool {
        self.0 & WRAPPED != 0
    }
}

fn beginning(row: &Row) -> u32 {
    if row.wrapped { WRAPPED } else { 0 }
}

/// What comes between a kept row and the one after it. A row that only claims to continue a line gets a line of its own.
fn separator(above: Kept, below: u32) -> &'static [u8] {
    if below & WRAPPED != 0 && above.0 & (FULL | EARLY) != 0 { b"" } else { b"\r\n" }
}

impl Scrollback {
    /// Rows held.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Rows ever added.
    pub(crate) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Adds the row that leaves the screen.
    pub(crate) fn push(&mut self, row: &Row, next: Option<&Row>, tables: &Tables) {
        self.pushed += 1;
        self.settle(row, tables);
        self.scratch.clear();
        let ending = Ending::of(row, next);
        push_row(row, ending, tables, &mut self.scratch);
        let Some(kept) = Kept::new(row, ending, self.scratch.len()) else { return };
        self.bytes.extend(&self.scratch);
        self.rows.push_back(kept);
        self.gap = row.cell(row.cols() - 1);
        self.keep_bounds();
    }

    /// What the newest row still lacks, now that `below` follows it: the wide character that was to wrap may be gone from
    /// there, or have another style.
    fn missing(&self, below: &Row, tables: &Tables) -> Vec<u8> {
        let mut out = Vec::new();
        if self.rows.back().is_some_and(|newest| newest.0 & EARLY != 0) && !goes_on_early(self.gap, below) {
            push_cell(self.gap, tables, &mut out);
        }
        out
    }

    /// Completes the newest row before `below` is added.
    fn settle(&mut self, below: &Row, tables: &Tables) {
        let missing = self.missing(below, tables);
        if let Some(newest) = self.rows.back_mut().filter(|_| !missing.is_empty()) {
            *newest = newest.completed(missing.len());
            self.bytes.extend(missing);
        }
    }

    /// Adds a line of printable ASCII that fits into a row, as if it had been on the screen.
    pub(crate) fn push_line(&mut self, line: &[u8]) {
        let Ok(length) = u32::try_from(line.len()) else { return };
        self.pushed += 1;
        self.bytes.extend(line);
        self.rows.push_back(Kept(length));
        self.keep_bounds();
    }

    fn keep_bounds(&mut self) {
        while self.rows.len() > MAX_ROWS || self.bytes.len() > MAX_BYTES {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(row) = self.rows.pop_front() {
            self.bytes.drain(..row.length());
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self { pushed: self.pushed, ..Self::default() };
    }

    /// Takes the newest rows out, at least `count` and as whole lines, as bytes that print them, before `below`.
    pub(crate) fn take_newest(&mut self, count: usize, below: &Row, tables: &Tables) -> Vec<u8> {
        self.settle(below, tables);
        let mut from = self.rows.len().saturating_sub(count.max(1));
        while from > 0 && self.rows[from].is_wrapped() {
            from -= 1;
        }
        let rows = self.rows.split_off(from);
        let length: usize = rows.iter().map(|row| row.length()).sum();
        let bytes = self.bytes.split_off(self.bytes.len() - length);
        let mut out = Vec::with_capacity(length + 2 * rows.len());
        push_rows(&rows, &bytes, &[], below, &mut out);
        out
    }

    /// Appends all rows, before `below`.
    pub(crate) fn push_all(&self, below: &Row, tables: &Tables, out: &mut Vec<u8>) {
        push_rows(&self.rows, &self.bytes, &self.missing(below, tables), below, out);
    }
}

/// `missing`: what the last of them lacks.
fn push_rows(rows: &VecDeque<Kept>, bytes: &VecDeque<u8>, missing: &[u8], below: &Row, out: &mut Vec<u8>) {
    let (first, second) = bytes.as_slices();
    let split = first.len();
    let mut at = 0;
    let mut rows = rows.iter().peekable();
    while let Some(row) = rows.next() {
        let end = at + row.length();
        out.extend_from_slice(&first[at.min(split)..end.min(split)]);
        out.extend_from_slice(&second[at.max(split) - split..end.max(split) - split]);
        let next = rows.peek().map(|next| next.0).unwrap_or_else(|| {
            out.extend_from_slice(missing);
            beginning(below)
        });
        out.extend_from_slice(separator(*row, next));
        at = end;
    }
}
