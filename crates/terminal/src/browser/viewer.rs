//! One viewer: gives the session its events and carries out its effects with a screen, a socket and timers.

mod person;
mod told;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};

use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use wire::terminal::Size;

use super::screen::{self, Screen};
use super::socket::{self, Socket};
use super::{fonts, terminals};
use crate::panel::state::{Panel, Tab};
use crate::{address, words};
use terminal_session::status::Link;
use terminal_session::{Effect, Generation, Moment, Session, Start, Timer};
use told::Told;

/// A program that was just started or left has another name after this many milliseconds.
const RENAMED_AFTER_MS: u32 = 500;

/// A viewer of one terminal.
pub(super) struct Viewer {
    pub(super) panel: Panel,
    pub(super) tab: Tab,
    /// Names this viewer to the node, which keeps track of its input.
    client: String,
    session: RefCell<Session>,
    /// Carrying out an effect can cause the next event in the same moment; events wait here for their turn.
    events: RefCell<VecDeque<Told>>,
    busy: Cell<bool>,
    screen: RefCell<Option<Screen>>,
    socket: RefCell<Option<Socket>>,
    timers: RefCell<HashMap<Timer, Timeout>>,
    wants_focus: Cell<bool>,
    title_timer: RefCell<Option<Timeout>>,
}

impl Viewer {
    /// A viewer whose screen will be in `host` as soon as xterm.js and its font are there.
    pub(super) fn open(panel: Panel, tab: Tab, host: &HtmlElement) -> Rc<Self> {
        let viewer = Rc::new(Self {
            panel,
            tab,
            client: client_id(),
            session: RefCell::new(Session::new()),
            events: RefCell::default(),
            busy: Cell::new(false),
            screen: RefCell::new(None),
            socket: RefCell::new(None),
            timers: RefCell::default(),
            wants_focus: Cell::new(false),
            title_timer: RefCell::new(None),
        });
        let (weak, host) = (Rc::downgrade(&viewer), host.clone());
        spawn_local(async move {
            let loaded = crate::ffi::load_xterm().await;
            let late = fonts::wait(&host).await;
            let Some(viewer) = weak.upgrade() else { return };
            if loaded.is_err() {
                return viewer.panel.trouble.set(Some(words::not_loaded()));
            }
            viewer.set_up(&host);
            drop(viewer);
            if let Some(late) = late {
                late.await;
                if let Some(viewer) = weak.upgrade() {
                    viewer.with_screen(Screen::font_arrived);
                }
            }
        });
        viewer
    }

    fn set_up(self: &Rc<Self>, host: &HtmlElement) {
        let settings = self.panel.settings;
        let (font_size, reader) = (settings.font_size.get_untracked(), settings.screen_reader.get_untracked());
        let weak = Rc::downgrade(self);
        let report: screen::Report = Rc::new(move |news| {
            if let Some(viewer) = weak.upgrade() {
                viewer.hear(news);
            }
        });
        let mut screen = Screen::open(host, font_size, reader, report);
        screen.listen();
        self.screen.replace(Some(screen));
        self.with_screen(|screen| {
            screen.accelerate(true);
            screen.measure();
            if self.wants_focus.get() {
                screen.focus();
            }
        });
    }

    fn with_screen(&self, act: impl FnOnce(&Screen)) {
        if let Some(screen) = &*self.screen.borrow() {
            act(screen);
        }
    }

    /// The page is visible again, or the network is back.
    pub(super) fn wake(self: &Rc<Self>) {
        self.tell(Told::Awake);
    }

    pub(super) fn retheme(&self) {
        self.with_screen(Screen::retheme);
    }

    pub(super) fn apply_settings(&self, font_size: u32, screen_reader: bool) {
        self.with_screen(|screen| {
            screen.set_screen_reader(screen_reader);
            screen.set_font_size(font_size);
        });
    }

    /// Whether this is the tab that is looked at.
    pub(super) fn turn(&self, shown: bool) {
        self.with_screen(|screen| screen.accelerate(shown));
    }

    /// What fits, if it is known.
    pub(super) fn room(&self) -> Option<Size> {
        self.session.borrow().status().room
    }

