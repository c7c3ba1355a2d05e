//! Output as programs write it, and as none should: what properties are tried with.

use proptest::prelude::*;

const STYLES: &[&str] = &[
    "0",
    "1",
    "3",
    "4",
    "7",
    "9",
    "22",
    "27",
    "31",
    "42",
    "97",
    "104",
    "39",
    "49",
    "38;5;200",
    "48;2;1;2;3",
    "38:2::9:8:7",
    "4:3",
    "58:5:9",
    "1;31;44",
    "2",
    "5",
    "8",
    "21",
    "24",
    "53",
    "55",
    "59",
];

const SEQUENCES: &[&str] = &[
    "\x1b7",
    "\x1b8",
    "\x1bD",
    "\x1bE",
    "\x1bM",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?1h",
    "\x1b[?2004h",
    "\x1b[?1006h",
    "\x1b[?1000h",
    "\x1b[?6h",
    "\x1b[?6l",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b(0",
    "\x1b(B",
    "\x1b)0",
    "\x0e",
    "\x0f",
    "\x1bH",
    "\x1b[3g",
    "\x1b[r",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x/\x1b\\",
    "\x1b]8;;\x1b\\",
    "\x1bP$q\x1b\\",
    "\x1b_apc\x1b\\",
    "\x1b[!p",
    "\x1bc",
    // In origin mode xterm.js begins at the region's top, and goes on where no row is.
    "\x1b[?6l\x1b#8",
    "\x1b[2J",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[3J",
    "\x1b[1K",
    "\x1b[K",
    "\x1b[4 q",
    "\x1b=",
    "\x1b>",
    "\u{9b}5C",
    "\x1b[\x18",
    "\x1b[?3;9x",
    "\x1b[?45h",
    "\x1b[?45l",
    "\x1b[?1048h",
    "\x1b[?1048l",
    "\x1b[?47h",
    "\x1b[?1047l",
    "\x1b[s",
    "\x1b[u",
    "\x1b(A",
    "\x1b*0",
    "\x1bn",
    "\x1b~",
    "\x1b[g",
    "\x1b[20h",
    "\x1b[20l",
    "\x1b[2 @",
    "\x1b[2 A",
    "\x1b[2'}",
    "\x1b[2'~",
    "\x1b[?2h",
];

const CHARACTERS: &[&str] =
    &["é", "漢字", "e\u{301}", "🙂", "☃", "─", "ｗ", "a\u{300}\u{301}", "🫠", "நா", "\u{ad}", "字\u{301}", "❤\u{fe0f}"];

/// What output is made of, besides plain text.
#[derive(Clone)]
struct Alphabet {
    styles: Vec<&'static str>,
    sequences: Vec<&'static str>,
    characters: Vec<&'static str>,
    /// Last bytes of sequences with two numbers.
    moves: Vec<&'static str>,
}

impl Alphabet {
    fn everything() -> Self {
        let moves = "A B C D E F G H I L M P S T X Z @ ` a b d e f r";
        Self {
            styles: STYLES.to_vec(),
            sequences: SEQUENCES.to_vec(),
            characters: CHARACTERS.to_vec(),
            moves: moves.split(' ').collect(),
        }
    }

    fn without(mut self, what: impl Fn(&str) -> bool) -> Self {
        for all in [&mut self.styles, &mut self.sequences, &mut self.characters, &mut self.moves] {
            all.retain(|one| !what(one));
        }
        self
    }
}

/// A piece of output, such as programs write.
fn piece(alphabet: Alphabet) -> impl Strategy<Value = String> {
    let Alphabet { styles, sequences, characters, moves } = alphabet;
    let text = "[ -~]{1,40}";
    let control = prop::sample::select(vec!["\r\n", "\n", "\r", "\u{8}", "\t", "\r\n\r\n", "\u{7}"]);
    let moved = (0_u16..30, 0_u16..90, prop::sample::select(moves));
    // REP after a character that found no room repeats another one in each terminal.
    let repeated = (text, 0_u16..90).prop_map(|(text, count)| format!("{text}\x1b[{count}b"));
    prop_oneof![
        6 => text.prop_map(String::from),
        2 => prop::sample::select(characters).prop_map(String::from),
        4 => control.prop_map(String::from),
        1 => repeated,
        4 => prop::sample::select(styles).prop_map(|style| format!("\x1b[{style}m")),
        4 => prop::sample::select(sequences).prop_map(String::from),
        4 => moved.prop_map(|(a, b, last)| format!("\x1b[{a};{b}{last}")),
    ]
}

fn stream_of(alphabet: Alphabet) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(alphabet), 1..80).prop_map(|pieces| pieces.concat().into_bytes())
}

/// A stream of such pieces.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    stream_of(Alphabet::everything())
}

/// What comes back by surprise when xterm.js restores the cursor: it saves neither the hyperlink, nor the kind and colour of
/// the underline, nor the set that a shift selects, and counts the line from the top of a scrollback that may be cleared.
fn is_unsaved(one: &str) -> bool {
    let others = ["\x0e", "\x0f", "\x1bn", "\x1b~", "\x1b[3J", "21", "59"];
    one.contains(':') || one.contains("]8;") || others.contains(&one)
}

fn restores(one: &str) -> bool {
    ["\x1b8", "\x1b[?1049l", "\x1b[?1048l", "\x1b[u"].contains(&one)
}

fn is_wide(one: &str) -> bool {
    ["漢字", "🙂", "ｗ", "字\u{301}"].contains(&one)
}

/// Where xterm.js leaves halves of wide characters: it moves cells to the right, or has no room.
fn halves(one: &str) -> bool {
    ["@", "\x1b[4h", "\x1b[?7l", "\x1b[2 A", "\x1b[2'}"].contains(&one)
}

/// ED 1 in the last cell, which xterm.js does not survive.
fn throws(one: &str) -> bool {
    one == "\x1b[1J"
}

/// A stream without what xterm.js does by mistake.
pub(crate) fn stream_for_xterm() -> impl Strategy<Value = Vec<u8>> {
    let all = || Alphabet::everything().without(throws);
    prop_oneof![
        stream_of(all().without(is_unsaved).without(is_wide)),
        stream_of(all().without(is_unsaved).without(halves)),
        stream_of(all().without(restores).without(is_wide)),
        stream_of(all().without(restores).without(halves)),
    ]
}
