//! The rows of one screen buffer, its scrolling region and its saved cursor. Knows no escape sequence.

use std::collections::VecDeque;

use wire::terminal::Size;

use crate::charset::Charset;
use crate::row::Row;
use crate::style::Style;
use crate::tabs::Tabs;

/// What DECSC saves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Saved {
    /// Negative once the saved line has scrolled out of the screen.
    pub(crate) row: i32,
    pub(crate) col: usize,
    pub(crate) style: Style,
    pub(crate) charset: Charset,
}

/// One screen buffer, primary or alternate.
#[derive(Debug)]
pub(crate) struct Grid {
    rows: VecDeque<Row>,
    /// First and last row of the scrolling region.
    top: usize,
    bottom: usize,
    pub(crate) saved: Saved,
    pub(crate) tabs: Tabs,
}

impl Grid {
    pub(crate) fn new(size: Size, style: Style) -> Self {
        let (cols, rows) = (usize::from(size.cols()), usize::from(size.rows()));
        let row = Row::new(cols, style);
        Self {
            rows: std::iter::repeat_n(row, rows).collect(),
            top: 0,
            bottom: rows - 1,
            saved: Saved::default(),
            tabs: Tabs::new(cols),
        }
    }

    pub(crate) fn height(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn top(&self) -> usize {
        self.top
    }

    pub(crate) fn bottom(&self) -> usize {
        self.bottom
    }

    /// The whole buffer scrolls, as it does unless a program wants otherwise.
    pub(crate) fn scrolls_whole(&self) -> bool {
        self.top == 0 && self.bottom + 1 == self.rows.len()
    }

    /// Sets the scrolling region; both rows must exist, the first above the last.
    pub(crate) fn set_region(&mut self, top: usize, bottom: usize) {
        if top < bottom && bottom < self.rows.len() {
            self.top = top;
            self.bottom = bottom;
        }
    }

    /// The scrolling region is everything.
    pub(crate) fn reset_region(&mut self) {
        self.top = 0;
        self.bottom = self.rows.len() - 1;
    }

    pub(crate) fn row(&self, row: usize) -> &Row {
        &self.rows[row.min(self.rows.len() - 1)]
    }

    pub(crate) fn row_mut(&mut self, row: usize) -> &mut Row {
        let last = self.rows.len() - 1;
        &mut self.rows[row.min(last)]
    }

    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &Row> + ExactSizeIterator {
        self.rows.iter()
    }

    /// Moves the region up by one. `leaving` sees the row that goes, and the one after it, before it is used again.
    pub(crate) fn scroll_up(&mut self, style: Style, leaving: impl FnOnce(&Row, Option<&Row>)) {
        let next = self.rows.get(self.top + 1);
        leaving(&self.rows[self.top], next);
        self.rotate_up(self.top, self.bottom, style);
        if self.top > 0 {
            self.begin_line(self.top);
        }
    }

    /// Takes `count` rows out at `from`; empty rows come in at the end of the region.
    pub(crate) fn remove_rows(&mut self, from: usize, count: usize, style: Style) {
        for _ in 0..count.min(self.bottom + 1 - from.min(self.bottom)) {
            self.rotate_up(from, self.bottom, style);
        }
        self.begin_line(from);
    }

    /// Puts `count` empty rows in at `from`; rows leave at the end of the region.
    pub(crate) fn insert_rows(&mut self, from: usize, count: usize, style: Style) {
        self.begin_line(from);
        for _ in 0..count.min(self.bottom + 1 - from.min(self.bottom)) {
            if let Some(mut row) = self.rows.remove(self.bottom) {
                row.clear(style);
                self.rows.insert(from, row);
            }
        }
        self.begin_line(self.bottom + 1);
    }

    fn rotate_up(&mut self, from: usize, to: usize, style: Style) {
        if from == 0 && to + 1 == self.rows.len() {
            self.rows.rotate_left(1);
            self.rows[to].clear(style);
        } else if let Some(mut row) = self.rows.remove(from) {
            row.clear(style);
            self.rows.insert(to, row);
            self.begin_line(to + 1);
        }
    }

    /// The row above this one is another one now, which it cannot continue.
    fn begin_line(&mut self, row: usize) {
        if let Some(row) = self.rows.get_mut(row) {
            row.wrapped = false;
        }
    }

    /// Cuts or pads without reflow, keeping the cursor's row; what leaves at the top is lost. Returns the cursor's new row.
    pub(crate) fn resize_clipped(&mut self, size: Size, cursor_row: usize) -> usize {
        let (cols, height) = (usize::from(size.cols()), usize::from(size.rows()));
        self.rows.iter_mut().for_each(|row| row.resize(cols));
        let mut cursor_row = cursor_row;
        while self.rows.len() > height {
            if self.rows.len() > cursor_row + 1 {
                self.rows.pop_back();
            } else {
                self.rows.pop_front();
                cursor_row -= 1;
            }
        }
        self.rows.resize_with(height, || Row::new(cols, Style::default()));
        self.reset_region();
        self.saved.col = self.saved.col.min(cols - 1);
        self.tabs.resize(cols);
        cursor_row
    }
}
