//! Reading and writing the clipboard, as far as the browser lets a page do it.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Clipboard;

/// Puts text into the clipboard. Without a secure connection there is no clipboard; then the browser's own copy command
/// is used, to which xterm.js answers with its selection.
pub(super) fn write(text: String) {
    match clipboard() {
        Some(clipboard) => spawn_local(async move {
            if JsFuture::from(clipboard.write_text(&text)).await.is_err() {
                copy_command();
            }
        }),
        None => copy_command(),
    }
}

/// What is in the clipboard, or `None` if the browser or the person does not allow it.
pub(super) async fn read() -> Option<String> {
    JsFuture::from(clipboard()?.read_text()).await.ok()?.as_string()
}

fn clipboard() -> Option<Clipboard> {
    let clipboard = web_sys::window()?.navigator().clipboard();
    let exists = !AsRef::<JsValue>::as_ref(&clipboard).is_undefined();
    exists.then_some(clipboard)
}

fn copy_command() {
    use wasm_bindgen::JsCast;
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(document) = document.and_then(|document| document.dyn_into::<web_sys::HtmlDocument>().ok()) {
        // Where even this is forbidden nothing is copied, as in any other page.
        let _ = document.exec_command("copy");
    }
}
