//! Printing characters: wrapping, wide characters, combining marks, insert mode.

use crate::charset::Charset;
use crate::display::Display;
use crate::row::{Cell, Content};
use crate::width::width;

/// How often REP may repeat a character on the smallest screen.
const MOST_REPEATED: usize = 1000;

impl Display {
    pub(crate) fn print_text(&mut self, text: &[u8]) {
        if self.charsets.current() != Charset::Ascii || self.modes.insert {
            for &byte in text {
                self.print_char(self.charsets.current().map(byte));
            }
            return;
        }
        let cols = self.cols();
        let mut rest = text;
        while !rest.is_empty() {
            self.make_room(1);
            let col = self.cursor.col;
            let (now, later) = if self.modes.autowrap || rest.len() <= cols - col {
                rest.split_at(rest.len().min(cols - col))
            } else {
                // Without wrapping, all that does not fit goes to the last column, and its last character stays there.
                let (fits, last) = (cols - col - 1, rest.len() - 1);
                self.write(&rest[..fits]);
                (&rest[last..], &rest[rest.len()..])
            };
            self.write(now);
            rest = later;
        }
        self.preceding = Some(1);
    }

    fn write(&mut self, text: &[u8]) {
        let (cursor, style) = (self.cursor, self.style);
        self.grid_mut().row_mut(cursor.row).write_ascii(cursor.col, text, style);
        self.cursor.col += text.len();
    }

    pub(crate) fn print_char(&mut self, c: char) {
        match width(c) {
            0 => self.print_mark(c),
            width => self.print_wide(c, width),
        }
    }

    fn print_wide(&mut self, c: char, width: usize) {
        if width > self.cols() || !self.make_room(width) {
            self.preceding = None;
            return;
        }
        let (cursor, style, insert) = (self.cursor, self.style, self.modes.insert);
        let row = self.grid_mut().row_mut(cursor.row);
        if insert {
            // What is left of a wide character that is cut gets the style, too, as in xterm.js.
            row.insert(cursor.col, width, style);
        }
        row.write_char(cursor.col, c, width == 2, style);
        self.cursor.col += width;
        self.preceding = Some(width);
    }

    /// Makes sure that a character of this width fits at the cursor. False: it does not, and is not printed.
    fn make_room(&mut self, width: usize) -> bool {
        let cols = self.cols();
        if self.cursor.col + width <= cols {
            return true;
        }
        if !self.modes.autowrap {
            self.cursor.col = cols - 1;
            return width == 1;
        }
        let (cursor, style) = (self.cursor, self.style);
        self.grid_mut().row_mut(cursor.row).erase(cursor.col, cols, style);
        self.cursor.col = 0;
        if cursor.row == self.grid().bottom() {
            self.line_down(true);
        } else {
            self.line_down(false);
            let row = self.cursor.row;
            self.grid_mut().row_mut(row).wrapped = true;
        }
        true
    }

    /// A combining mark joins the character just printed; anywhere else it takes a cell of its own, as in xterm.js.
    fn print_mark(&mut self, mark: char) {
        let Some(width) = self.preceding.filter(|width| *width <= self.cursor.col) else {
            if self.cursor.col < self.cols() {
                self.print_wide(mark, 1);
                self.preceding = None;
            }
            return;
        };
        let (row, col) = (self.cursor.row, self.cursor.col - width);
        let cell = self.grid().row(row).cell(col);
        let mut text = match cell.content() {
            Content::Char(c) => c.to_string(),
            Content::Cluster(number) => self.tables.clusters.text(number).to_owned(),
            Content::Nothing | Content::Tail => return,
        };
        text.push(mark);
        if let Some(number) = self.tables.clusters.number(&text) {
            self.grid_mut().row_mut(row).replace(col, cell.with_cluster(number));
        }
    }

    /// REP: the character just printed, again and again. Far more than fills the screen is cut, so that a few bytes
    /// cannot keep the model busy.
    pub(crate) fn repeat(&mut self, count: usize) {
        let Some(width) = self.preceding.filter(|width| *width <= self.cursor.col) else { return };
        let cell: Cell = self.grid().row(self.cursor.row).cell(self.cursor.col - width);
        let text = match cell.content() {
            Content::Char(c) => c.to_string(),
            Content::Cluster(number) => self.tables.clusters.text(number).to_owned(),
            Content::Nothing | Content::Tail => return,
        };
        for _ in 0..count.min(MOST_REPEATED.max(2 * self.cols() * self.rows())) {
            for c in text.chars() {
                match u8::try_from(c).ok().filter(u8::is_ascii) {
                    Some(byte) => self.print_text(&[byte]),
                    None => self.print_char(c),
                }
            }
        }
    }
}
