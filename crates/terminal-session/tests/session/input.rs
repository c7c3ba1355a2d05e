//! Typed bytes to the node: each once, in order, never without bound.

use terminal_session::{Effect, Event, KEPT_INPUT, Notice};
use wire::terminal::NodeFrame;

use crate::bench::{Bench, sent};

#[test]
fn keys_are_sent_at_once_while_the_connection_is_live() {
    let mut bench = Bench::live();
    assert_eq!(sent(&bench.tell(Event::Typed(b"l"))), ["input 0 l"]);
    assert_eq!(sent(&bench.tell(Event::Typed(b"s"))), ["input 1 s"]);
}

#[test]
fn keys_typed_while_reconnecting_arrive_once_behind_those_that_were_lost() {
    let mut bench = Bench::live();
    bench.tell(Event::Typed(b"abcd"));
    bench.frame(NodeFrame::InputAck { seq: 2 });
    bench.close();
    assert_eq!(sent(&bench.tell(Event::Typed(b"ef"))), Vec::<String>::new());
    bench.tell(Event::Awake);
    assert_eq!(sent(&bench.open()), ["ping 1"], "the node must say first what it has");
    assert_eq!(sent(&bench.frame(NodeFrame::InputAck { seq: 3 })), ["input 3 def"]);
}

#[test]
fn a_paste_larger_than_what_may_wait_is_refused_and_said() {
    let mut bench = Bench::live();
    let effects = bench.tell(Event::Typed(&vec![b'x'; KEPT_INPUT + 1]));
    assert_eq!(effects, [Effect::Notify(Notice::InputFull)]);
    assert_eq!(sent(&bench.tell(Event::Typed(b"still here"))), ["input 0 still here"]);
}

#[test]
fn the_rest_of_a_large_paste_follows_as_the_node_takes_it() {
    let mut bench = Bench::live();
    let paste = vec![b'x'; 200 * 1024];
    assert_eq!(sent(&bench.tell(Event::Typed(&paste))).len(), 2);
    assert_eq!(sent(&bench.frame(NodeFrame::InputAck { seq: 64 * 1024 })).len(), 1);
    assert_eq!(sent(&bench.frame(NodeFrame::InputAck { seq: 128 * 1024 })).len(), 1);
    assert_eq!(sent(&bench.frame(NodeFrame::InputAck { seq: 200 * 1024 })), Vec::<String>::new());
}

#[test]
fn a_refusal_of_the_node_reaches_the_person() {
    let mut bench = Bench::live();
    let effects = bench.frame(NodeFrame::Error { code: "bad_size", message: "a terminal has 1 to 1000 columns" });
    let notice = Notice::Refused { code: "bad_size".into(), message: "a terminal has 1 to 1000 columns".into() };
    assert_eq!(effects, [Effect::Notify(notice)]);
}
