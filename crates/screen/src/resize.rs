//! Another size: lines of the primary screen are wrapped anew, the alternate screen is cut or padded, as xterm.js does.

use wire::terminal::Size;

use crate::Screen;
use crate::display::{Cursor, Display};
use crate::encode::{Ending, push_cells_from, push_cells_until, push_row};
use crate::grid::Saved;

impl Display {
    pub(crate) fn resize(&mut self, size: Size) {
        if size == self.size {
            return;
        }
        let primary_cursor = if self.alternate.is_some() { self.primary_cursor } else { self.cursor };
        let moved = self.rewrap(size, primary_cursor);
        match &mut self.alternate {
            Some(grid) => {
                self.primary_cursor = moved;
                self.cursor.row = grid.resize_clipped(size, self.cursor.row);
                self.cursor.col = self.cursor.col.min(usize::from(size.cols()) - 1);
            }
            None => self.cursor = moved,
        }
        self.size = size;
        self.preceding = None;
    }

    /// Prints the lines of the primary screen into a new one. Returns the cursor's new place.
    fn rewrap(&mut self, size: Size, cursor: Cursor) -> Cursor {
        let content = self.content_rows(cursor);
        let mut printer = Screen::new(size);
        printer.display.scrollback = std::mem::take(&mut self.scrollback);
        // A full screen has its last line at the bottom, and keeps it there: lines come back from the scrollback.
        let mut before = Vec::new();
        if content == self.primary.height() && printer.display.scrollback.len() > 0 {
            let below = self.primary.row(0);
            before = printer.display.scrollback.take_newest(size.rows().into(), below, &self.tables);
        }
        let after = self.lines_around(cursor, content, &mut before);
        printer.display.tables = std::mem::take(&mut self.tables);
        printer.print(&before);
        let (printed, pushed) = (printer.display.cursor, printer.display.scrollback.pushed());
        printer.print(&after);
        let target = printer.display;
        let scrolled = usize::try_from(target.scrollback.pushed() - pushed).unwrap_or(usize::MAX);
        let last_col = usize::from(size.cols()) - 1;
        let old = std::mem::replace(&mut self.primary, target.primary);
        self.primary.saved = Saved { col: old.saved.col.min(last_col), ..old.saved };
        self.primary.tabs = old.tabs;
        self.primary.tabs.resize(size.cols().into());
        self.scrollback = target.scrollback;
        self.tables = target.tables;
        Cursor { row: printed.row.saturating_sub(scrolled), col: printed.col.min(last_col) }
    }

    /// Rows down to the last one with something in it, or the cursor's.
    fn content_rows(&self, cursor: Cursor) -> usize {
        let last = self.primary.rows().rposition(|row| !row.is_empty()).map_or(0, |row| row + 1);
        last.max(cursor.row + 1)
    }

    /// The rows as bytes: those up to the cursor are appended to `before`, the rest is returned.
    fn lines_around(&self, cursor: Cursor, content: usize, before: &mut Vec<u8>) -> Vec<u8> {
        let mut after = Vec::new();
        let mut rows = self.primary.rows().take(content).enumerate().peekable();
        while let Some((number, row)) = rows.next() {
            let ending = Ending::of(row, rows.peek().map(|(_, next)| *next));
            let out = if number <= cursor.row { &mut *before } else { &mut after };
            if number > 0 && !row.wrapped {
                out.extend_from_slice(b"\r\n");
            }
            if number == cursor.row {
                push_cells_until(row, cursor.col, &self.tables, before);
                push_cells_from(row, cursor.col, ending, &self.tables, &mut after);
            } else {
                push_row(row, ending, &self.tables, out);
            }
        }
        after
    }
}
