//! Coming up, failing, waiting, coming back.

use terminal_session::status::{Ending, Link};
use terminal_session::{Effect, Event, Found, Start, Timer};
use wire::terminal::NodeFrame;

use crate::bench::{Bench, sent, size, start_of, wait_of};

#[test]
fn nothing_happens_before_the_window_has_a_size() {
    let mut bench = Bench::new();
    assert_eq!(bench.tell(Event::Typed(b"early")), []);
    assert_eq!(bench.tell(Event::Awake), []);
    assert_eq!(bench.link(), Link::Idle);
    let effects = bench.tell(Event::Fitted(size(120, 30)));
    assert_eq!(start_of(&effects), Some(Start::Snapshot));
    assert_eq!(bench.link(), Link::Connecting);
}

#[test]
fn keys_typed_before_the_connection_is_open_are_sent_when_the_node_is_ready_for_them() {
    let mut bench = Bench::new();
    bench.tell(Event::Fitted(size(80, 24)));
    bench.tell(Event::Typed(b"ls\r"));
    assert_eq!(sent(&bench.open()), ["ping 1"]);
    assert_eq!(sent(&bench.frame(NodeFrame::InputAck { seq: 0 })), ["input 0 ls\r"]);
}

#[test]
fn a_lost_connection_is_shown_and_tried_again_from_the_last_byte() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Output { offset: 0, bytes: b"hello" });
    let effects = bench.close();
    assert_eq!(bench.link(), Link::Reconnecting);
    assert_eq!(wait_of(Timer::Retry, &effects), Some(250));
    let effects = bench.elapse(Timer::Retry, &effects);
    assert_eq!(start_of(&effects), Some(Start::At(5)));
    bench.open();
    assert_eq!(bench.link(), Link::Live);
}

#[test]
fn waits_grow_while_the_server_is_away_and_begin_anew_once_a_connection_has_held() {
    let mut bench = Bench::live();
    let mut effects = bench.close();
    let mut waits = Vec::new();
    for _ in 0..8 {
        waits.extend(wait_of(Timer::Retry, &effects));
        bench.elapse(Timer::Retry, &effects);
        effects = bench.close();
    }
    assert_eq!(waits, [250, 375, 750, 1500, 3000, 3750, 3750, 3750]);
    bench.elapse(Timer::Retry, &effects);
    let effects = bench.open();
    bench.frame(NodeFrame::Pong { nonce: 1 });
    bench.elapse(Timer::Heartbeat, &effects);
    assert_eq!(wait_of(Timer::Retry, &bench.close()), Some(250));
}

#[test]
fn a_connection_that_does_not_open_in_ten_seconds_is_given_up() {
    let mut bench = Bench::new();
    let effects = bench.tell(Event::Fitted(size(80, 24)));
    let effects = bench.elapse(Timer::Open, &effects);
    assert_eq!(bench.now_ms, 10_000);
    assert_eq!(effects.first(), Some(&Effect::Disconnect));
    assert!(wait_of(Timer::Retry, &effects).is_some());
}

#[test]
fn a_connection_that_never_opened_is_asked_about() {
    let mut bench = Bench::live();
    let effects = bench.close();
    assert!(
        !effects.contains(&Effect::Probe(bench.generation)),
        "an open connection that ends is nothing to ask about"
    );
    bench.elapse(Timer::Retry, &effects);
    let effects = bench.close();
    assert!(effects.contains(&Effect::Probe(bench.generation)));
}

#[test]
fn what_the_server_says_about_a_refused_connection_decides() {
    let over = [Ending::Gone, Ending::NodeStopped, Ending::SignedOut];
    for ending in over {
        let mut bench = Bench::live();
        let effects = bench.close();
        bench.elapse(Timer::Retry, &effects);
        let effects = bench.close();
        bench.tell(Event::Probed(bench.generation, Found::Over(ending)));
        assert_eq!(bench.link(), Link::Ended(ending));
        assert_eq!(start_of(&bench.elapse(Timer::Retry, &effects)), None, "nothing is tried after the end");
    }
    let mut bench = Bench::live();
    let effects = bench.close();
    bench.elapse(Timer::Retry, &effects);
    let effects = bench.close();
    bench.tell(Event::Probed(bench.generation, Found::Unknown));
    assert!(start_of(&bench.elapse(Timer::Retry, &effects)).is_some());
}

#[test]
fn a_terminal_with_less_output_than_was_seen_is_repainted() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Output { offset: 0, bytes: b"0123456789" });
    let effects = bench.close();
    bench.elapse(Timer::Retry, &effects);
    let effects = bench.close();
    bench.tell(Event::Probed(bench.generation, Found::Alive { end: 4 }));
    assert_eq!(start_of(&bench.elapse(Timer::Retry, &effects)), Some(Start::Snapshot));
}

#[test]
fn waking_up_does_not_wait_for_the_timer() {
    let mut bench = Bench::live();
    let effects = bench.close();
    let woken = bench.tell(Event::Awake);
    assert_eq!(start_of(&woken), Some(Start::Snapshot));
    let late = bench.elapse(Timer::Retry, &effects);
    assert_eq!(start_of(&late), None, "the timer of the attempt that was overtaken does nothing");
}

#[test]
fn news_of_an_older_connection_is_ignored() {
    let mut bench = Bench::live();
    let old = bench.generation;
    bench.reconnect();
    assert_eq!(bench.tell(Event::Closed { generation: old, code: 1006 }), []);
    assert_eq!(bench.tell(Event::Frame { generation: old, bytes: b"\x81garbage" }), []);
    assert_eq!(bench.tell(Event::Probed(old, Found::Over(Ending::Gone))), []);
    assert_eq!(bench.link(), Link::Live);
}

#[test]
fn a_server_that_says_the_person_is_signed_out_is_not_asked_again() {
    let mut bench = Bench::live();
    let effects = bench.tell(Event::Closed { generation: bench.generation, code: 4401 });
    assert_eq!(bench.link(), Link::Ended(Ending::SignedOut));
    assert_eq!(wait_of(Timer::Retry, &effects), None);
    assert_eq!(bench.tell(Event::Awake), []);
}
