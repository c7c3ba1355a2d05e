//! What a job writes, as a page shows it: the end of it, without what is meant for a terminal. Pure: pieces in, text out.

use wire::job::JobOutput;

/// How much of it a page holds, in bytes of text.
const MOST: usize = 1024 * 1024;
/// A longer line is cut within.
const LONGEST_LINE: usize = 64 * 1024;

/// The end of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    text: String,
    plain: Plain,
    /// Where the piece behind this one begins; `None` before the first.
    next: Option<u64>,
    size: u64,
    ended: bool,
    cut: bool,
}

impl Tail {
    pub(crate) fn text(&self) -> &str {
        &self.text
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
            *self = Self { cut: piece.from > 0, ..Self::default() };
        }
        (self.next, self.size, self.ended) = (Some(piece.next), piece.size, piece.ended);
        self.plain.append(&mut self.text, &piece.text);
        self.shorten();
    }

    /// Takes away from the front, by whole lines, what is too much.
    fn shorten(&mut self) {
        let surplus = self.text.len().saturating_sub(MOST);
        if surplus == 0 {
            return;
        }
        let at = (surplus..self.text.len()).find(|at| self.text.is_char_boundary(*at)).unwrap_or(surplus);
        let line = self.text.get(at..).and_then(|rest| rest.find('\n')).filter(|length| *length < LONGEST_LINE);
        self.text.drain(..line.map_or(at, |length| at + length + 1));
        self.cut = true;
    }
}

/// How far the language of terminals was read: a piece may end within a sequence of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Plain {
    reading: Reading,
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
    /// Appends what there is to read in `piece`: no colours, no titles, and of a line that was written over the last writing.
    fn append(&mut self, text: &mut String, piece: &str) {
        for c in piece.chars() {
            self.reading = match (self.reading, c) {
                (_, '\u{1b}') => Reading::Escape,
                (Reading::Escape, '[') => Reading::Sequence,
                (Reading::Escape, ']' | 'P' | 'X' | '^' | '_') => Reading::Message,
                (Reading::Escape, ' '..='/') => Reading::Escape,
                (Reading::Sequence, ' '..='?') => Reading::Sequence,
                (Reading::Escape, '0'..='~')
                | (Reading::Sequence, '@'..='~')
                | (Reading::Message, '\u{7}' | '\u{9c}') => Reading::Text,
                // One that is broken ends with its line, so that it hides no more.
                (Reading::Message, other) if other != '\n' => Reading::Message,
                (_, other) => {
                    self.write(text, other);
                    Reading::Text
                }
            };
        }
    }

    fn write(&mut self, text: &mut String, c: char) {
        match c {
            '\r' => self.returned = true,
            '\n' => {
                self.returned = false;
                text.push('\n');
            }
            c if c == '\t' || !c.is_control() => {
                if std::mem::take(&mut self.returned) {
                    text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
                }
                text.push(c);
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

    /// The text of these pieces, one behind the other.
    fn shown(pieces: &[&str]) -> String {
        let mut tail = Tail::default();
        for text in pieces {
            tail.take_in(&piece(tail.next().unwrap_or_default(), text));
        }
        tail.text().to_owned()
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
        assert_eq!((tail.text(), tail.is_cut()), ("all", false));
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
