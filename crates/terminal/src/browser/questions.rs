//! Programs ask a terminal questions: what it is, where the cursor is, which colours it has. With several viewers on one
//! terminal every screen would answer, and the program would read the second answer as typed. So only a page that has the
//! focus answers: the one the person works in.

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::ffi::Xterm;

/// Control sequences that ask: prefix, intermediates, final. DA1 to DA3, DSR, DECRQM, XTVERSION.
const CSI: [(&str, &str, &str); 8] = [
    ("", "", "c"),
    (">", "", "c"),
    ("=", "", "c"),
    ("", "", "n"),
    ("?", "", "n"),
    ("", "$", "p"),
    ("?", "$", "p"),
    (">", "", "q"),
];
/// Commands that ask when their argument is a question mark: palette, foreground, background, cursor colour.
const OSC: [u32; 4] = [4, 10, 11, 12];

/// The handlers; they work as long as this lives.
pub(super) struct Questions {
    _plain: Closure<dyn FnMut(JsValue) -> bool>,
    _with_text: Closure<dyn FnMut(String) -> bool>,
}

impl Questions {
    /// Makes the terminal keep silent while the page does not have the focus.
    pub(super) fn ask_first(xterm: &Xterm) -> Self {
        // True: the sequence is done with, and xterm.js does not answer it.
        let plain = Closure::<dyn FnMut(JsValue) -> bool>::new(|_| !has_focus());
        let with_text = Closure::<dyn FnMut(String) -> bool>::new(|text: String| text.contains('?') && !has_focus());
        let parser = xterm.parser();
        let handler: &Function = plain.as_ref().unchecked_ref();
        for (prefix, intermediates, last) in CSI {
            parser.on_csi(&sequence(prefix, intermediates, last), handler);
        }
        parser.on_dcs(&sequence("", "$", "q"), handler);
        for command in OSC {
            parser.on_osc(command, with_text.as_ref().unchecked_ref());
        }
        Self { _plain: plain, _with_text: with_text }
    }
}

fn has_focus() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.has_focus().unwrap_or(true))
}

fn sequence(prefix: &str, intermediates: &str, last: &str) -> Object {
    let id = Object::new();
    for (name, value) in [("prefix", prefix), ("intermediates", intermediates), ("final", last)] {
        if !value.is_empty() {
            // Fails only for an object that may not be changed.
            let _ = Reflect::set(&id, &name.into(), &value.into());
        }
    }
    id
}
