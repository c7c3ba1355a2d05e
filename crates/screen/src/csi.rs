//! Control sequences: what they do to the cursor, the cells and the modes.

use crate::display::Display;
use crate::parser::Csi;
use crate::style::Style;

impl Display {
    pub(crate) fn control_sequence(&mut self, csi: &Csi<'_>) {
        match (csi.prefix, csi.intermediate) {
            (0, 0) => self.plain_sequence(csi),
            (b'?', 0) => self.private_sequence(csi),
            (0, b' ') => match csi.last {
                b'@' => self.shift_columns(0, csi.params.or(0, 1), false),
                b'A' => self.shift_columns(0, csi.params.or(0, 1), true),
                b'q' => self.modes.cursor_style = csi.params.first(),
                _ => {}
            },
            (0, b'\'') => match csi.last {
                b'}' => self.shift_columns(self.cursor.col, csi.params.or(0, 1), true),
                b'~' => self.shift_columns(self.cursor.col, csi.params.or(0, 1), false),
                _ => {}
            },
            (0, b'!') if csi.last == b'p' => self.soft_reset(),
            _ => {}
        }
    }

    fn plain_sequence(&mut self, csi: &Csi<'_>) {
        let count = csi.params.or(0, 1);
        match csi.last {
            b'A' => self.up(count),
            b'B' => self.down(count),
            b'C' | b'a' => self.sideways(count, true),
            b'D' => self.sideways(count, false),
            b'E' => {
                self.down(count);
                self.cursor.col = 0;
            }
            b'F' => {
                self.up(count);
                self.cursor.col = 0;
            }
            b'G' | b'`' => self.move_to(self.cursor.row, count - 1),
            b'H' | b'f' => self.move_to(count - 1, csi.params.or(1, 1) - 1),
            b'd' => self.move_to(count - 1, self.cursor.col.min(self.cols() - 1)),
            b'e' => {
                self.restrict_cursor();
                self.move_to(self.cursor.row.saturating_add(count), self.cursor.col);
            }
            b'I' | b'Z' => self.tabulate(count, csi.last == b'I'),
            b'b' => self.repeat(count),
            b'g' => self.clear_tabs(csi.params.first()),
            b'h' | b'l' => csi.params.main().for_each(|mode| self.modes.switch_ansi(mode, csi.last == b'h')),
            b'm' => self.select_graphics(csi.params),
            b'r' => self.set_region(csi),
            b's' => self.save_cursor(),
            b'u' => self.restore_cursor(),
            b't' => self.window_operation(csi.params.first(), csi.params.main().nth(1).unwrap_or(0)),
            _ => self.edit_sequence(csi, count),
        }
    }

    /// Sequences that change cells.
    fn edit_sequence(&mut self, csi: &Csi<'_>, count: usize) {
        let erased = self.style.erased();
        match csi.last {
            b'J' => self.erase_display(csi.params.first()),
            b'K' => self.erase_line(csi.params.first()),
            b'L' | b'M' => self.shift_lines(count, csi.last == b'L'),
            b'S' => {
                let top = self.grid().top();
                self.grid_mut().remove_rows(top, count, erased);
            }
            b'T' => {
                let top = self.grid().top();
                self.grid_mut().insert_rows(top, count, Style::default());
            }
            b'@' | b'P' | b'X' => {
                self.restrict_cursor();
                let cursor = self.cursor;
                let row = self.grid_mut().row_mut(cursor.row);
                match csi.last {
                    b'@' => row.insert(cursor.col, count, erased),
                    b'P' => row.delete(cursor.col, count, erased),
                    _ => row.erase(cursor.col, cursor.col.saturating_add(count), erased),
                }
            }
            _ => {}
        }
    }

    fn private_sequence(&mut self, csi: &Csi<'_>) {
        match csi.last {
            b'J' => self.erase_display(csi.params.first()),
            b'K' => self.erase_line(csi.params.first()),
            b'h' | b'l' => csi.params.main().for_each(|mode| self.private_mode(mode, csi.last == b'h')),
            _ => {}
        }
    }

    fn private_mode(&mut self, mode: u16, on: bool) {
        match (mode, on) {
            (2, true) => (0..4).for_each(|level| self.designate(level, b'B')),
            (6, _) => {
                self.modes.origin = on;
                self.move_to(0, 0);
            }
            (1048, true) => self.save_cursor(),
            (1048, false) => self.restore_cursor(),
            (1049, true) => {
                self.save_cursor();
                self.show_alternate();
            }
            (1049, false) => {
                self.show_primary();
                self.restore_cursor();
            }
            (47 | 1047, true) => self.show_alternate(),
            (47 | 1047, false) => self.show_primary(),
            _ => {
                self.modes.switch(mode, on);
            }
        }
    }

