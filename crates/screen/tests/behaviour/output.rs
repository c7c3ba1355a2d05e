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

/// A piece of output, such as programs write, of these styles and sequences.
fn piece(styles: Vec<&'static str>, sequences: Vec<&'static str>) -> impl Strategy<Value = String> {
    let text = "[ -~]{1,40}";
    let wide = prop::sample::select(vec!["é", "漢字", "e\u{301}", "🙂", "☃", "─", "ｗ", "a\u{300}\u{301}"]);
    let control = prop::sample::select(vec!["\r\n", "\n", "\r", "\u{8}", "\t", "\r\n\r\n", "\u{7}"]);
    let moved = (0_u16..30, 0_u16..90, prop::sample::select(b"ABCDEFGHIJLMPSTXZ@`adefr".to_vec()));
    // REP after a character that found no room repeats another one in each terminal.
    let repeated = (text, 0_u16..90).prop_map(|(text, count)| format!("{text}\x1b[{count}b"));
    prop_oneof![
        6 => text.prop_map(String::from),
        2 => wide.prop_map(String::from),
        4 => control.prop_map(String::from),
        1 => repeated,
        4 => prop::sample::select(styles).prop_map(|style| format!("\x1b[{style}m")),
        4 => prop::sample::select(sequences).prop_map(String::from),
        4 => moved.prop_map(|(a, b, last)| format!("\x1b[{a};{b}{}", char::from(last))),
    ]
}

fn stream_of(styles: Vec<&'static str>, sequences: Vec<&'static str>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(styles, sequences), 1..80).prop_map(|pieces| pieces.concat().into_bytes())
}

/// A stream of such pieces.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    stream_of(STYLES.to_vec(), SEQUENCES.to_vec())
}

/// A stream without what xterm.js does by mistake. It saves the cursor without its hyperlink and without the kind and colour
/// of its underline, which come back by surprise: so a stream has these, or restores. And DECALN leaves the region.
pub(crate) fn stream_for_xterm() -> impl Strategy<Value = Vec<u8>> {
    let kept_apart = |style: &&str| style.contains(':');
    let links = |sequence: &&str| sequence.contains("]8;") || *sequence == "\x1b#8";
    let restores = |sequence: &&str| ["\x1b8", "\x1b[?1049l", "\x1b#8"].contains(sequence);
    let without = |all: &[&'static str], what: &dyn Fn(&&str) -> bool| all.iter().copied().filter(|one| !what(one)).collect();
    prop_oneof![
        stream_of(without(STYLES, &kept_apart), without(SEQUENCES, &links)),
        stream_of(STYLES.to_vec(), without(SEQUENCES, &restores)),
    ]
}
