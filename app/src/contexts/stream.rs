//! A stream of server-sent events, closed when dropped. Knows neither addresses nor what events mean.

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// An open connection with the callbacks it needs alive.
pub(super) struct Stream {
    source: EventSource,
    _message: Closure<dyn Fn(MessageEvent)>,
    _opened: Closure<dyn Fn()>,
    _failed: Closure<dyn Fn()>,
}

/// What a stream calls.
pub(super) struct Listener<H, O, F> {
    /// An event of this name came, with this data.
    pub(super) heard: H,
    /// It works, or works again.
    pub(super) opened: O,
    /// It failed; the browser tries again by itself, unless it [gave up](Stream::gave_up).
    pub(super) failed: F,
}

impl Stream {
    /// Events of other names are not heard. `None` for an address that is none.
    pub(super) fn open<H, O, F>(address: &str, names: &[&str], listener: Listener<H, O, F>) -> Option<Self>
    where
        H: Fn(String, String) + 'static,
        O: Fn() + 'static,
        F: Fn() + 'static,
    {
        let source = EventSource::new(address).ok()?;
        let heard = listener.heard;
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            heard(message.type_(), message.data().as_string().unwrap_or_default());
        });
        let opened = Closure::<dyn Fn()>::new(listener.opened);
        let failed = Closure::<dyn Fn()>::new(listener.failed);
        for name in names {
            // Fails for no name; a feed without events would show as one that says nothing.
            let _ = source.add_event_listener_with_callback(name, message.as_ref().unchecked_ref());
        }
        source.set_onopen(Some(opened.as_ref().unchecked_ref()));
        source.set_onerror(Some(failed.as_ref().unchecked_ref()));
        Some(Self { source, _message: message, _opened: opened, _failed: failed })
    }

    /// The browser does not try again: the server refused, or answered with something else.
    pub(super) fn gave_up(&self) -> bool {
        self.source.ready_state() == EventSource::CLOSED
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

/// The page can be seen.
pub(super) fn seen() -> bool {
    !document().hidden()
}
