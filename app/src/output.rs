//! What a job writes, as a page shows it: the end of it, with its colours, without whatever else is meant for a terminal. Pure:
//! pieces in, text out.

mod chunk;
mod style;

use std::{collections::VecDeque, iter, mem, sync::Arc};

use wire::job::JobOutput;

pub(crate) use chunk::{Chunk, Found, Run};
use style::Style;

/// How much of it a page holds, in bytes of text.
const MOST: usize = 1024 * 1024;
/// A longer line is cut within.
const LONGEST_LINE: usize = 64 * 1024;
/// A part of it is full with so much, in bytes of text.
const CHUNK: usize = 16 * 1024;
/// The longest parameters of a sequence that says how to draw.
const LONGEST_PARAMETERS: usize = 64;

/// The end of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    full: VecDeque<Arc<Chunk>>,
    last: Chunk,
    /// How many pieces with a text were taken in.
    taken: u64,
    plain: Plain,
    /// Where the piece behind this one begins; `None` before the first.
    next: Option<u64>,
    size: u64,
    ended: bool,
    cut: bool,
}

impl Tail {
    /// The parts of the text, in their order.
    pub(crate) fn chunks(&self) -> Vec<Arc<Chunk>> {
        self.full.iter().cloned().chain(iter::once_with(|| Arc::new(self.last.clone()))).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.last.text.is_empty()
    }

    /// Where to read on, in bytes of the file; `None` before anything was read.
    pub(crate) const fn next(&self) -> Option<u64> {
        self.next
    }

    /// Bytes of the file.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The beginning of the output is not in the text.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// There is nothing more to come.
    pub(crate) fn is_whole(&self) -> bool {
        self.ended && self.next.is_some_and(|next| next >= self.size)
    }

    /// Takes in the piece that follows. One that does not follow begins the text anew.
    pub(crate) fn take_in(&mut self, piece: &JobOutput) {
        if self.next != Some(piece.from) {
            // No part of what was there before is taken for one of this.
            let last = Chunk::new(self.last.id + 1, 0);
            *self = Self { cut: piece.from > 0, last, taken: self.taken, ..Self::default() };
        }
        (self.next, self.size, self.ended) = (Some(piece.next), piece.size, piece.ended);
        if piece.text.is_empty() {
            return;
        }
        self.taken += 1;
        self.last.version = self.taken;
        for c in piece.text.chars() {
            self.plain.take_in(c, &mut self.last);
            if c == '\n' && self.last.text.len() >= CHUNK {
                let next = Chunk::new(self.last.id + 1, self.taken);
                self.full.push_back(Arc::new(mem::replace(&mut self.last, next)));
            }
        }
        self.shorten();
    }

    /// Takes away from the front, by whole lines, what is too much.
    fn shorten(&mut self) {
        let length: usize = self.full.iter().map(|chunk| chunk.text.len()).sum();
        let mut surplus = (length + self.last.text.len()).saturating_sub(MOST);
        self.cut |= surplus > 0;
        while surplus > 0 {
            let Some(first) = self.full.pop_front() else {
                shorten(&mut self.last, surplus);
                return;
            };
            if first.text.len() > surplus {
                let mut first = Arc::unwrap_or_clone(first);
                first.version = self.taken;
                shorten(&mut first, surplus);
                self.full.push_front(Arc::new(first));
                return;
            }
            surplus -= first.text.len();
        }
    }
}

/// Takes this much away from its front, and what there is then of a line.
fn shorten(chunk: &mut Chunk, surplus: usize) {
    let at = (surplus..chunk.text.len()).find(|at| chunk.text.is_char_boundary(*at)).unwrap_or(chunk.text.len());
    let line = chunk.text.get(at..).and_then(|rest| rest.find('\n')).filter(|length| *length < LONGEST_LINE);
    chunk.cut(line.map_or(at, |length| at + length + 1));
}

/// How far the language of terminals was read: a piece may end within a sequence of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Plain {
    reading: Reading,
    /// Of the control sequence that is read.
    parameters: String,
    /// How the next character is drawn.
    style: Style,
    /// The line is to be written from its beginning, as progress bars do.
    returned: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    Text,
    /// Behind an escape character.
    Escape,
    /// In a control sequence, such as a colour: `ESC [ 3 1 m`.
    Sequence,
    /// In a text for the terminal, such as its title: `ESC ] 0 ; … BEL`.
    Message,
}

impl Plain {
    /// Appends what there is to read: no titles, and of a line that was written over the last writing.
    fn take_in(&mut self, c: char, text: &mut Chunk) {
        self.reading = match (self.reading, c) {
            (_, '\u{1b}') => Reading::Escape,
            (Reading::Escape, '[') => {
                self.parameters.clear();
                Reading::Sequence
            }
            (Reading::Escape, ']' | 'P' | 'X' | '^' | '_') => Reading::Message,
            (Reading::Escape, ' '..='/') => Reading::Escape,
            (Reading::Sequence, ' '..='?') => {
                if self.parameters.len() < LONGEST_PARAMETERS {
                    self.parameters.push(c);
                }
                Reading::Sequence
            }
            (Reading::Sequence, 'm') => {
                self.style.take_in(&self.parameters);
                Reading::Text
            }
            (Reading::Escape, '0'..='~') | (Reading::Sequence, '@'..='~') | (Reading::Message, '\u{7}' | '\u{9c}') => {
                Reading::Text
            }
            // One that is broken ends with its line, so that it hides no more.
            (Reading::Message, other) if other != '\n' => Reading::Message,
            (_, other) => {
                self.write(text, other);
                Reading::Text
            }
        };
    }

