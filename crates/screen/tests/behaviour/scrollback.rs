//! The model's scrollback: bounded, the same whatever the pieces output comes in, and wrapped anew when the size changes.

use screen::Screen;
use wire::terminal::Size;

fn screen(cols: u16, rows: u16) -> Screen {
    Screen::new(Size::new(cols, rows).expect("a size"))
}

/// What another terminal of that size shows after the snapshot: all lines, scrollback included.
fn lines(screen: &Screen) -> Vec<String> {
    let size = screen.size();
    let mut viewer = avt::Terminal::with_scrollback(size.cols().into(), size.rows().into(), None).expect("a size");
    let snapshot = screen.snapshot();
    viewer.feed(std::str::from_utf8(&snapshot).expect("snapshots are UTF-8"));
    viewer.primary_screen().text()
}

fn numbered(count: usize) -> String {
    (0..count).map(|n| format!("line {n}\r\n")).collect()
}

#[test]
fn a_flood_in_one_piece_leaves_what_it_leaves_in_small_ones() {
    let plain = numbered(60_000);
    let long = (0..30_000).map(|n| format!("{n} {}\r\n", "word ".repeat(n % 40))).collect::<String>();
    let bare = "y\n".repeat(100_000) + &numbered(11_000);
    for (name, text) in [("short lines", plain), ("long lines", long), ("without returns", bare)] {
        for start in ["", "\x1b[31m", "left over", "\x1b[5;5Hsomewhere\x1b[44m"] {
            let (mut whole, mut pieces) = (screen(80, 24), screen(80, 24));
            whole.feed(start.as_bytes());
            pieces.feed(start.as_bytes());
            whole.feed(text.as_bytes());
            text.as_bytes().chunks(1000).for_each(|piece| pieces.feed(piece));
            assert!(whole.snapshot() == pieces.snapshot(), "{name} after {start:?}");
        }
    }
}

#[test]
fn a_flood_is_printed_where_it_cannot_be_skipped() {
    for start in ["\x1b[?1049h", "\x1b[3;9r", "\x1b(0", "\x1b[", "\x1b]0;ti"] {
        let text = numbered(20_000);
        let (mut whole, mut pieces) = (screen(80, 24), screen(80, 24));
        whole.feed(start.as_bytes());
        pieces.feed(start.as_bytes());
        whole.feed(text.as_bytes());
        text.as_bytes().chunks(1000).for_each(|piece| pieces.feed(piece));
        assert!(whole.snapshot() == pieces.snapshot(), "after {start:?}");
    }
}

#[test]
fn ten_thousand_lines_are_kept_and_no_more() {
    let mut screen = screen(80, 24);
    screen.feed(numbered(25_000).as_bytes());
    let lines = lines(&screen);
    // The last line of the screen is the empty one with the cursor.
    assert_eq!(lines.len(), 10_000 + 24);
    assert_eq!(lines.last().map(String::as_str), Some(""));
    assert_eq!(lines[lines.len() - 2], "line 24999");
    assert_eq!(lines[0], format!("line {}", 25_000 - 10_000 - 23));
}

#[test]
fn wide_lines_are_bounded_in_bytes() {
    let mut screen = screen(1000, 50);
    for n in 0..2_000 {
        screen.feed(format!("{}{n}\r\n", "\x1b[31mr\x1b[0mg".repeat(400)).as_bytes());
    }
    // A megabyte of scrollback, and the screen.
    assert!(screen.snapshot().len() < 1_700_000, "{}", screen.snapshot().len());
}

#[test]
fn colours_stay_with_their_lines() {
    let mut screen = screen(40, 3);
    for n in 0..8 {
        screen.feed(format!("\x1b[3{n}mcolour {n}\x1b[0m plain\r\n").as_bytes());
    }
    let snapshot = String::from_utf8(screen.snapshot()).expect("snapshots are UTF-8");
    assert!(snapshot.contains("\x1b[0;32mcolour 2\x1b[m plain\r\n"), "{snapshot:?}");
}

#[test]
fn a_program_can_clear_the_scrollback() {
    let mut screen = screen(80, 24);
    screen.feed(numbered(100).as_bytes());
    screen.feed(b"\x1b[H\x1b[2J\x1b[3Jafter");
    assert_eq!(lines(&screen)[0], "after");
    assert!(screen.snapshot().len() < 200);
}

#[test]
fn long_lines_are_wrapped_anew_for_another_width() {
    let mut screen = screen(20, 4);
    let long = "abcdefghijklmnopqrstuvwxyz0123456789";
    screen.feed(format!("first\r\n{long}\r\nsecond {long}\r\n$ ").as_bytes());
    for cols in [10, 30, 7, 80, 20] {
        screen.resize(Size::new(cols, 4).expect("a size"));
        screen.feed(b"x");
        let lines: Vec<String> = lines(&screen).into_iter().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines[..3], ["first".to_owned(), long.to_owned(), format!("second {long}")], "{cols} columns");
        assert!(lines[3].starts_with("$ x"), "{lines:?}");
    }
}

#[test]
fn a_taller_window_brings_lines_back_and_a_shorter_one_puts_them_away() {
    let mut screen = screen(20, 5);
    screen.feed(format!("{}$ ", numbered(20)).as_bytes());
    let before = lines(&screen);
    screen.resize(Size::new(20, 12).expect("a size"));
    assert_eq!(lines(&screen), before);
    screen.feed(b"\x1b[Htop");
    assert!(
        lines(&screen).contains(&"tope 9".to_owned()),
        "the top row is row 12 from the bottom: {:?}",
        lines(&screen)
    );
    screen.resize(Size::new(20, 3).expect("a size"));
    screen.feed(b"\x1b[Hx");
    assert_eq!(lines(&screen).len(), before.len());
}

#[test]
fn an_empty_screen_below_the_prompt_is_what_gives_way() {
    let mut screen = screen(20, 10);
    screen.feed(b"one\r\ntwo\r\n$ ");
    screen.resize(Size::new(20, 4).expect("a size"));
    screen.feed(b"\x1b[HONE");
    assert_eq!(lines(&screen), ["ONE", "two", "$", ""]);
}

#[test]
fn a_full_screen_program_keeps_its_screen_and_the_one_below() {
    let mut screen = screen(20, 6);
    screen.feed(b"below\r\n$ vi\r\n\x1b[?1049h\x1b[Habove\x1b[6;1Hstatus");
    screen.resize(Size::new(30, 8).expect("a size"));
    screen.feed(b"\x1b[8;1Hnew status\x1b[?1049lback");
    assert_eq!(lines(&screen)[..3], ["below", "$ vi", "back"]);
}

#[test]
fn a_mark_too_many_is_left_out() {
    let mut screen = screen(20, 4);
    screen.feed(format!("a{}b", "\u{301}".repeat(1000)).as_bytes());
    assert!(screen.snapshot().len() < 200);
    for n in 0..20_000 {
        let base = char::from_u32(0x4e00 + n % 20_000).expect("a character");
        screen.feed(format!("{base}\u{301}\r").as_bytes());
    }
    assert!(screen.snapshot().len() < 400);
}