    fn up(&mut self, count: usize) {
        let top = self.grid().top();
        let first = if self.cursor.row >= top { top } else { 0 };
        self.restrict_cursor();
        self.move_to(self.cursor.row.saturating_sub(count).max(first), self.cursor.col);
    }

    fn down(&mut self, count: usize) {
        let bottom = self.grid().bottom();
        let last = if self.cursor.row <= bottom { bottom } else { self.rows() - 1 };
        self.restrict_cursor();
        self.move_to(self.cursor.row.saturating_add(count).min(last), self.cursor.col);
    }

    fn sideways(&mut self, count: usize, right: bool) {
        self.restrict_cursor();
        let col = self.cursor.col;
        let col = if right { col.saturating_add(count) } else { col.saturating_sub(count) };
        self.move_to(self.cursor.row, col);
    }

    fn tabulate(&mut self, count: usize, right: bool) {
        if self.cursor.col >= self.cols() {
            return;
        }
        for _ in 0..count.min(self.cols()) {
            let col = self.cursor.col;
            self.cursor.col = if right { self.grid().tabs.next(col) } else { self.grid().tabs.previous(col) };
        }
    }

    fn clear_tabs(&mut self, what: u16) {
        match what {
            0 => self.set_tab(false),
            3 => self.grid_mut().tabs.clear(),
            _ => {}
        }
    }

    fn set_region(&mut self, csi: &Csi<'_>) {
        let rows = self.rows();
        let top = csi.params.or(0, 1);
        let bottom = csi.params.or(1, 0);
        let bottom = if bottom == 0 || bottom > rows { rows } else { bottom };
        if bottom > top {
            self.grid_mut().set_region(top - 1, bottom - 1);
            self.move_to(0, 0);
        }
    }

    /// Only what concerns the title: a program does not resize the window it runs in.
    fn window_operation(&mut self, operation: u16, what: u16) {
        match (operation, what) {
            (22, 0 | 2) => self.title.push(),
            (23, 0 | 2) => self.title.pop(),
            _ => {}
        }
    }

    fn soft_reset(&mut self) {
        self.modes = self.modes.soft_reset();
        self.grid_mut().reset_region();
        self.grid_mut().saved = Default::default();
        self.style = Style::default();
        self.charsets = Default::default();
    }

    fn erase_display(&mut self, what: u16) {
        self.restrict_cursor_to(self.cols());
        let (cursor, cols, rows, style) = (self.cursor, self.cols(), self.rows(), self.style.erased());
        match what {
            0 => {
                self.erase_line(0);
                (cursor.row + 1..rows).for_each(|row| self.grid_mut().row_mut(row).clear(style));
            }
            1 => {
                let row = self.grid_mut().row_mut(cursor.row);
                row.erase(0, cursor.col + 1, style);
                row.wrapped = false;
                if cursor.col + 1 >= cols && cursor.row + 1 < rows {
                    self.grid_mut().row_mut(cursor.row + 1).wrapped = false;
                }
                (0..cursor.row).for_each(|row| self.grid_mut().row_mut(row).clear(style));
            }
            2 => (0..rows).for_each(|row| self.grid_mut().row_mut(row).clear(style)),
            3 if self.alternate.is_none() => self.scrollback.clear(),
            _ => {}
        }
    }

    fn erase_line(&mut self, what: u16) {
        self.restrict_cursor_to(self.cols());
        let (cursor, cols, style) = (self.cursor, self.cols(), self.style.erased());
        let row = self.grid_mut().row_mut(cursor.row);
        match what {
            0 => {
                row.erase(cursor.col, cols, style);
                row.wrapped &= cursor.col > 0;
            }
            1 => row.erase(0, cursor.col + 1, style),
            2 => {
                row.erase(0, cols, style);
                row.wrapped = false;
            }
            _ => {}
        }
    }

    fn shift_lines(&mut self, count: usize, insert: bool) {
        self.restrict_cursor();
        let (row, style) = (self.cursor.row, self.style.erased());
        let grid = self.grid_mut();
        if row < grid.top() || row > grid.bottom() {
            return;
        }
        if insert {
            grid.insert_rows(row, count, style);
        } else {
            grid.remove_rows(row, count, style);
        }
        self.cursor.col = 0;
    }

    /// Moves the columns of the region from `col` on, right (`insert`) or left. In a line that waits to wrap that is the
    /// first column, as in xterm.js.
    fn shift_columns(&mut self, col: usize, count: usize, insert: bool) {
        let (row, col, style) = (self.cursor.row, col % self.cols(), self.style.erased());
        let grid = self.grid_mut();
        if row < grid.top() || row > grid.bottom() {
            return;
        }
        for at in grid.top()..=grid.bottom() {
            let row = grid.row_mut(at);
            if insert {
                row.insert(col, count, style);
            } else {
                row.delete(col, count, style);
            }
            row.wrapped = false;
        }
    }
}
