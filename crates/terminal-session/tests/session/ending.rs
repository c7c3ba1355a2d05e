//! The end of a terminal's program.

use terminal_session::status::{Ending, Link};
use terminal_session::{Effect, Event, Timer};
use wire::terminal::{Exit, NodeFrame};

use crate::bench::{Bench, sent, wait_of};

#[test]
fn the_last_output_is_drawn_and_acknowledged_before_the_connection_is_closed() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Output { offset: 0, bytes: b"logout" });
    let effects = bench.frame(NodeFrame::Exit(Exit::Code(3)));
    assert_eq!(bench.link(), Link::Ended(Ending::Exited(Exit::Code(3))), "the person sees it at once");
    assert!(!effects.contains(&Effect::Disconnect));
    let effects = bench.tell(Event::Drawn(6));
    assert_eq!(sent(&effects), ["ack 6"]);
    assert_eq!(effects.last(), Some(&Effect::Disconnect));
}

#[test]
fn an_exit_after_everything_was_acknowledged_is_acknowledged_once_more() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Output { offset: 0, bytes: b"logout" });
    let effects = bench.tell(Event::Drawn(6));
    bench.elapse(Timer::Acknowledge, &effects);
    let effects = bench.frame(NodeFrame::Exit(Exit::Signal(9)));
    assert_eq!(sent(&effects), ["ack 6"], "the node forgets the terminal when it hears this");
    assert!(effects.contains(&Effect::Disconnect));
}

#[test]
fn nothing_is_tried_or_sent_after_the_exit() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Exit(Exit::Code(0)));
    let mut effects = bench.close();
    effects.extend(bench.tell(Event::Awake));
    effects.extend(bench.tell(Event::Typed(b"hello?")));
    effects.extend(bench.tell(Event::ClaimSize));
    assert_eq!(effects, []);
    assert_eq!(wait_of(Timer::Retry, &effects), None);
}

#[test]
fn a_connection_lost_right_behind_the_exit_does_not_hide_it() {
    let mut bench = Bench::live();
    bench.frame(NodeFrame::Output { offset: 0, bytes: b"bye" });
    bench.frame(NodeFrame::Exit(Exit::Code(0)));
    bench.close();
    assert_eq!(bench.link(), Link::Ended(Ending::Exited(Exit::Code(0))));
}
