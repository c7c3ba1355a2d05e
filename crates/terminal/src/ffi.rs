//! The JavaScript that `xterm-js-rs` 0.1.2 lacks, or binds as xterm.js 4 had it. Bindings only, no decision.
//!
//! Its terminal, options, theme and addons are used wherever they fit xterm.js 6. Not fitting: `writeUtf8`, `getOption` and
//! `setOption` are gone, `write` takes bytes, `modes` and `input` are new, the parser's `this` is wrong, and whatever may
//! throw must be caught, since an exception that crosses WASM leaves it in the middle of a function.

use js_sys::{Function, Object, Uint8Array};
use wasm_bindgen::prelude::*;
use xterm_js_rs::addons::fit::FitAddon;
use xterm_js_rs::addons::search::{SearchAddon, SearchOptions};
use xterm_js_rs::{BufferNamespace, Disposable, Terminal, TerminalAddon, TerminalOptions, Theme};

#[wasm_bindgen]
extern "C" {
    /// A terminal of xterm.js 6.
    #[wasm_bindgen(extends = Terminal)]
    pub(crate) type Xterm;

    #[wasm_bindgen(method, js_name = write)]
    pub(crate) fn write_bytes(this: &Xterm, bytes: &Uint8Array, done: &Function);

    /// Behaves as if the person typed it.
    #[wasm_bindgen(method)]
    pub(crate) fn input(this: &Xterm, text: &str, by_person: bool);

    #[wasm_bindgen(method, getter)]
    pub(crate) fn options(this: &Xterm) -> Options;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn modes(this: &Xterm) -> Modes;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn unicode(this: &Xterm) -> Unicode;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn parser(this: &Xterm) -> Parser;

    #[wasm_bindgen(method, getter, js_name = buffer)]
    pub(crate) fn buffers(this: &Xterm) -> Buffers;

    #[wasm_bindgen(method, catch, js_name = loadAddon)]
    pub(crate) fn try_load_addon(this: &Xterm, addon: &TerminalAddon) -> Result<(), JsValue>;

    #[wasm_bindgen(extends = TerminalOptions)]
    pub(crate) type Options;

    #[wasm_bindgen(method, setter, js_name = allowProposedApi)]
    pub(crate) fn set_allow_proposed_api(this: &Options, allow: bool);

    /// Colours that are hard to read on their background are shifted until they reach this contrast.
    #[wasm_bindgen(method, setter, js_name = minimumContrastRatio)]
    pub(crate) fn set_contrast(this: &Options, ratio: f64);

    #[wasm_bindgen(method, setter, js_name = linkHandler)]
    pub(crate) fn set_link_handler(this: &Options, handler: &Object);

    #[wasm_bindgen(extends = Theme)]
    pub(crate) type Palette;

    #[wasm_bindgen(method, setter, js_name = selectionBackground)]
    pub(crate) fn set_selection_background(this: &Palette, colour: &str);

    #[wasm_bindgen(method, setter, js_name = scrollbarSliderBackground)]
    pub(crate) fn set_slider(this: &Palette, colour: &str);

    #[wasm_bindgen(extends = BufferNamespace)]
    pub(crate) type Buffers;

    /// A program takes the whole screen, or gives it back.
    #[wasm_bindgen(method, js_name = onBufferChange)]
    pub(crate) fn on_change(this: &Buffers, listener: &Function) -> Disposable;

    pub(crate) type Modes;

    #[wasm_bindgen(method, getter, js_name = bracketedPasteMode)]
    pub(crate) fn bracketed_paste(this: &Modes) -> bool;

    #[wasm_bindgen(method, getter, js_name = applicationCursorKeysMode)]
    pub(crate) fn application_cursor_keys(this: &Modes) -> bool;

    pub(crate) type Unicode;

    #[wasm_bindgen(method, setter, js_name = activeVersion)]
    pub(crate) fn set_active_version(this: &Unicode, version: &str);

    pub(crate) type Parser;

    #[wasm_bindgen(method, js_name = registerCsiHandler)]
    pub(crate) fn on_csi(this: &Parser, id: &Object, handler: &Function) -> Disposable;

    #[wasm_bindgen(method, js_name = registerDcsHandler)]
    pub(crate) fn on_dcs(this: &Parser, id: &Object, handler: &Function) -> Disposable;

    #[wasm_bindgen(method, js_name = registerOscHandler)]
    pub(crate) fn on_osc(this: &Parser, id: u32, handler: &Function) -> Disposable;

    #[wasm_bindgen(extends = FitAddon)]
    pub(crate) type Fit;

    /// What would fit; nothing while the terminal is not laid out.
    #[wasm_bindgen(method, js_name = proposeDimensions)]
    pub(crate) fn room(this: &Fit) -> Option<Room>;

    pub(crate) type Room;

    /// Not a number while the element has no size.
    #[wasm_bindgen(method, getter)]
    pub(crate) fn cols(this: &Room) -> f64;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn rows(this: &Room) -> f64;

    #[wasm_bindgen(extends = SearchAddon)]
    pub(crate) type Search;

    #[wasm_bindgen(method, js_name = onDidChangeResults)]
    pub(crate) fn on_results(this: &Search, listener: &Function) -> Disposable;

    #[wasm_bindgen(method, js_name = clearDecorations)]
    pub(crate) fn clear_decorations(this: &Search);

    #[wasm_bindgen(extends = SearchOptions)]
    pub(crate) type FindOptions;

    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_decorations(this: &FindOptions, decorations: &Object);

    pub(crate) type Results;

    /// Counted from 0; -1 when there are more than the addon highlights.
    #[wasm_bindgen(method, getter, js_name = resultIndex)]
    pub(crate) fn index(this: &Results) -> i32;

    #[wasm_bindgen(method, getter, js_name = resultCount)]
    pub(crate) fn count(this: &Results) -> u32;
}

#[wasm_bindgen(module = "xterm")]
extern "C" {
    /// Fetches xterm.js and its addons. Nothing of them may be made before this has ended.
    #[wasm_bindgen(catch, js_name = load)]
    pub(crate) async fn load_xterm() -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "xterm-addon-webgl")]
extern "C" {
    /// Draws with the graphics card.
    #[wasm_bindgen(extends = TerminalAddon, js_name = WebglAddon)]
    pub(crate) type Webgl;

    #[wasm_bindgen(constructor, catch, js_class = WebglAddon)]
    pub(crate) fn try_new() -> Result<Webgl, JsValue>;

    #[wasm_bindgen(method, js_name = onContextLoss)]
    pub(crate) fn on_context_loss(this: &Webgl, listener: &Function) -> Disposable;
}
