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
    "\x1b#8",
    "\x1b[2J",
    "\x1b[J",
    "\x1b[1K",
    "\x1b[K",
    "\x1b[4 q",
    "\x1b=",
    "\x1b>",
    "\u{9b}5C",
    "\x1b[\x18",
    "\x1b[?3;9x",
];

const CHARACTERS: &[&str] = &["é", "漢字", "e\u{301}", "🙂", "☃", "─", "ｗ", "a\u{300}\u{301}"];

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
        let moves = "A B C D E F G H I J L M P S T X Z @ ` a d e f r";
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

/// A stream without what xterm.js does by mistake. It saves the cursor without its hyperlink, the kind and colour of its
/// underline, and the set that a shift selects, which come back by surprise: so a stream has these, or restores. It leaves halves of wide characters
/// where it moves cells to the right or has no room for them: so a stream has wide characters, or these. And DECALN leaves
/// the region.
pub(crate) fn stream_for_xterm() -> impl Strategy<Value = Vec<u8>> {
    let is_one_of = |set: &'static [&'static str]| move |one: &str| set.contains(&one);
    let unsaved = |one: &str| one.contains(':') || one.contains("]8;") || ["\x0e", "\x0f", "\x1b#8"].contains(&one);
    let restores = is_one_of(&["\x1b8", "\x1b[?1049l", "\x1b#8"]);
    let wide = is_one_of(&["漢字", "🙂", "ｗ"]);
    let halving = is_one_of(&["@", "\x1b[4h", "\x1b[?7l"]);
    let all = Alphabet::everything;
    prop_oneof![
        stream_of(all().without(unsaved).without(wide)),
        stream_of(all().without(unsaved).without(halving)),
        stream_of(all().without(restores).without(wide)),
        stream_of(all().without(restores).without(halving)),
    ]
}
