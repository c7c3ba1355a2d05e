//! A session and a model of a node over a link that is slow, cut at any moment, and sometimes cannot be opened:
//! in the end the screen shows what the program wrote, and the program read what was typed, byte for byte.

use proptest::prelude::*;
use terminal_session::{Effect, Event, Found, Generation, Moment, Session, Start, Timer};
use wire::terminal::ClientFrame;

use crate::bench::size;
use crate::lossy_link::node::Node;

mod node;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// The program writes so many bytes.
    Produce(usize),
    /// The person types so many bytes.
    Type(usize),
    /// So many messages arrive at the viewer.
    Down(usize),
    /// So many messages arrive at the node.
    Up(usize),
    /// The screen draws so many writes.
    Draw(usize),
    /// Milliseconds go by.
    Pass(u64),
    /// The connection breaks; what is under way is lost.
    Cut,
    /// The next attempt to connect fails.
    Refuse,
    /// The page becomes visible.
    Wake,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1_usize..120).prop_map(Step::Produce),
        3 => (1_usize..40).prop_map(Step::Type),
        6 => (1_usize..6).prop_map(Step::Down),
        6 => (1_usize..6).prop_map(Step::Up),
        6 => (1_usize..6).prop_map(Step::Draw),
        3 => (1_u64..3_000).prop_map(Step::Pass),
        2 => Just(Step::Cut),
        1 => Just(Step::Refuse),
        1 => Just(Step::Wake),
    ];
    prop::collection::vec(step, 1..160)
}

/// Everything around the session: link, screen, timers, and the node at the other end.
#[derive(Default)]
struct World {
    session: Session,
    node: Node,
    now_ms: u64,
    timers: Vec<(Timer, Generation, u64)>,
    /// The open connection.
    open: Option<Generation>,
    refuse_next: bool,
    down: Vec<Vec<u8>>,
    up: Vec<Vec<u8>>,
    screen: Vec<u8>,
    undrawn: Vec<Option<u64>>,
    typed: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let mut world = Self { session: Session::new(), ..Self::default() };
        world.tell(Event::Fitted(size(80, 24)));
        world
    }

    fn tell(&mut self, event: Event<'_>) {
        let effects = self.session.handle(event, Moment { now_ms: self.now_ms, chance: 0.3 });
        for effect in effects {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { generation, start, .. } => self.connect(generation, start),
            Effect::Disconnect => self.cut(),
            Effect::Send(frame) if self.open.is_some() => self.up.push(frame),
            Effect::Reset => self.screen.clear(),
            Effect::Write { bytes, reaches } => {
                self.screen.extend(bytes);
                self.undrawn.push(reaches);
            }
            Effect::Probe(generation) => {
                let end = self.node.written.len() as u64;
                self.tell(Event::Probed(generation, Found::Alive { end }));
            }
            Effect::Schedule { timer, generation, after_ms } => {
                self.timers.retain(|(set, ..)| *set != timer);
                self.timers.push((timer, generation, self.now_ms + after_ms));
            }
            Effect::Send(_) | Effect::Resize(_) | Effect::Show(_) | Effect::Notify(_) => {}
        }
    }

    fn connect(&mut self, generation: Generation, start: Start) {
        self.cut();
        if std::mem::take(&mut self.refuse_next) {
            return self.tell(Event::Closed { generation, code: 1006 });
        }
        self.open = Some(generation);
        self.down = self.node.attach(start);
        self.tell(Event::Opened(generation));
    }

    /// What is under way in both directions is lost; what arrived has arrived.
    fn cut(&mut self) {
        self.open = None;
        self.down.clear();
        self.up.clear();
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Produce(count) => self.node.write(count),
            Step::Type(count) => {
                let bytes: Vec<u8> = (0..count).map(|at| ((self.typed.len() + at) % 251) as u8).collect();
                self.typed.extend(&bytes);
                self.tell(Event::Typed(&bytes));
            }
            Step::Down(count) => self.deliver_down(count),
            Step::Up(count) => self.deliver_up(count),
            Step::Draw(count) => self.draw(count),
            Step::Pass(ms) => self.pass(ms),
            Step::Cut => {
                if let Some(generation) = self.open {
                    self.cut();
                    self.tell(Event::Closed { generation, code: 1006 });
                }
            }
            Step::Refuse => self.refuse_next = true,
            Step::Wake => self.tell(Event::Awake),
        }
        if self.open.is_some() {
            self.node.send(&mut self.down);
        }
    }

    fn deliver_down(&mut self, count: usize) {
        for _ in 0..count {
            let (Some(generation), false) = (self.open, self.down.is_empty()) else { return };
            let bytes = self.down.remove(0);
            self.tell(Event::Frame { generation, bytes: &bytes });
        }
    }

    fn deliver_up(&mut self, count: usize) {
        for _ in 0..count.min(self.up.len()) {
            let frame = self.up.remove(0);
            let frame = ClientFrame::decode(&frame).expect("the session sends whole frames");
            self.node.take(frame, &mut self.down);
        }
    }

    fn draw(&mut self, count: usize) {
        for _ in 0..count.min(self.undrawn.len()) {
            if let Some(offset) = self.undrawn.remove(0) {
                self.tell(Event::Drawn(offset));
            }
        }
    }

    fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        while let Some(at) = self.timers.iter().position(|(.., due)| *due <= self.now_ms) {
            let (timer, generation, _) = self.timers.remove(at);
            self.tell(Event::Elapsed(generation, timer));
        }
    }

    /// The link is good from now on; everything under way arrives.
    fn settle(&mut self) {
        self.refuse_next = false;
        for _ in 0..400 {
            for step in [Step::Down(50), Step::Draw(50), Step::Pass(60), Step::Up(50)] {
                self.step(step);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_doubled_or_reordered(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.settle();
        prop_assert_eq!(&world.screen, &world.node.written, "the screen shows what was written");
        prop_assert_eq!(&world.node.read, &world.typed, "the program read what was typed");
        prop_assert_eq!(world.node.acked(), world.node.written.len() as u64, "the node knows that all is drawn");
    }
}

#[test]
fn a_hundred_cuts_during_a_flood_lose_nothing() {
    let mut world = World::new();
    for round in 0..100 {
        for step in [Step::Produce(90), Step::Type(7), Step::Down(2), Step::Draw(1), Step::Up(3)] {
            world.step(step);
        }
        if round % 7 == 0 {
            world.step(Step::Pass(400));
        }
        world.step(Step::Cut);
        world.step(Step::Wake);
    }
    world.settle();
    assert_eq!(world.screen, world.node.written);
    assert_eq!(world.node.read, world.typed);
}
