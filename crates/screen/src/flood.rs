//! Short cuts for floods of plain text, the output there is most of. Lines that scroll out of the scrollback within the
//! same piece of output leave no trace, so they are not printed; lines that only pass through the screen go straight to
//! the scrollback. Both leave exactly what printing would leave.

use crate::Screen;
use crate::charset::Charset;
use crate::display::Cursor;
use crate::scrollback::MAX_ROWS;
use crate::style::Style;

/// Pieces smaller than this are not worth looking at.
const WORTH_IT: usize = 16 * 1024;
/// How much is printed before it is looked again whether a short cut is possible.
const LOOK_AGAIN: usize = 4 * 1024;

impl Screen {
    /// Prints output, by short cuts where that is possible.
    pub(super) fn print_flood(&mut self, output: &[u8]) {
        let mut rest = self.skip_lines(output);
        while rest.len() >= WORTH_IT {
            rest = self.pass_lines(rest);
            let printed = rest.len().min(LOOK_AGAIN);
            let line_end = rest[printed..].iter().position(|&byte| byte == b'\n');
            let (now, later) = rest.split_at(line_end.map_or(rest.len(), |end| printed + end + 1));
            self.print(now);
            rest = later;
        }
        self.print(rest);
    }

    /// Returns what of the output must be printed. If that is not all, the screen is as if the rest had been printed.
    fn skip_lines<'a>(&mut self, output: &'a [u8]) -> &'a [u8] {
        if output.len() < WORTH_IT || !self.scrolls_plainly() || output.iter().any(|&byte| is_special(byte)) {
            return output;
        }
        let display = &mut self.display;
        let Some(cut) = cut(output, display.rows()) else { return output };
        let style = display.style.erased();
        // What is kept drives everything else out of the screen and the scrollback, these rows too.
        for row in 0..display.rows() {
            display.primary.row_mut(row).clear(style);
        }
        display.cursor = Cursor { row: display.rows() - 1, col: 0 };
        &output[cut..]
    }

    /// Takes plain lines from the front of the output, if they are enough to replace the screen. Returns the rest.
    fn pass_lines<'a>(&mut self, output: &'a [u8]) -> &'a [u8] {
        let display = &mut self.display;
        let (rows, cols) = (display.rows(), display.cols());
        let bottom = Cursor { row: rows - 1, col: 0 };
        let at_empty_line = display.cursor == bottom && {
            let row = display.primary.row(rows - 1);
            row.is_empty() && !row.wrapped
        };
        if !at_empty_line || display.style != Style::default() || !self.scrolls_plainly() {
            return output;
        }
        let (lines, rest) = plain_lines(output, cols);
        // The last ones stay on the screen, above the cursor's empty line.
        let Some(passing) = lines.len().checked_sub(rows - 1).filter(|passing| *passing >= rows) else {
            return output;
        };
        let display = &mut self.display;
        for _ in 0..rows - 1 {
            display.line_down(false);
        }
        for line in &lines[..passing] {
            display.pass_line(line);
        }
        for (row, line) in lines[passing..].iter().enumerate() {
            display.primary.row_mut(row).write_ascii(0, line, Style::default());
        }
        display.preceding = None;
        rest
    }

    /// Nothing is unfinished, and each line feed at the bottom moves a row of the primary screen to the scrollback.
    fn scrolls_plainly(&self) -> bool {
        self.parser.is_idle()
            && self.display.alternate.is_none()
            && self.display.primary.scrolls_whole()
            && self.display.charsets.current() == Charset::Ascii
    }
}

/// Bytes that may do more than print, wrap and move to the next line: ESC, shifts, and 0xc2, which begins C1 controls.
fn is_special(byte: u8) -> bool {
    matches!(byte, 0x1b | 0x0e | 0x0f | 0xc2)
}

/// Where to begin so that all that is kept of the output is there: after a line end that has enough lines behind it to
/// fill the screen and the scrollback.
fn cut(output: &[u8], rows: usize) -> Option<usize> {
    let mut lines = 0;
    let mut at = output.len();
    while let Some(end) = output[..at].iter().rposition(|&byte| byte == b'\n') {
        if lines > MAX_ROWS + 2 * rows && end > 0 && output[end - 1] == b'\r' {
            return Some(end + 1);
        }
        lines += 1;
        at = end;
    }
    None
}

/// The lines at the front that are nothing but printable ASCII and fit into a row, without their ends; and the rest.
fn plain_lines(output: &[u8], cols: usize) -> (Vec<&[u8]>, &[u8]) {
    let mut lines = Vec::new();
    let mut rest = output;
    // A line that is longer is none of these, so the search for its end need not go on.
    while let Some(end) = rest.iter().take(cols + 2).position(|&byte| byte == b'\n') {
        let Some((b'\r', line)) = rest[..end].split_last() else { break };
        // Without leaving the loop early, so that many bytes are looked at at once.
        let plain = line.iter().fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte));
        if !plain {
            break;
        }
        lines.push(line);
        rest = &rest[end + 1..];
    }
    (lines, rest)
}
