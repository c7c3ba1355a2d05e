//! What the person does at a viewer's screen, and what the panel asks of it.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Viewer;
use super::told::Told;
use crate::browser::screen::{News, Screen};
use crate::browser::{clipboard, focus_id};
use crate::keys::{self, Shortcut};
use crate::panel::state::{Command, PendingPaste};
use crate::paste::{self, Guard};
use crate::words;

/// Keys that start or end programs: Enter, Ctrl-C, Ctrl-D, Ctrl-Z.
const STARTS_OR_ENDS: [u8; 4] = [b'\r', 0x03, 0x04, 0x1a];

impl Viewer {
    pub(super) fn hear(self: &Rc<Self>, news: News) {
        match news {
            News::Drawn(offset) => self.tell(Told::Drawn(offset)),
            News::Typed(bytes) => self.typed(bytes),
            News::Pasted(text) => self.offer(&text),
            News::Title(title) => self.tab.title.set(title),
            News::Turned => self.rename_soon(),
            News::Fitted(size) => self.tell(Told::Fitted(size)),
            News::Found(index, count) => self.tab.found.set(Some((index, count))),
            News::Selected if self.panel.settings.copy_on_select.get_untracked() => self.copy(),
            News::Selected => {}
            News::Shortcut(Shortcut::Copy) => self.copy(),
            News::Shortcut(Shortcut::Search) => self.panel.searching.set(true),
            News::Shortcut(Shortcut::Leave) => self.command(Command::Leave),
            News::Shortcut(Shortcut::Paste) => {}
        }
    }

    /// What the key row's Ctrl is held for becomes a control character.
    fn typed(self: &Rc<Self>, bytes: Vec<u8>) {
        let held = self.tab.ctrl.get_untracked();
        let control = std::str::from_utf8(&bytes).ok().filter(|_| held).and_then(keys::with_ctrl);
        // The terminal's own answers to programs begin with Escape; they are not what Ctrl is held for.
        if held && !bytes.starts_with(b"\x1b") {
            self.tab.ctrl.set(false);
        }
        if bytes.iter().any(|byte| STARTS_OR_ENDS.contains(byte)) {
            self.rename_soon();
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
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            let text = clipboard::read().await;
            let Some(viewer) = weak.upgrade() else { return };
            match text {
                Some(text) => viewer.offer(&text),
                None => viewer.tab.notice.set(Some(words::no_clipboard())),
            }
            viewer.with_screen(Screen::focus);
        });
    }

    /// Does what a part of the panel asks for.
    pub(in crate::browser) fn command(self: &Rc<Self>, command: Command) {
        match command {
            Command::Focus => {
                self.wants_focus.set(true);
                // Its tab may have been turned to just now; until that is drawn the screen cannot take the focus.
                let weak = Rc::downgrade(self);
                request_animation_frame(move || {
                    if let Some(viewer) = weak.upgrade() {
                        viewer.with_screen(Screen::focus);
                    }
                });
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
            Command::Leave => focus_id(&self.tab.tab_id()),
            Command::ClaimSize => {
                self.tell(Told::ClaimSize);
                self.with_screen(Screen::focus);
            }
        }
    }
}
