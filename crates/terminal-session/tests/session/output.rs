//! Output onto the screen: each byte once, and the node hears how far it is drawn.

use terminal_session::status::Link;
use terminal_session::{Effect, Event, Moment, Session, Start, Timer};
use wire::terminal::NodeFrame;

use crate::bench::{Bench, drawn, sent, size, wait_of};

fn output(offset: u64, bytes: &[u8]) -> NodeFrame<'_> {
    NodeFrame::Output { offset, bytes }
}

#[test]
fn output_is_drawn_in_order_and_what_is_known_is_left_out() {
    let mut bench = Bench::live();
    assert_eq!(drawn(&bench.frame(output(0, b"abc"))), ["abc to 3"]);
    assert_eq!(drawn(&bench.frame(output(1, b"bcde"))), ["de to 5"]);
    assert_eq!(drawn(&bench.frame(output(0, b"abc"))), Vec::<String>::new());
}

#[test]
fn of_a_terminal_that_was_just_opened_the_first_byte_is_asked_for() {
    let mut session = Session::from_beginning();
    let effects = session.handle(Event::Fitted(size(80, 24)), Moment { now_ms: 0, chance: 0.5 });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Connect { start: Start::At(0), .. })), "{effects:?}");
}

#[test]
fn a_gap_in_the_output_is_never_drawn() {
    let mut bench = Bench::live();
    bench.frame(output(0, b"abc"));
    let effects = bench.frame(output(4, b"e"));
    assert_eq!(drawn(&effects), Vec::<String>::new());
    assert!(effects.contains(&Effect::Disconnect));
    assert_eq!(bench.link(), Link::Reconnecting);
}

#[test]
fn a_terminal_without_any_output_to_repaint_begins_with_its_first_output() {
    let mut bench = Bench::live();
    assert_eq!(drawn(&bench.frame(output(700, b"new"))), ["new to 703"]);
    assert_eq!(bench.reconnect(), Start::At(703));
}

#[test]
fn a_snapshot_clears_the_screen_and_output_continues_behind_it() {
    let mut bench = Bench::live();
    bench.frame(output(0, b"old"));
    let first = NodeFrame::Snapshot { offset: 900, size: size(100, 30), more: true, bytes: b"paint" };
    assert_eq!(drawn(&bench.frame(first)), ["reset", "100x30", "paint ..."]);
    let last = NodeFrame::Snapshot { offset: 900, size: size(100, 30), more: false, bytes: b"ed" };
    assert_eq!(drawn(&bench.frame(last)), ["ed to 900"]);
    assert_eq!(drawn(&bench.frame(output(900, b"x"))), ["x to 901"]);
}

#[test]
fn half_a_snapshot_is_asked_for_again() {
    let mut bench = Bench::live();
    bench.frame(output(0, b"old"));
    bench.frame(NodeFrame::Snapshot { offset: 900, size: size(80, 24), more: true, bytes: b"half" });
    assert_eq!(bench.reconnect(), Start::Snapshot);
    let whole = NodeFrame::Snapshot { offset: 950, size: size(80, 24), more: false, bytes: b"whole" };
    assert_eq!(drawn(&bench.frame(whole)), ["reset", "80x24", "whole to 950"]);
}

#[test]
fn output_in_the_middle_of_a_snapshot_is_not_drawn() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Snapshot { offset: 900, size: size(80, 24), more: true, bytes: b"half" });
    let effects = bench.frame(output(900, b"x"));
    assert_eq!(drawn(&effects), Vec::<String>::new());
    assert!(effects.contains(&Effect::Disconnect));
}

#[test]
fn drawn_output_is_acknowledged_soon_and_a_flood_at_once() {
    let mut bench = Bench::live();
    bench.frame(output(0, b"abc"));
    let effects = bench.tell(Event::Drawn(3));
    assert_eq!(sent(&effects), Vec::<String>::new());
    bench.frame(output(3, b"d"));
    assert_eq!(bench.tell(Event::Drawn(4)), [], "one timer is enough");
    assert_eq!(sent(&bench.elapse(Timer::Acknowledge, &effects)), ["ack 4"]);
    bench.frame(output(4, &[b'x'; 20_000]));
    assert_eq!(sent(&bench.tell(Event::Drawn(20_004))), ["ack 20004"]);
}

#[test]
fn what_is_not_drawn_is_not_acknowledged() {
    let mut bench = Bench::live();
    let effects = bench.frame(output(0, &[b'x'; 30_000]));
    assert_eq!(sent(&effects), Vec::<String>::new());
    assert_eq!(wait_of(Timer::Acknowledge, &effects), None);
}

#[test]
fn a_drawn_snapshot_is_acknowledged() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Snapshot { offset: 900, size: size(80, 24), more: false, bytes: b"paint" });
    assert_eq!(sent(&bench.tell(Event::Drawn(900))), ["ack 900"]);
}

#[test]
fn bytes_of_an_older_connection_that_are_drawn_late_are_never_over_acknowledged() {
    let mut bench = Bench::live();
    bench.frame(output(0, &[b'x'; 30_000]));
    let effects = bench.close();
    bench.elapse(Timer::Retry, &effects);
    let effects = bench.close();
    bench.tell(Event::Probed(bench.generation, terminal_session::Found::Alive { end: 10 }));
    bench.elapse(Timer::Retry, &effects);
    bench.open();
    bench.frame(NodeFrame::Snapshot { offset: 10, size: size(80, 24), more: false, bytes: b"new" });
    assert_eq!(sent(&bench.tell(Event::Drawn(30_000))), ["ack 10"]);
}

#[test]
fn a_message_that_is_no_frame_ends_the_connection_and_not_the_session() {
    let mut bench = Bench::live();
    bench.frame(output(0, b"abc"));
    let effects = bench.tell(Event::Frame { generation: bench.generation, bytes: b"\x00what" });
    assert!(effects.contains(&Effect::Disconnect));
    assert_eq!(bench.link(), Link::Reconnecting);
}
