//! Links in the terminal: addresses in its text, and those a program marks (OSC 8). They open in a new tab that cannot
//! reach this one.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use xterm_js_rs::TerminalAddon;
use xterm_js_rs::addons::web_links::WebLinksAddon;

use crate::ffi::{Options, Xterm};

/// What happens when a link is chosen; works as long as this lives.
pub(super) struct Links {
    activate: Closure<dyn FnMut(JsValue, String)>,
}

impl Links {
    /// Also prepares `options` for links that programs mark.
    pub(super) fn new(options: &Options) -> Self {
        let activate = Closure::<dyn FnMut(JsValue, String)>::new(|_event, address: String| follow(&address));
        let handler = Object::new();
        // Fails only for an object that may not be changed.
        let _ = Reflect::set(&handler, &"activate".into(), activate.as_ref());
        options.set_link_handler(&handler);
        Self { activate }
    }

    /// Finds addresses in the text.
    pub(super) fn find_in(&self, xterm: &Xterm) {
        let addon = WebLinksAddon::new(Some(self.activate.as_ref().unchecked_ref()), None, None);
        // Without the addon addresses are plain text.
        let _ = xterm.try_load_addon(addon.unchecked_ref::<TerminalAddon>());
    }
}

/// Only web addresses: a program in a node must not be able to offer `javascript:` or `file:`.
fn follow(address: &str) {
    let web = address.starts_with("https://") || address.starts_with("http://");
    if let Some(window) = web_sys::window().filter(|_| web) {
        // A browser that blocks the new tab tells the person itself.
        let _ = window.open_with_url_and_target_and_features(address, "_blank", "noopener,noreferrer");
    }
}
