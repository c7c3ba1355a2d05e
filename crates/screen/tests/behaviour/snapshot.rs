//! The model's promise: a snapshot, and then the rest of the output, leaves the same screen as all of the output.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use screen::Screen;
use wire::terminal::Size;

use crate::output::stream;

fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a size")
}

/// What another terminal makes of a snapshot: it does not tell a space from an empty cell, a difference that does not
/// show. (It knows no combining marks, though.)
fn seen(screen: &Screen) -> String {
    let size = screen.size();
    let mut viewer = avt::Terminal::with_scrollback(size.cols().into(), size.rows().into(), None).expect("a size");
    let snapshot = String::from_utf8_lossy(&screen.snapshot()).replace(['\u{300}', '\u{301}'], "");
    viewer.feed(snapshot.as_str());
    let scrollback = viewer.primary_screen().text().join("\n");
    format!("{}\n{scrollback}", viewer.dump())
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
