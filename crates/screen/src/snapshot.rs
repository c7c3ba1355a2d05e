//! A screen as bytes: written to a terminal of the same size they make it look, and behave, like this one.
//!
//! They begin with a full reset and use only what every modern terminal understands. Order matters: what moves the
//! cursor or changes how text is printed comes before what must not be disturbed any more.

use crate::display::{Cursor, Display};
use crate::encode::{Ending, push_content, push_row};
use crate::grid::{Grid, Saved};
use crate::style::{Style, push_number};

impl Display {
    /// Appends everything but an unfinished sequence.
    pub(crate) fn push_snapshot(&self, out: &mut Vec<u8>) {
        // What a reset leaves as it was, in one viewer or another, is reset by name.
        out.extend_from_slice(b"\x1bc\x1b[3J\x1b[20l\x1b[?25h");
        self.push_title(out);
        self.push_primary(out);
        if let Some(alternate) = &self.alternate {
            push_tabs(&self.primary, out);
            self.push_saved(&self.primary.saved, out);
            push_region(&self.primary, out);
            // It cannot be seen there, but a viewer wraps lines anew around it when its size changes.
            push_position(self.primary_cursor.row, self.primary_cursor.col.min(self.cols() - 1), out);
            out.extend_from_slice(b"\x1b[?47h");
            self.push_alternate(alternate, out);
        }
        push_tabs(self.grid(), out);
        self.push_saved(&self.grid().saved, out);
        push_region(self.grid(), out);
        self.push_modes(out);
        self.push_cursor(out);
    }

    fn push_title(&self, out: &mut Vec<u8>) {
        if !self.title.current().is_empty() {
            out.extend_from_slice(b"\x1b]2;");
            out.extend_from_slice(self.title.current().as_bytes());
            out.extend_from_slice(b"\x1b\\");
        }
    }

    /// The scrollback and the primary screen, as lines: the terminal scrolls what is above into its own scrollback.
    fn push_primary(&self, out: &mut Vec<u8>) {
        self.scrollback.push_all(self.primary.row(0), &self.tables, out);
        self.push_rows(&self.primary, out, |number, out| {
            if number > 0 {
                out.extend_from_slice(b"\r\n");
            }
        });
    }

    /// The alternate screen, line by line at its place.
    fn push_alternate(&self, grid: &Grid, out: &mut Vec<u8>) {
        self.push_rows(grid, out, |number, out| push_position(number, 0, out));
    }

    /// Rows as lines. A row that continues the one above is reached by printing; `begin` goes to any other.
    fn push_rows(&self, grid: &Grid, out: &mut Vec<u8>, begin: impl Fn(usize, &mut Vec<u8>)) {
        let mut rows = grid.rows().enumerate().peekable();
        while let Some((number, row)) = rows.next() {
            let ending = Ending::of(row, rows.peek().map(|(_, next)| *next));
            if number == 0 || !row.wrapped {
                begin(number, out);
            }
            push_row(row, ending, &self.tables, out);
        }
    }

    /// Saves the cursor where the program saved it.
    fn push_saved(&self, saved: &Saved, out: &mut Vec<u8>) {
        // Never saved, or out of sight: where a new terminal's cursor is saved.
        if (Saved { row: 0, ..*saved }) == Saved::default() && saved.row <= 0 {
            return;
        }
        push_position(usize::try_from(saved.row).unwrap_or(0), saved.col.min(self.cols() - 1), out);
        saved.style.switch_from(Style::default(), &self.tables.extras, out);
        if saved.charset.name() != b'B' {
            out.extend_from_slice(&[0x1b, b'(', saved.charset.name()]);
        }
        out.extend_from_slice(b"\x1b7");
        if saved.charset.name() != b'B' {
            out.extend_from_slice(b"\x1b(B");
        }
        Style::default().switch_from(saved.style, &self.tables.extras, out);
    }