    fn write(&mut self, text: &mut Chunk, c: char) {
        match c {
            '\r' => self.returned = true,
            '\n' => {
                self.returned = false;
                text.push('\n', self.style);
            }
            c if c == '\t' || !c.is_control() => {
                if mem::take(&mut self.returned) {
                    text.clear_line();
                }
                text.push(c, self.style);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: u64, text: &str) -> JobOutput {
        let next = from + text.len() as u64;
        JobOutput { from, next, size: next, ended: false, text: text.to_owned() }
    }

    impl Tail {
        fn text(&self) -> String {
            self.chunks().iter().map(|chunk| chunk.text.as_str()).collect()
        }
    }

    /// The text of these pieces, one behind the other.
    fn shown(pieces: &[&str]) -> String {
        let mut tail = Tail::default();
        for text in pieces {
            tail.take_in(&piece(tail.next().unwrap_or_default(), text));
        }
        tail.text()
    }

    #[test]
    fn what_is_meant_for_a_terminal_is_left_out() {
        assert_eq!(shown(&["\u{1b}[1;31mred\u{1b}[0m and \u{1b}[38;5;12mblue\u{1b}[K\n"]), "red and blue\n");
        assert_eq!(shown(&["\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b\u{1b}(Bc\u{1b}=d"]), "abcd");
        assert_eq!(shown(&["bell\u{7} back\u{8}space\ttab · ü 论文\n"]), "bell backspace\ttab · ü 论文\n");
    }

    #[test]
    fn a_sequence_may_be_in_two_pieces() {
        let text = "a\u{1b}[31mb\u{1b}]0;t\u{7}c\r\nd";
        for (at, _) in text.char_indices() {
            let (one, two) = text.split_at(at);
            assert_eq!(shown(&[one, two]), "abc\nd", "{at}");
        }
    }

    #[test]
    fn a_broken_sequence_hides_no_more_than_its_line() {
        assert_eq!(shown(&["\u{1b}]0;never ends\nnext line"]), "\nnext line");
        assert_eq!(shown(&["\u{1b}[31\nnext line"]), "\nnext line");
    }

    #[test]
    fn a_line_that_is_written_over_shows_its_last_writing() {
        assert_eq!(shown(&["begin\n 1 %\r 50 %", "\r100 %\r\nend\n"]), "begin\n100 %\nend\n");
        assert_eq!(shown(&["dos\r\nlines\r\n"]), "dos\nlines\n");
        assert_eq!(shown(&["waits\r"]), "waits", "until something is written over it");
    }

    #[test]
    fn what_is_too_much_goes_from_the_front_by_whole_lines() {
        let mut tail = Tail::default();
        let line = format!("{}\n", "ü".repeat(499));
        for _ in 0..2000 {
            tail.take_in(&piece(tail.next().unwrap_or_default(), &line));
        }
        assert!(tail.text().len() <= MOST && tail.text().len() > MOST - 2 * line.len());
        assert!(tail.is_cut() && tail.text().lines().all(|one| one.len() + 1 == line.len()));
        let mut endless = Tail::default();
        endless.take_in(&piece(0, &"ü".repeat(MOST)));
        assert_eq!(endless.text().len(), MOST, "there is no line to cut at");
    }

    #[test]
    fn a_piece_that_does_not_follow_begins_anew() {
        let mut tail = Tail::default();
        assert_eq!(tail.next(), None);
        tail.take_in(&piece(10, "later"));
        assert!(tail.is_cut() && tail.next() == Some(15));
        tail.take_in(&piece(0, "all"));
        assert_eq!((tail.text().as_str(), tail.is_cut()), ("all", false));
    }

    #[test]
    fn only_what_has_changed_is_another_version_and_colours_go_on_in_the_next_part() {
        let mut tail = Tail::default();
        let line = format!("\u{1b}[31m{}\n", "x".repeat(99));
        for _ in 0..CHUNK / 100 * 2 {
            tail.take_in(&piece(tail.next().unwrap_or_default(), &line));
        }
        let versions = |tail: &Tail| tail.chunks().iter().map(|chunk| (chunk.id, chunk.version)).collect::<Vec<_>>();
        let before = versions(&tail);
        tail.take_in(&piece(tail.next().unwrap_or_default(), " 50 %"));
        let between = versions(&tail);
        tail.take_in(&piece(tail.next().unwrap_or_default(), "\r 60 %"));
        let after = versions(&tail);
        assert!(before.len() > 1 && before[0] == after[0] && between != after, "{before:?} {after:?}");
        let chunks = tail.chunks();
        let styles: Vec<_> = chunks.iter().flat_map(|chunk| chunk.runs(&[])).map(|run| run.style.class()).collect();
        assert!(styles.iter().all(|class| class.as_deref() == Some("ansi-red")), "{styles:?}");
    }

    #[test]
    fn it_is_whole_once_all_of_an_ended_output_was_read() {
        let mut tail = Tail::default();
        tail.take_in(&JobOutput { ended: true, size: 6, ..piece(0, "one") });
        assert!(!tail.is_whole());
        tail.take_in(&JobOutput { ended: true, ..piece(3, "two") });
        assert!(tail.is_whole() && tail.size() == 6);
    }
}
