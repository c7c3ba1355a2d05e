//! Waiting for the terminal's font: xterm.js measures its letters once, so they should be the right ones by then.

use std::future::Future;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlElement;

use super::theme::Style;

/// A terminal does not wait longer for its font; it begins with another one and changes.
const PATIENCE_MS: u32 = 300;

/// Waits until the font of this element is there, but not for long. Returns what to wait for if it is late.
pub(super) async fn wait(host: &HtmlElement) -> Option<impl Future<Output = ()>> {
    let font = load(host)?;
    let patience = gloo_timers::future::TimeoutFuture::new(PATIENCE_MS);
    let late = wasm_bindgen_futures::future_to_promise(async move {
        patience.await;
        Ok(JsValue::TRUE)
    });
    let both = js_sys::Array::of2(&font, &late);
    let came_late = JsFuture::from(Promise::race(&both)).await == Ok(JsValue::TRUE);
    came_late.then_some(async move {
        // A font that cannot be loaded is one that never arrives: nothing changes.
        let _ = JsFuture::from(font).await;
    })
}

fn load(host: &HtmlElement) -> Option<Promise> {
    let family = Style::of(host)?.font();
    let fonts = web_sys::window()?.document()?.fonts();
    Some(fonts.load(&format!("13px {family}")))
}
