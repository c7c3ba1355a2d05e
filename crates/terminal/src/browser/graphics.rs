//! Drawing with the graphics card. Where there is none, or it is only imitated, xterm.js draws with the page's elements.

use std::rc::Rc;

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{HtmlCanvasElement, WebGl2RenderingContext};
use xterm_js_rs::TerminalAddon;

use crate::ffi::{Webgl, Xterm};

/// A terminal's place on the graphics card, given back when dropped.
pub(super) struct Graphics {
    webgl: Rc<Webgl>,
    _lost: Closure<dyn FnMut()>,
}

impl Graphics {
    /// `None`: not available, which is not worth a word.
    pub(super) fn attach(xterm: &Xterm) -> Option<Self> {
        if !fast() {
            return None;
        }
        let webgl = Rc::new(Webgl::try_new().ok()?);
        // The card can be taken away at any moment; without the addon xterm.js goes on by itself.
        let lost = Closure::<dyn FnMut()>::new({
            let webgl = Rc::clone(&webgl);
            move || (*webgl).unchecked_ref::<xterm_js_rs::Disposable>().dispose()
        });
        xterm.try_load_addon((*webgl).unchecked_ref::<TerminalAddon>()).ok()?;
        webgl.on_context_loss(lost.as_ref().unchecked_ref());
        Some(Self { webgl, _lost: lost })
    }
}

impl Drop for Graphics {
    fn drop(&mut self) {
        (*self.webgl).unchecked_ref::<xterm_js_rs::Disposable>().dispose();
    }
}

/// Whether the browser has a graphics card for this. One that is imitated in software is slower than none.
fn fast() -> bool {
    thread_local! {
        static FAST: bool = renderer().is_some_and(|name| !IMITATIONS.iter().any(|imitation| name.contains(imitation)));
    }
    FAST.with(|fast| *fast)
}

/// Names of graphics cards that are programs.
const IMITATIONS: [&str; 4] = ["swiftshader", "llvmpipe", "software", "basic render"];
/// `UNMASKED_RENDERER_WEBGL` of the extension `WEBGL_debug_renderer_info`.
const UNMASKED_RENDERER: u32 = 0x9246;

/// What draws, in lower case. `None`: nothing does, or it keeps its name for itself.
fn renderer() -> Option<String> {
    let canvas = web_sys::window()?.document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"failIfMajorPerformanceCaveat".into(), &JsValue::TRUE).ok()?;
    let context = canvas.get_context_with_context_options("webgl2", &options).ok()??;
    let context: WebGl2RenderingContext = context.dyn_into().ok()?;
    context.get_extension("WEBGL_debug_renderer_info").ok()??;
    let name = context.get_parameter(UNMASKED_RENDERER).ok()?.as_string()?;
    Some(name.to_lowercase())
}
