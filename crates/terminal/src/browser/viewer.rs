//! One viewer: gives the session its events and carries out its effects with a screen, a socket and timers.

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
use super::{clipboard, fonts, terminals};
use crate::keys::{self, Shortcut};
use crate::panel::state::{Command, Panel, PendingPaste, Tab};
use crate::paste::{self, Guard};
use crate::session::{Effect, Event, Found, Generation, Moment, Session, Start, Timer};
use crate::{address, words};

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
}

/// An event that owns its bytes.
enum Told {
    Fitted(Size),
    Opened(Generation),
    Frame(Generation, Vec<u8>),
    Closed(Generation, u16),
    Probed(Generation, Found),
    Elapsed(Generation, Timer),
    Drawn(u64),
    Typed(Vec<u8>),
    Awake,
    ClaimSize,
}

impl Told {
    fn event(&self) -> Event<'_> {
        match self {
            Self::Fitted(size) => Event::Fitted(*size),
            Self::Opened(generation) => Event::Opened(*generation),
            Self::Frame(generation, bytes) => Event::Frame { generation: *generation, bytes },
            Self::Closed(generation, code) => Event::Closed { generation: *generation, code: *code },
            Self::Probed(generation, found) => Event::Probed(*generation, *found),
            Self::Elapsed(generation, timer) => Event::Elapsed(*generation, *timer),
            Self::Drawn(offset) => Event::Drawn(*offset),
            Self::Typed(bytes) => Event::Typed(bytes),
            Self::Awake => Event::Awake,
            Self::ClaimSize => Event::ClaimSize,
        }
    }
}

impl Viewer {
    /// A viewer whose screen will be in `host` as soon as its font is there.
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
        });
        let (weak, host) = (Rc::downgrade(&viewer), host.clone());
        spawn_local(async move {
            let late = fonts::wait(&host).await;
            let Some(viewer) = weak.upgrade() else { return };
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
            Effect::Show(status) => self.tab.status.set(status),
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

    fn schedule(self: &Rc<Self>, timer: Timer, generation: Generation, after_ms: u64) {
        let weak = Rc::downgrade(self);
        let timeout = Timeout::new(u32::try_from(after_ms).unwrap_or(u32::MAX), move || {
            if let Some(viewer) = weak.upgrade() {
                viewer.tell(Told::Elapsed(generation, timer));
            }
        });
        self.timers.borrow_mut().insert(timer, timeout);
    }

    fn hear(self: &Rc<Self>, news: screen::News) {
        match news {
            screen::News::Drawn(offset) => self.tell(Told::Drawn(offset)),
            screen::News::Typed(bytes) => self.typed(bytes),
            screen::News::Pasted(text) => self.offer(&text),
            screen::News::Title(title) => self.tab.title.set(title),
            screen::News::Fitted(size) => self.tell(Told::Fitted(size)),
            screen::News::Found(index, count) => self.tab.found.set(Some((index, count))),
            screen::News::Selected if self.panel.settings.copy_on_select.get_untracked() => self.copy(),
            screen::News::Selected => {}
            screen::News::Shortcut(Shortcut::Copy) => self.copy(),
            screen::News::Shortcut(Shortcut::Search) => self.panel.searching.set(true),
            screen::News::Shortcut(Shortcut::Leave) => super::focus_id(&self.tab.tab_id()),
            screen::News::Shortcut(Shortcut::Paste) => {}
        }
    }

    /// What the key row's Ctrl is held for becomes a control character.
    fn typed(self: &Rc<Self>, bytes: Vec<u8>) {
        let held = self.tab.ctrl.get_untracked();
        let control = std::str::from_utf8(&bytes).ok().filter(|_| held).and_then(keys::with_ctrl);
        if held {
            self.tab.ctrl.set(false);
        }
        self.tell(Told::Typed(match control {
            Some(control) => vec![u8::try_from(control).unwrap_or_default()],
            None => bytes,
        }));
    }

    fn copy(&self) {
        self.with_screen(|screen| {
            if let Some(text) = screen.selection() {
                clipboard::write(text);
            }
        });
    }

    /// Pastes a text, or asks first.
    fn offer(&self, text: &str) {
        let text = paste::clean(text);
        let trusted = self.panel.settings.trust_blocks.get_untracked();
        self.with_screen(|screen| match paste::guard(&text, screen.takes_blocks(), trusted) {
            Guard::Nothing => {}
            Guard::Straight => screen.paste(&text),
            Guard::Ask(preview) => {
                self.panel.paste.set(Some(PendingPaste { tab: self.tab.serial, text: text.clone(), preview }))
            }
        });
    }

    fn paste_clipboard(self: &Rc<Self>) {
        let viewer = Rc::clone(self);
        spawn_local(async move {
            match clipboard::read().await {
                Some(text) => viewer.offer(&text),
                None => viewer.tab.notice.set(Some(words::NO_CLIPBOARD.to_owned())),
            }
            viewer.with_screen(Screen::focus);
        });
    }

    /// Does what a part of the panel asks for.
    pub(super) fn command(self: &Rc<Self>, command: Command) {
        match command {
            Command::Focus => {
                self.wants_focus.set(true);
                self.with_screen(Screen::focus);
            }
            Command::Copy => self.copy(),
            Command::Paste => self.paste_clipboard(),
            Command::PasteText(text) => self.with_screen(|screen| {
                screen.paste(&text);
                screen.focus();
            }),
            Command::Press(key) => {
                let held = self.tab.ctrl.get_untracked();
                self.tab.ctrl.set(false);
                self.with_screen(|screen| screen.input(&keys::sequence(key, screen.application_keys(), held)));
            }
            Command::Find(text, step) => self.with_screen(|screen| screen.find(&text, step)),
            Command::EndSearch => {
                self.tab.found.set(None);
                self.with_screen(|screen| {
                    screen.end_search();
                    screen.focus();
                });
            }
            Command::ClaimSize => {
                self.tell(Told::ClaimSize);
                self.with_screen(Screen::focus);
            }
        }
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