    /// All modes but those that would disturb what comes after them: wrapping and origin come with the cursor.
    fn push_modes(&self, out: &mut Vec<u8>) {
        for mode in self.modes.switched_on() {
            push_mode(mode, true, out);
        }
        if self.modes.hidden_cursor {
            push_mode(25, false, out);
        }
        if self.modes.reverse_wrap {
            push_mode(45, true, out);
        }
        if self.modes.new_line {
            out.extend_from_slice(b"\x1b[20h");
        }
        if self.modes.cursor_style != 0 {
            out.extend_from_slice(b"\x1b[");
            push_number(out, self.modes.cursor_style.into());
            out.extend_from_slice(b" q");
        }
    }

    fn push_charsets(&self, out: &mut Vec<u8>) {
        let level = self.charsets.level();
        for (number, charset) in self.charsets.sets().iter().enumerate() {
            if charset.name() != b'B' {
                out.extend_from_slice(&[0x1b, b"()*+"[number], charset.name()]);
            }
        }
        match level {
            0 => {}
            1 => out.push(0x0e),
            2 => out.extend_from_slice(b"\x1bn"),
            _ => out.extend_from_slice(b"\x1bo"),
        }
    }

    /// The cursor's place and style. A line that waits to wrap, and a character that may yet be repeated or get a mark,
    /// are made by printing that character again, last of all.
    fn push_cursor(&self, out: &mut Vec<u8>) {
        if !self.modes.autowrap {
            push_mode(7, false, out);
        }
        let Cursor { row, col } = self.cursor;
        let cells = self.grid().row(row);
        let again = self.preceding.or((col >= self.cols()).then_some(1)).filter(|width| *width <= col);
        let again = again.map(|width| if cells.cell(col - width).is_tail() { width + 1 } else { width }.min(col));
        let place = col - again.unwrap_or(0);
        if self.modes.origin {
            push_mode(6, true, out);
            push_position(row.saturating_sub(self.grid().top()), place, out);
        } else {
            push_position(row, place, out);
        }
        if self.modes.insert {
            out.extend_from_slice(b"\x1b[4h");
            // The character makes room for itself when it is printed again, so its cells are taken out first.
            if let Some(width) = again {
                out.extend_from_slice(b"\x1b[");
                push_number(out, width as u32);
                out.push(b'P');
            }
        }
        let extras = &self.tables.extras;
        let mut style = Style::default();
        if again.is_some() {
            cells.cell(place).style.switch_from(style, extras, out);
            style = cells.cell(place).style;
        }
        // The characters of the cell are those that are meant, so no character set may change them.
        let printed_last = self.preceding.is_some() && style == self.style;
        if printed_last {
            self.push_charsets(out);
        }
        if again.is_some() {
            push_content(cells.cell(place), &self.tables, out);
        }
        if again.is_some() && self.preceding.is_none() {
            // Any sequence will do: nothing may be repeated and no mark may join.
            out.extend_from_slice(b"\x1b(B");
        }
        if !printed_last {
            self.style.switch_from(style, extras, out);
            self.push_charsets(out);
        }
    }
}

fn push_tabs(grid: &Grid, out: &mut Vec<u8>) {
    if grid.tabs.are_usual() {
        return;
    }
    out.extend_from_slice(b"\x1b[3g");
    for col in grid.tabs.stops() {
        push_position(0, col, out);
        out.extend_from_slice(b"\x1bH");
    }
}

fn push_region(grid: &Grid, out: &mut Vec<u8>) {
    if !grid.scrolls_whole() {
        out.extend_from_slice(b"\x1b[");
        push_number(out, grid.top() as u32 + 1);
        out.push(b';');
        push_number(out, grid.bottom() as u32 + 1);
        out.push(b'r');
    }
}

fn push_position(row: usize, col: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[");
    push_number(out, row as u32 + 1);
    out.push(b';');
    push_number(out, col as u32 + 1);
    out.push(b'H');
}

fn push_mode(mode: u16, on: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\x1b[?");
    push_number(out, mode.into());
    out.push(if on { b'h' } else { b'l' });
}
