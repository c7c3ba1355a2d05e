//! One WebSocket connection of one attempt. Dropping it closes it, and it says nothing more.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};
use wire::terminal::SUBPROTOCOL;

/// What a connection reports.
pub(super) enum News {
    Opened,
    Frame(Vec<u8>),
    Closed(u16),
}

/// A connection that is open or on its way.
pub(super) struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// Begins to connect to a path of this page's own origin.
    ///
    /// # Errors
    /// The browser refuses the address or the protocol.
    pub(super) fn open(path: &str, report: impl Fn(News) + Clone + 'static) -> Result<Self, JsValue> {
        let socket = WebSocket::new_with_str(&address(path)?, SUBPROTOCOL)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let opened = Closure::<dyn FnMut()>::new({
            let report = report.clone();
            move || report(News::Opened)
        });
        let message = Closure::<dyn FnMut(MessageEvent)>::new({
            let report = report.clone();
            move |event: MessageEvent| report(News::Frame(bytes(event.data())))
        });
        let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| report(News::Closed(event.code())));
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Ok(Self { socket, _opened: opened, _message: message, _closed: closed })
    }

    /// Sends one message. What cannot be sent is not lost: the connection is closing then, and the session sends again.
    pub(super) fn send(&self, message: &[u8]) {
        if self.socket.ready_state() == WebSocket::OPEN {
            // Fails only while connecting, which the line above excludes.
            let _ = self.socket.send_with_u8_array(message);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        if self.socket.ready_state() == WebSocket::CONNECTING {
            // Browsers complain of a connection that is closed before it is open.
            let socket = self.socket.clone();
            let close = Closure::once_into_js(move || drop(socket.close()));
            self.socket.set_onopen(Some(close.unchecked_ref()));
            return;
        }
        // Fails only for a reserved code, and none is given.
        let _ = self.socket.close();
    }
}

/// A text message is no frame: it becomes an empty one, which the session refuses.
fn bytes(data: JsValue) -> Vec<u8> {
    data.dyn_into::<ArrayBuffer>().map(|buffer| Uint8Array::new(&buffer).to_vec()).unwrap_or_default()
}

fn address(path: &str) -> Result<String, JsValue> {
    let location = web_sys::window().ok_or(JsValue::NULL)?.location();
    let scheme = if location.protocol()? == "https:" { "wss" } else { "ws" };
    Ok(format!("{scheme}://{}{path}", location.host()?))
}
