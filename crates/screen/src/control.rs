//! Control characters and escape sequences without parameters.

use crate::display::Display;
use crate::style::Style;

impl Display {
    pub(crate) fn control(&mut self, control: u8) {
        match control {
            0x08 => self.backspace(),
            0x09 if self.cursor.col < self.cols() => self.cursor.col = self.grid().tabs.next(self.cursor.col),
            0x0a..=0x0c => self.line_feed(),
            0x0d => self.cursor.col = 0,
            0x0e => self.charsets.shift(1),
            0x0f => self.charsets.shift(0),
            0x84 => self.index(),
            0x85 => self.next_line(),
            0x88 => self.set_tab(true),
            _ => {}
        }
    }

    pub(crate) fn escape_sequence(&mut self, intermediate: u8, last: u8) {
        match (intermediate, last) {
            (0, b'7') => self.save_cursor(),
            (0, b'8') => self.restore_cursor(),
            (0, b'D') => self.index(),
            (0, b'E') => self.next_line(),
            (0, b'H') => self.set_tab(true),
            (0, b'M') => self.reverse_index(),
            (0, b'=') => self.modes.application_keypad = true,
            (0, b'>') => self.modes.application_keypad = false,
            (0, b'c') => self.reset(),
            (0, b'n' | b'}') => self.charsets.shift(2),
            (0, b'o' | b'|') => self.charsets.shift(3),
            (0, b'~') => self.charsets.shift(1),
            (b'%', b'@' | b'G') => {
                self.charsets.shift(0);
                self.designate(0, b'B');
            }
            (b'(', name) => self.designate(0, name),
            (b')' | b'-', name) => self.designate(1, name),
            (b'*' | b'.', name) => self.designate(2, name),
            (b'+', name) => self.designate(3, name),
            (b'#', b'8') => self.alignment_pattern(),
            _ => {}
        }
    }

    fn backspace(&mut self) {
        if !self.modes.reverse_wrap {
            self.restrict_cursor();
            self.cursor.col = self.cursor.col.saturating_sub(1);
            return;
        }
        self.restrict_cursor_to(self.cols());
        if self.cursor.col > 0 {
            self.cursor.col -= 1;
            return;
        }
        let (row, top, bottom) = (self.cursor.row, self.grid().top(), self.grid().bottom());
        if row > top && row <= bottom && self.grid().row(row).wrapped {
            self.grid_mut().row_mut(row).wrapped = false;
            self.cursor.row -= 1;
            self.cursor.col = self.cols() - 1;
            // The last cell is empty when a wide character did not fit there.
            if self.grid().row(row - 1).cell(self.cursor.col).is_nothing() {
                self.cursor.col = self.cursor.col.saturating_sub(1);
            }
        }
    }

    pub(crate) fn set_tab(&mut self, stop: bool) {
        let col = self.cursor.col;
        self.grid_mut().tabs.set(col, stop);
    }

    fn line_feed(&mut self) {
        if self.modes.new_line {
            self.cursor.col = 0;
        }
        let scrolls = self.cursor.row == self.grid().bottom();
        let row_before = self.cursor.row;
        self.line_down(false);
        if !scrolls && self.cursor.row != row_before {
            let row = self.cursor.row;
            self.grid_mut().row_mut(row).wrapped = false;
        }
        if self.cursor.col >= self.cols() {
            self.cursor.col = self.cols() - 1;
        }
    }

    pub(crate) fn index(&mut self) {
        self.restrict_cursor();
        self.line_down(false);
        self.restrict_cursor();
    }

    fn next_line(&mut self) {
        self.cursor.col = 0;
        self.index();
    }

    fn reverse_index(&mut self) {
        self.restrict_cursor();
        let (style, top) = (self.style.erased(), self.grid().top());
        if self.cursor.row == top {
            self.grid_mut().insert_rows(top, 1, style);
        } else {
            self.cursor.row = self.cursor.row.saturating_sub(1);
            self.restrict_cursor();
        }
    }

    /// DECALN: fills the screen with E, in xterm.js without a hyperlink.
    fn alignment_pattern(&mut self) {
        let (cols, rows, style) = (self.cols(), self.rows(), Style { extra: 0, ..self.style });
        let text = vec![b'E'; cols];
        for row in 0..rows {
            let row = self.grid_mut().row_mut(row);
            row.wrapped = false;
            row.write_ascii(0, &text, style);
        }
        self.move_to(0, 0);
    }
}
