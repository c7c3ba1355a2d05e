//! Noticing that the other side does not answer any more.

use terminal_session::status::Link;
use terminal_session::{Effect, Event, Timer};
use wire::terminal::NodeFrame;

use crate::bench::{Bench, sent, size, start_of};

fn opened() -> (Bench, Vec<Effect>) {
    let mut bench = Bench::new();
    bench.tell(Event::Fitted(size(80, 24)));
    let effects = bench.open();
    (bench, effects)
}

#[test]
fn every_five_seconds_a_ping_goes_out_and_its_answer_is_the_round_trip_time() {
    let (mut bench, mut effects) = opened();
    for nonce in 1..=5 {
        assert_eq!(sent(&effects), [format!("ping {nonce}")]);
        bench.now_ms += 12;
        bench.frame(NodeFrame::Pong { nonce });
        assert_eq!(bench.session.status().round_trip_ms, Some(12));
        effects = bench.elapse(Timer::Heartbeat, &effects);
    }
    assert_eq!(bench.link(), Link::Live);
}

#[test]
fn a_connection_that_says_nothing_is_given_up_within_thirty_seconds() {
    let (mut bench, mut effects) = opened();
    while bench.link() == Link::Live {
        assert!(bench.now_ms < 30_000, "still waiting after {} ms", bench.now_ms);
        effects = bench.elapse(Timer::Heartbeat, &effects);
    }
    assert!(effects.contains(&Effect::Disconnect));
    assert_eq!(bench.link(), Link::Reconnecting);
}

#[test]
fn after_waking_up_a_dead_connection_is_replaced_in_seconds() {
    let mut bench = Bench::live();
    bench.now_ms += 3_600_000;
    let effects = bench.tell(Event::Awake);
    assert_eq!(sent(&effects), ["ping 2"]);
    let before = bench.now_ms;
    let effects = bench.elapse(Timer::Heartbeat, &effects);
    assert!(bench.now_ms - before <= 3_000);
    let effects = bench.elapse(Timer::Retry, &effects);
    assert!(start_of(&effects).is_some());
}

#[test]
fn the_round_trip_time_of_a_lost_connection_is_not_shown() {
    let mut bench = Bench::live();
    bench.now_ms += 3;
    bench.frame(NodeFrame::Pong { nonce: 1 });
    assert_eq!(bench.session.status().round_trip_ms, Some(3));
    bench.close();
    assert_eq!(bench.session.status().round_trip_ms, None);
}