    fn tell(self: &Rc<Self>, told: Told) {
        self.events.borrow_mut().push_back(told);
        if self.busy.replace(true) {
            return;
        }
        loop {
            let next = self.events.borrow_mut().pop_front();
            let Some(told) = next else { break };
            let effects = self.session.borrow_mut().handle(told.event(), moment());
            for effect in effects {
                self.carry_out(effect);
            }
        }
        self.busy.set(false);
    }

    fn carry_out(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Connect { generation, start, size } => self.connect(generation, start, size),
            Effect::Disconnect => {
                self.socket.take();
            }
            Effect::Send(message) => {
                if let Some(socket) = &*self.socket.borrow() {
                    socket.send(&message);
                }
            }
            Effect::Reset => self.with_screen(Screen::reset),
            Effect::Resize(size) => self.with_screen(|screen| screen.resize(size)),
            Effect::Write { bytes, reaches } => self.with_screen(|screen| screen.write(&bytes, reaches)),
            Effect::Probe(generation) => self.probe(generation),
            Effect::Schedule { timer, generation, after_ms } => self.schedule(timer, generation, after_ms),
            Effect::Show(status) => {
                if status.link == Link::Live && self.tab.status.with_untracked(|old| old.link != Link::Live) {
                    self.rename_soon();
                }
                self.tab.status.set(status);
            }
            Effect::Notify(notice) => self.tab.notice.set(Some(words::notice(&notice))),
        }
    }

    fn connect(self: &Rc<Self>, generation: Generation, start: Start, size: Size) {
        let vcluster = self.panel.vcluster.get_value();
        let path = address::stream(&vcluster, &self.tab.node, &self.tab.id, &self.client, start, size);
        let weak = Rc::downgrade(self);
        let report = move |news| {
            let Some(viewer) = Weak::upgrade(&weak) else { return };
            viewer.tell(match news {
                socket::News::Opened => Told::Opened(generation),
                socket::News::Frame(bytes) => Told::Frame(generation, bytes),
                socket::News::Closed(code) => Told::Closed(generation, code),
            });
        };
        let socket = Socket::open(&path, report);
        if socket.is_err() {
            self.tell(Told::Closed(generation, 1006));
        }
        self.socket.replace(socket.ok());
    }

    fn probe(self: &Rc<Self>, generation: Generation) {
        let weak = Rc::downgrade(self);
        let (vcluster, node, id) = (self.panel.vcluster.get_value(), self.tab.node.clone(), self.tab.id.clone());
        spawn_local(async move {
            let found = terminals::find(&vcluster, &node, &id).await;
            if let Some(viewer) = weak.upgrade() {
                viewer.tell(Told::Probed(generation, found));
            }
        });
    }

    /// Something else may run now: asks for the tab's title a little later.
    fn rename_soon(self: &Rc<Self>) {
        let (panel, node) = (self.panel, self.tab.node.clone());
        let timeout = Timeout::new(RENAMED_AFTER_MS, move || terminals::rename(panel, node));
        self.title_timer.replace(Some(timeout));
    }

    fn schedule(self: &Rc<Self>, timer: Timer, generation: Generation, after_ms: u64) {
        let weak = Rc::downgrade(self);
        let timeout = Timeout::new(u32::try_from(after_ms).unwrap_or(u32::MAX), move || {
            if let Some(viewer) = weak.upgrade() {
                viewer.tell(Told::Elapsed(generation, timer));
            }
        });
        self.timers.borrow_mut().insert(timer, timeout);
    }
}

fn moment() -> Moment {
    let now = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now());
    Moment { now_ms: now as u64, chance: js_sys::Math::random() }
}

/// 16 random bytes as 32 hexadecimal digits.
fn client_id() -> String {
    let mut bytes = [0_u8; 16];
    let random = web_sys::window().and_then(|window| window.crypto().ok());
    let filled = random.is_some_and(|random| random.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !filled {
        // Without it any chance will do: the id only has to differ from other viewers' ids.
        bytes.fill_with(|| (js_sys::Math::random() * 256.0) as u8);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
