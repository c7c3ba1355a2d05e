//! One xterm.js in one host element. Draws in order, reports what the person does, gives everything back when dropped.

mod hearing;

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Object, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, ResizeObserver};
use wire::terminal::{MAX_COLS, MAX_ROWS, Size};
use xterm_js_rs::addons::{fit::FitAddon, search::SearchAddon, unicode11::Unicode11Addon};
use xterm_js_rs::{Terminal, TerminalAddon};

use super::listener::Listener;
use super::questions::Questions;
use super::theme::Style;
use super::{graphics::Graphics, links};
use crate::ffi::{Fit, Options, Search, Xterm};
use crate::keys::Shortcut;
use crate::panel::state::Step;

/// Lines that can be scrolled back to.
const SCROLLBACK: u32 = 10_000;
/// The contrast of text (WCAG AA), also for programs that choose colours for a dark background.
const CONTRAST: f64 = 4.5;
/// xterm.js may call back once more after it was disposed of.
const AFTERLIFE_MS: u32 = 2_000;

/// What a screen reports.
pub(super) enum News {
    Drawn(u64),
    Typed(Vec<u8>),
    Pasted(String),
    Title(String),
    /// A program has taken the whole screen, or given it back.
    Turned,
    Fitted(Size),
    Found(i32, u32),
    Selected,
    Shortcut(Shortcut),
}

/// What a screen calls with its news.
pub(super) type Report = Rc<dyn Fn(News)>;

/// What follows once xterm.js has come to a place in its queue.
enum Mark {
    Nothing,
    Drawn(u64),
    Resize(Size),
}

/// A living xterm.js.
pub(super) struct Screen {
    xterm: Rc<Xterm>,
    fit: Rc<Fit>,
    search: Search,
    host: HtmlElement,
    report: Report,
    marks: Rc<RefCell<VecDeque<Mark>>>,
    done: Closure<dyn FnMut()>,
    graphics: RefCell<Option<Graphics>>,
    resized: Closure<dyn FnMut()>,
    observer: Option<ResizeObserver>,
    listeners: Vec<Listener>,
    kept: Vec<Box<dyn Any>>,
}

impl Screen {
    /// Puts a terminal into `host`. Nothing is reported before [`Screen::listen`].
    pub(super) fn open(host: &HtmlElement, font_size: u32, screen_reader: bool, report: Report) -> Self {
        let (xterm, links) = construct(host, font_size, screen_reader);
        let fit: Rc<Fit> = Rc::new(FitAddon::new().unchecked_into());
        let search: Search = SearchAddon::new().unchecked_into();
        for addon in
            [(*fit).unchecked_ref::<TerminalAddon>(), search.unchecked_ref(), Unicode11Addon::new().unchecked_ref()]
        {
            // An addon that does not load leaves a terminal without it.
            let _ = xterm.try_load_addon(addon);
        }
        xterm.unicode().set_active_version("11");
        xterm.open(host.clone());
        let marks = Rc::new(RefCell::new(VecDeque::new()));
        let done = follow(&xterm, Rc::clone(&marks), Rc::clone(&report));
        let questions = Questions::ask_first(&xterm);
        let kept: Vec<Box<dyn Any>> = vec![Box::new(links), Box::new(questions)];
        Self {
            fit,
            search,
            host: host.clone(),
            report,
            marks,
            done,
            graphics: RefCell::new(None),
            resized: Closure::new(|| {}),
            observer: None,
            listeners: Vec::new(),
            kept,
            xterm,
        }
    }

    /// Draws bytes; `reaches` is reported once they are drawn.
    pub(super) fn write(&self, bytes: &[u8], reaches: Option<u64>) {
        self.enqueue(bytes, reaches.map_or(Mark::Nothing, Mark::Drawn));
    }

    /// Makes the screen as new once everything before is drawn: the sequence is a terminal's own full reset.
    pub(super) fn reset(&self) {
        self.enqueue(b"\x1bc", Mark::Nothing);
    }

    /// Changes the size once everything before is drawn, since that was made for the old one.
    pub(super) fn resize(&self, size: Size) {
        self.enqueue(b"", Mark::Resize(size));
    }

    fn enqueue(&self, bytes: &[u8], mark: Mark) {
        self.marks.borrow_mut().push_back(mark);
        self.xterm.write_bytes(&Uint8Array::from(bytes), self.done.as_ref().unchecked_ref());
    }

    /// Types a text as the person would.
    pub(super) fn input(&self, text: &str) {
        self.xterm.input(text, true);
    }

    /// Pastes a text; a program that asked for blocks gets it as one.
    pub(super) fn paste(&self, text: &str) {
        self.xterm.paste(text);
    }

