//! What a screen listens to: the terminal's own events, keys before the terminal gets them, pastes, its size.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{KeyboardEvent, ResizeObserver};
use xterm_js_rs::BufferType;

use super::{News, Report, Screen, room};
use crate::browser::listener::Listener;
use crate::ffi::{Results, Xterm};
use crate::keys::{self, Press, Shortcut};

/// A window that is being dragged changes its size at every frame; the program hears of it once it pauses so long.
const SETTLE_MS: u32 = 60;

impl Screen {
    /// Begins to listen. Reports come later, never from within.
    pub(in crate::browser) fn listen(&mut self) {
        self.hear_terminal();
        self.hear_page();
        self.watch_size();
    }

    fn hear_terminal(&mut self) {
        let report = Rc::clone(&self.report);
        let data = Closure::<dyn FnMut(String)>::new(move |text: String| report(News::Typed(text.into_bytes())));
        self.xterm.on_data(data.as_ref().unchecked_ref());
        let report = Rc::clone(&self.report);
        // Old mouse reports: each character stands for one byte.
        let binary = Closure::<dyn FnMut(String)>::new(move |text: String| {
            report(News::Typed(text.chars().map(|character| (u32::from(character) & 0xff) as u8).collect()));
        });
        self.xterm.on_binary(binary.as_ref().unchecked_ref());
        let report = Rc::clone(&self.report);
        let title = Closure::<dyn FnMut(String)>::new(move |title| report(News::Title(title)));
        self.xterm.on_title_change(title.as_ref().unchecked_ref());
        let report = Rc::clone(&self.report);
        let found =
            Closure::<dyn FnMut(Results)>::new(move |found: Results| report(News::Found(found.index(), found.count())));
        self.search.on_results(found.as_ref().unchecked_ref());
        let report = Rc::clone(&self.report);
        let turned = Closure::<dyn FnMut(JsValue)>::new(move |_| report(News::Turned));
        self.xterm.buffers().on_change(turned.as_ref().unchecked_ref());
        let press = keys_of(Rc::clone(&self.xterm), Rc::clone(&self.report));
        self.xterm.attach_custom_key_event_handler(press.as_ref().unchecked_ref());
        let kept: [Box<dyn Any>; 6] =
            [Box::new(data), Box::new(binary), Box::new(title), Box::new(found), Box::new(turned), Box::new(press)];
        self.kept.extend(kept);
    }

    fn hear_page(&mut self) {
        let report = Rc::clone(&self.report);
        let pasted = Listener::before(&self.host, "paste", move |event| {
            let Ok(event) = event.dyn_into::<web_sys::ClipboardEvent>() else { return };
            event.prevent_default();
            event.stop_propagation();
            let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok());
            report(News::Pasted(text.unwrap_or_default()));
        });
        let report = Rc::clone(&self.report);
        let selected = Listener::new(&self.host, "mouseup", move |_| report(News::Selected));
        self.listeners.extend([pasted, selected]);
    }

    fn watch_size(&mut self) {
        let (host, fit, report) = (self.host.clone(), Rc::clone(&self.fit), Rc::clone(&self.report));
        let settling: RefCell<Option<Timeout>> = RefCell::new(None);
        self.resized = Closure::new(move || {
            let (host, fit, report) = (host.clone(), Rc::clone(&fit), Rc::clone(&report));
            let timeout = Timeout::new(SETTLE_MS, move || {
                if let Some(size) = room(&host, &fit) {
                    report(News::Fitted(size));
                }
            });
            settling.replace(Some(timeout));
        });
        self.observer = ResizeObserver::new(self.resized.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &self.observer {
            observer.observe(&self.host);
        }
    }
}

/// The handler of key presses. Its answer says whether xterm.js shall handle the key.
fn keys_of(xterm: Rc<Xterm>, report: Report) -> Closure<dyn FnMut(KeyboardEvent) -> bool> {
    Closure::new(move |event: KeyboardEvent| {
        let key = event.key();
        let press = Press {
            key: &key,
            ctrl: event.ctrl_key(),
            shift: event.shift_key(),
            alt: event.alt_key(),
            meta: event.meta_key(),
        };
        let full_screen = matches!(xterm.get_buffer().get_active().get_type(), BufferType::Alternate);
        let Some(shortcut) = keys::shortcut(press, full_screen) else { return true };
        // The browser pastes by itself, and what it pastes arrives as an event.
        if event.type_() == "keydown" && shortcut != Shortcut::Paste {
            event.prevent_default();
            report(News::Shortcut(shortcut));
        }
        false
    })
}
