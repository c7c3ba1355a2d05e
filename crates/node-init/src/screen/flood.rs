//! A short cut for floods of plain text: lines that scroll out of the scrollback within the same piece of output leave
//! no trace, so they are not printed.

use super::Screen;
use super::charset::Charset;
use super::scrollback::MAX_ROWS;

/// Pieces smaller than this are not worth looking at.
const WORTH_IT: usize = 16 * 1024;

impl Screen {
    /// Returns what of the output must be printed. If that is not all, the screen is as if the rest had been printed.
    pub(super) fn skip_flood<'a>(&mut self, output: &'a [u8]) -> &'a [u8] {
        if output.len() < WORTH_IT || !self.scrolls_plainly() || output.iter().any(|&byte| is_special(byte)) {
            return output;
        }
        let Some(cut) = cut(output, usize::from(self.size().rows())) else { return output };
        let (_, kept) = output.split_at(cut);
        let display = &mut self.display;
        let style = display.style.erased();
        // What is kept drives everything else out of the screen and the scrollback, these rows too.
        for row in 0..display.rows() {
            display.primary.row_mut(row).clear(style);
        }
        display.cursor.row = display.rows() - 1;
        display.cursor.col = 0;
        kept
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
