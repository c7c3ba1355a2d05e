//! Whose window the terminal fits.

use terminal_session::{Effect, Event};
use wire::terminal::NodeFrame;

use crate::bench::{Bench, drawn, sent, size};

#[test]
fn a_window_that_changes_asks_for_its_size_and_the_screen_follows_the_terminal() {
    let mut bench = Bench::live();
    let effects = bench.tell(Event::Fitted(size(100, 30)));
    assert_eq!(sent(&effects), ["resize 100x30"]);
    assert_eq!(drawn(&effects), Vec::<String>::new(), "output that is on its way was made for the old size");
    assert_eq!(drawn(&bench.frame(NodeFrame::Size(size(100, 30)))), ["100x30"]);
}

#[test]
fn a_window_that_keeps_its_size_asks_for_nothing() {
    let mut bench = Bench::live();
    assert_eq!(bench.tell(Event::Fitted(size(80, 24))), []);
}

#[test]
fn a_terminal_that_is_opened_here_gets_the_size_of_this_window() {
    let mut bench = Bench::new();
    bench.tell(Event::Fitted(size(80, 24)));
    bench.open();
    assert_eq!(sent(&bench.frame(NodeFrame::Size(size(120, 40)))), ["resize 80x24"]);
}

#[test]
fn another_window_that_takes_the_size_is_followed_and_named() {
    let mut bench = Bench::live();
    let effects = bench.frame(NodeFrame::Size(size(200, 50)));
    assert_eq!(drawn(&effects), ["200x50"]);
    assert_eq!(sent(&effects), Vec::<String>::new(), "two windows must not fight");
    assert_eq!(bench.session.status().foreign_size(), Some(size(200, 50)));
    assert_eq!(sent(&bench.tell(Event::ClaimSize)), ["resize 80x24"]);
    bench.frame(NodeFrame::Size(size(80, 24)));
    assert_eq!(bench.session.status().foreign_size(), None);
}

#[test]
fn a_reconnected_window_takes_the_size_back_only_if_it_had_it() {
    let mut owner = Bench::live();
    owner.reconnect();
    assert_eq!(sent(&owner.frame(NodeFrame::Size(size(200, 50)))), ["resize 80x24"]);

    let mut guest = Bench::live();
    guest.frame(NodeFrame::Size(size(200, 50)));
    guest.reconnect();
    assert_eq!(sent(&guest.frame(NodeFrame::Size(size(200, 50)))), Vec::<String>::new());
}

#[test]
fn a_window_that_changed_while_reconnecting_asks_for_its_new_size() {
    let mut bench = Bench::live();
    bench.close();
    bench.tell(Event::Fitted(size(90, 20)));
    let effects = bench.tell(Event::Awake);
    let connect = effects.iter().find(|effect| matches!(effect, Effect::Connect { .. })).expect("it connects");
    assert!(matches!(connect, Effect::Connect { size: asked, .. } if *asked == size(90, 20)));
    bench.open();
    assert_eq!(sent(&bench.frame(NodeFrame::Size(size(80, 24)))), ["resize 90x20"]);
}
