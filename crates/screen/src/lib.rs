//! A terminal's screen as a model: what a viewer that saw all output would show, and bytes that make another viewer show
//! the same. It follows xterm.js, the viewer there is, where terminals differ. Pure: bytes in, bytes out.
//!
//! Why not a ready-made model: those that were looked at keep cells for every line of scrollback (13 MB for 10,000
//! lines), leave out the scrollback, character sets, modes, hyperlinks or combining marks when they are written out
//! again, or cannot say what an unfinished sequence was.

mod charset;
mod clusters;
mod control;
mod csi;
mod display;
mod encode;
mod extras;
mod flood;
mod grid;
mod modes;
mod osc;
mod params;
mod parser;
mod print;
mod resize;
mod row;
mod scrollback;
mod sgr;
mod snapshot;
mod style;
mod tabs;
mod title;
mod utf8;

use wire::terminal::Size;

use display::Display;
use parser::{Actions, Csi, Parser};

/// The model of one terminal's screen, scrollback included.
#[derive(Debug)]
pub struct Screen {
    parser: Parser,
    display: Display,
}

impl Screen {
    /// An empty screen.
    pub fn new(size: Size) -> Self {
        Self { parser: Parser::default(), display: Display::new(size) }
    }

    /// Takes output, cut anywhere. Large pieces of plain text cost little.
    pub fn feed(&mut self, output: &[u8]) {
        self.print_flood(output);
    }

    /// Gives the screen another size.
    pub fn resize(&mut self, size: Size) {
        self.display.resize(size);
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.display.size
    }

    /// Bytes that make a terminal of the same size look and behave like this one, also if the output stopped in the
    /// middle of a sequence or a character: the bytes that come next in the output may follow at once.
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.display.push_snapshot(&mut out);
        self.parser.push_pending(&mut out);
        out
    }

    /// The title its program set.
    pub fn title(&self) -> &str {
        self.display.title.current()
    }

    fn print(&mut self, output: &[u8]) {
        self.parser.advance(output, &mut self.display);
    }
}

impl Actions for Display {
    fn print_ascii(&mut self, text: &[u8]) {
        self.print_text(text);
    }

    fn print(&mut self, c: char) {
        self.print_char(c);
    }

    fn execute(&mut self, control: u8) {
        self.control(control);
        self.preceding = None;
    }

    fn escape(&mut self, intermediate: u8, last: u8) {
        self.escape_sequence(intermediate, last);
        self.preceding = None;
    }

    fn csi(&mut self, sequence: &Csi<'_>) {
        self.control_sequence(sequence);
        self.preceding = None;
    }

    fn osc(&mut self, text: &[u8]) {
        self.system_command(text);
        self.preceding = None;
    }

    fn ignored(&mut self) {
        self.preceding = None;
    }
}
