//! An event listener that removes itself when it is dropped.

use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, EventTarget};

/// A listener on one target.
pub(super) struct Listener {
    target: EventTarget,
    kind: &'static str,
    capture: bool,
    handler: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// Calls `handler` with every event of this kind.
    pub(super) fn new(target: &EventTarget, kind: &'static str, handler: impl FnMut(JsValue) + 'static) -> Self {
        Self::add(target, kind, false, handler)
    }

    /// The same, before the event reaches anything inside of the target.
    pub(super) fn before(target: &EventTarget, kind: &'static str, handler: impl FnMut(JsValue) + 'static) -> Self {
        Self::add(target, kind, true, handler)
    }

    fn add(target: &EventTarget, kind: &'static str, capture: bool, handler: impl FnMut(JsValue) + 'static) -> Self {
        let handler = Closure::<dyn FnMut(JsValue)>::new(handler);
        let options = AddEventListenerOptions::new();
        options.set_capture(capture);
        let function = handler.as_ref().unchecked_ref();
        // Fails only for a listener that is no function.
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(kind, function, &options);
        Self { target: target.clone(), kind, capture, handler }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.handler.as_ref().unchecked_ref();
        // Fails only for a listener that is no function.
        let _ = self.target.remove_event_listener_with_callback_and_bool(self.kind, function, self.capture);
    }
}
