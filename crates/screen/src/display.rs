//! The state behind a screen: two buffers, a cursor, modes, and the scrollback. What sequences do to it is in the files
//! named after them.

use wire::terminal::Size;

use crate::charset::{Charset, Charsets};
use crate::encode::Tables;
use crate::grid::{Grid, Saved};
use crate::modes::Modes;
use crate::scrollback::{MAX_ROWS, Scrollback};
use crate::style::Style;
use crate::title::Title;

/// Where the next character goes. `col` equals the width while the line waits to wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    pub(crate) row: usize,
    pub(crate) col: usize,
}

#[derive(Debug)]
pub(crate) struct Display {
    pub(crate) size: Size,
    pub(crate) primary: Grid,
    /// The alternate buffer, while it is shown.
    pub(crate) alternate: Option<Grid>,
    pub(crate) cursor: Cursor,
    /// What was saved in the alternate buffer before it was left, which xterm.js keeps for the next time.
    pub(crate) alternate_saved: Saved,
    /// The primary buffer's cursor while the alternate one is shown.
    pub(crate) primary_cursor: Cursor,
    pub(crate) style: Style,
    pub(crate) charsets: Charsets,
    pub(crate) modes: Modes,
    pub(crate) title: Title,
    pub(crate) scrollback: Scrollback,
    pub(crate) tables: Tables,
    /// Width of the character that was just printed, if nothing came after it: REP repeats it, a mark joins it.
    pub(crate) preceding: Option<usize>,
}

impl Display {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            primary: Grid::new(size, Style::default()),
            alternate: None,
            alternate_saved: Saved::default(),
            cursor: Cursor::default(),
            primary_cursor: Cursor::default(),
            style: Style::default(),
            charsets: Charsets::default(),
            modes: Modes::default(),
            title: Title::default(),
            scrollback: Scrollback::default(),
            tables: Tables::default(),
            preceding: None,
        }
    }

    /// Everything as it was at the beginning, except for the title.
    pub(crate) fn reset(&mut self) {
        let title = std::mem::take(&mut self.title);
        // xterm.js leaves these alone when it is reset.
        let Modes { blinking_cursor, new_line, hidden_cursor, .. } = self.modes;
        *self = Self::new(self.size);
        self.title = title;
        self.modes = Modes { blinking_cursor, new_line, hidden_cursor, ..self.modes };
    }

    pub(crate) fn cols(&self) -> usize {
        self.size.cols().into()
    }

    pub(crate) fn rows(&self) -> usize {
        self.size.rows().into()
    }

    /// The buffer that is shown.
    pub(crate) fn grid(&self) -> &Grid {
        self.alternate.as_ref().unwrap_or(&self.primary)
    }

    pub(crate) fn grid_mut(&mut self) -> &mut Grid {
        self.alternate.as_mut().unwrap_or(&mut self.primary)
    }

    /// Brings the cursor back to a column where a character can stand, and within the region in origin mode.
    pub(crate) fn restrict_cursor(&mut self) {
        self.restrict_cursor_to(self.cols() - 1);
    }

    pub(crate) fn restrict_cursor_to(&mut self, last_col: usize) {
        let grid = self.grid();
        let (first, last) = if self.modes.origin { (grid.top(), grid.bottom()) } else { (0, grid.height() - 1) };
        self.cursor.col = self.cursor.col.min(last_col);
        self.cursor.row = self.cursor.row.clamp(first, last);
    }

    /// Moves the cursor to a place, counted from the region's top in origin mode. As in xterm.js that goes for relative
    /// movements, too, which then also go down by as many rows as are above the region.
    pub(crate) fn move_to(&mut self, row: usize, col: usize) {
        let first = if self.modes.origin { self.grid().top() } else { 0 };
        self.cursor = Cursor { row: first.saturating_add(row), col };
        self.restrict_cursor();
    }

    /// One row down, scrolling at the region's bottom. `wrapped`: the new row continues the one above.
    pub(crate) fn line_down(&mut self, wrapped: bool) {
        if self.cursor.row == self.grid().bottom() {
            self.scroll_up(wrapped);
        } else if self.cursor.row + 1 < self.rows() {
            self.cursor.row += 1;
        }
    }

    /// Adds a line to the scrollback that would only pass through the screen.
    pub(crate) fn pass_line(&mut self, line: &[u8]) {
        self.count_scrolled();
        self.scrollback.push_line(line);
    }

    /// A saved place scrolls with its text until the scrollback is full, as in xterm.js.
    fn count_scrolled(&mut self) {
        if self.scrollback.len() < MAX_ROWS {
            self.primary.saved.row = self.primary.saved.row.saturating_sub(1);
        }
    }

    /// Moves the region up by one row; from the primary screen's top, rows go to the scrollback.
    fn scroll_up(&mut self, wrapped: bool) {
        let style = self.style.erased();
        match &mut self.alternate {
            Some(grid) => grid.scroll_up(style, |_, _| {}),
            None if self.primary.top() > 0 => self.primary.scroll_up(style, |_, _| {}),
            None => {
                self.count_scrolled();
                let (scrollback, tables) = (&mut self.scrollback, &self.tables);
                self.primary.scroll_up(style, |row, next| scrollback.push(row, next, tables));
            }
        }
        let bottom = self.grid().bottom();
        self.grid_mut().row_mut(bottom).wrapped = wrapped;
    }

    pub(crate) fn save_cursor(&mut self) {
        let saved = Saved {
            row: i32::try_from(self.cursor.row).unwrap_or(0),
            col: self.cursor.col,
            style: self.style,
            charset: self.charsets.current(),
        };
        self.grid_mut().saved = saved;
    }

    pub(crate) fn restore_cursor(&mut self) {
        let saved = self.grid().saved;
        self.cursor = Cursor { row: usize::try_from(saved.row).unwrap_or(0), col: saved.col };
        self.style = saved.style;
        self.charsets.restore(saved.charset);
        self.restrict_cursor();
    }

    /// Shows the alternate buffer, empty.
    pub(crate) fn show_alternate(&mut self) {
        if self.alternate.is_none() {
            let mut grid = Grid::new(self.size, self.style.erased());
            grid.saved = self.alternate_saved;
            self.alternate = Some(grid);
            self.primary_cursor = self.cursor;
        }
    }

    /// Shows the primary buffer; the cursor stays where it is.
    pub(crate) fn show_primary(&mut self) {
        if let Some(grid) = self.alternate.take() {
            self.alternate_saved = grid.saved;
        }
    }

    /// Designates a character set.
    pub(crate) fn designate(&mut self, level: usize, name: u8) {
        self.charsets.designate(level, Charset::named(name));
    }
}