    pub(super) fn takes_blocks(&self) -> bool {
        self.xterm.modes().bracketed_paste()
    }

    pub(super) fn application_keys(&self) -> bool {
        self.xterm.modes().application_cursor_keys()
    }

    pub(super) fn focus(&self) {
        self.xterm.focus();
    }

    pub(super) fn selection(&self) -> Option<String> {
        self.xterm.has_selection().then(|| self.xterm.get_selection())
    }

    pub(super) fn find(&self, text: &str, step: Step) {
        if text.is_empty() {
            return self.end_search();
        }
        let options: crate::ffi::FindOptions = Object::new().unchecked_into();
        options.set_incremental(step == Step::Stay);
        if let Some(style) = Style::of(&self.host) {
            options.set_decorations(&style.marks());
        }
        match step {
            Step::Stay | Step::Next => self.search.find_next(text, Some(options.unchecked_into())),
            Step::Back => self.search.find_previous(text, Some(options.unchecked_into())),
        };
    }

    pub(super) fn end_search(&self) {
        self.search.clear_decorations();
        self.xterm.clear_selection();
    }

    pub(super) fn set_font_size(&self, size: u32) {
        self.xterm.options().set_font_size(size);
        self.measure();
    }

    /// Measures the letters again: the font came after the terminal.
    pub(super) fn font_arrived(&self) {
        if let Some(style) = Style::of(&self.host) {
            self.xterm.options().set_font_family(&format!("{}, monospace", style.font()));
            self.measure();
        }
    }

    pub(super) fn set_screen_reader(&self, on: bool) {
        self.xterm.options().set_screen_reader_mode(on);
    }

    /// Takes the colours the page has now.
    pub(super) fn retheme(&self) {
        if let Some(style) = Style::of(&self.host) {
            self.xterm.options().set_theme(style.palette().unchecked_ref());
        }
    }

    /// Draws with the graphics card while the terminal is looked at. A browser has only a few places for that.
    pub(super) fn accelerate(&self, on: bool) {
        let mut graphics = self.graphics.borrow_mut();
        match (on, graphics.is_some()) {
            (true, false) => *graphics = Graphics::attach(&self.xterm),
            (false, true) => *graphics = None,
            _ => {}
        }
    }

    /// Reports what fits now, unless the terminal is not shown.
    pub(super) fn measure(&self) {
        if let Some(size) = room(&self.host, &self.fit) {
            (self.report)(News::Fitted(size));
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
        self.graphics.replace(None);
        self.xterm.dispose();
        let done = std::mem::replace(&mut self.done, Closure::new(|| {}));
        let kept = std::mem::take(&mut self.kept);
        Timeout::new(AFTERLIFE_MS, move || drop((done, kept))).forget();
    }
}

fn construct(host: &HtmlElement, font_size: u32, screen_reader: bool) -> (Rc<Xterm>, links::Links) {
    let options: Options = Object::new().unchecked_into();
    options.set_allow_proposed_api(true);
    options.set_scrollback(SCROLLBACK);
    options.set_font_size(font_size);
    options.set_screen_reader_mode(screen_reader);
    options.set_contrast(CONTRAST);
    if let Some(style) = Style::of(host) {
        options.set_font_family(&style.font());
        options.set_theme(style.palette().unchecked_ref());
    }
    let links = links::Links::new(&options);
    let xterm: Rc<Xterm> = Rc::new(Terminal::construct(Some(&options)).unchecked_into());
    links.find_in(&xterm);
    (xterm, links)
}

/// Called by xterm.js after each write, in order.
fn follow(xterm: &Rc<Xterm>, marks: Rc<RefCell<VecDeque<Mark>>>, report: Report) -> Closure<dyn FnMut()> {
    let xterm = Rc::clone(xterm);
    Closure::new(move || {
        let mark = marks.borrow_mut().pop_front();
        match mark {
            Some(Mark::Drawn(offset)) => report(News::Drawn(offset)),
            Some(Mark::Resize(size)) => xterm.resize(size.cols().into(), size.rows().into()),
            Some(Mark::Nothing) | None => {}
        }
    })
}

fn room(host: &HtmlElement, fit: &Fit) -> Option<Size> {
    if host.client_width() == 0 || host.client_height() == 0 {
        return None;
    }
    let room = fit.room()?;
    if !room.cols().is_finite() || !room.rows().is_finite() {
        return None;
    }
    let cols = room.cols().clamp(2.0, f64::from(MAX_COLS)) as u16;
    let rows = room.rows().clamp(1.0, f64::from(MAX_ROWS)) as u16;
    Size::new(cols, rows).ok()
}
