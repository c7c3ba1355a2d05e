//! The model's promise: a snapshot, and then the rest of the output, leaves the same screen as all of the output.

use node_init::screen::Screen;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use wire::terminal::Size;

fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a size")
}

/// What another terminal makes of a snapshot: it does not tell a space from an empty cell, and nobody can see that
/// difference. (It knows no combining marks, though.)
fn seen(screen: &Screen) -> String {
    let size = screen.size();
    let mut viewer = avt::Terminal::with_scrollback(size.cols().into(), size.rows().into(), None).expect("a size");
    let snapshot = String::from_utf8_lossy(&screen.snapshot()).replace(['\u{300}', '\u{301}'], "");
    viewer.feed(snapshot.as_str());
    let scrollback = viewer.primary_screen().text().join("\n");
    format!("{}\n{scrollback}", viewer.dump())
}

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

/// Pieces of output, such as programs write.
fn piece() -> impl Strategy<Value = String> {
    let text = "[ -~]{1,40}";
    let wide = prop::sample::select(vec!["é", "漢字", "e\u{301}", "🙂", "☃", "─", "ｗ", "a\u{300}\u{301}"]);
    let control = prop::sample::select(vec!["\r\n", "\n", "\r", "\u{8}", "\t", "\r\n\r\n", "\u{7}"]);
    let moved = (0_u16..30, 0_u16..90, prop::sample::select(b"ABCDEFGHIJLMPSTXZ@`abdefr".to_vec()));
    prop_oneof![
        6 => text.prop_map(String::from),
        2 => wide.prop_map(String::from),
        4 => control.prop_map(String::from),
        4 => prop::sample::select(STYLES).prop_map(|style| format!("\x1b[{style}m")),
        4 => prop::sample::select(SEQUENCES).prop_map(String::from),
        4 => moved.prop_map(|(a, b, last)| format!("\x1b[{a};{b}{}", char::from(last))),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(piece(), 1..80).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_in_any_pieces_are_taken(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        cuts in prop::collection::vec(0_usize..2000, 0..6),
        cols in 1_u16..60, rows in 1_u16..20,
    ) {
        let mut whole = Screen::new(size(cols, rows));
        whole.feed(&bytes);
        let mut pieces = Screen::new(size(cols, rows));
        let mut at = 0;
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        for cut in cuts.into_iter().chain([bytes.len()]) {
            pieces.feed(&bytes[at..cut]);
            at = cut;
        }
        prop_assert_eq!(whole.snapshot(), pieces.snapshot());
    }

    #[test]
    fn output_in_any_pieces_is_the_same(stream in stream(), piece in 1_usize..50, cols in 1_u16..90, rows in 1_u16..30) {
        let mut whole = Screen::new(size(cols, rows));
        whole.feed(&stream);
        let mut pieces = Screen::new(size(cols, rows));
        stream.chunks(piece).for_each(|piece| pieces.feed(piece));
        prop_assert_eq!(whole.snapshot(), pieces.snapshot());
    }

    #[test]
    fn a_snapshot_and_the_rest_is_the_same_as_everything(
        stream in stream(), cut in 0_usize..4000, cols in 5_u16..90, rows in 2_u16..30,
    ) {
        let cut = cut.min(stream.len());
        let mut whole = Screen::new(size(cols, rows));
        whole.feed(&stream[..cut]);
        let mut repainted = Screen::new(size(cols, rows));
        repainted.feed(b"something else\x1b[?1049h\x1b[31m\x1b[?6h\x1b[?25l\x1b[3g");
        repainted.feed(&whole.snapshot());
        whole.feed(&stream[cut..]);
        repainted.feed(&stream[cut..]);
        prop_assert_eq!(seen(&repainted), seen(&whole));
    }

    #[test]
    fn resizing_never_fails(
        stream in stream(), sizes in prop::collection::vec((1_u16..120, 1_u16..50), 1..6), cols in 1_u16..90, rows in 1_u16..30,
    ) {
        let mut screen = Screen::new(size(cols, rows));
        for (part, (cols, rows)) in stream.chunks(stream.len() / sizes.len() + 1).zip(&sizes) {
            screen.feed(part);
            screen.resize(size(*cols, *rows));
            prop_assert!(!screen.snapshot().is_empty());
        }
    }
}
