//! A text to take along, such as a secret that is shown this once: to be selected, or copied with the script.

use std::time::Duration;

use catalogue::t;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};

use super::icon::{Glyph, Icon};

/// How long the button says that it has copied.
const SAID: Duration = Duration::from_secs(2);

#[component]
pub(crate) fn CopyField(
    /// Unique in the page.
    id: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(false);
    let copy = move |_| {
        if let Some(field) = field.get_untracked() {
            copy_from(&field);
            copied.set(true);
            // The page may have been left by then.
            set_timeout(
                move || {
                    copied.try_set(false);
                },
                SAID,
            );
        }
    };
    let hydrated = RwSignal::new(false);
    Effect::new(move |_| hydrated.set(true));
    let spoken = move || if copied.get() { t!("profile-copied") } else { t!("profile-copy") };
    view! {
        <div class="field copy-field">
            <label for=id>{label}</label>
            <div class="copy-field-line">
                <input
                    node_ref=field
                    id=id
                    class="input mono"
                    type="text"
                    readonly
                    autocomplete="off"
                    spellcheck="false"
                    value=text
                    on:focus:target=|event| event.target().select()
                />
                <button type="button" class="button" hidden=move || !hydrated.get() on:click=copy>
                    {move || view! { <Glyph icon=if copied.get() { Icon::Check } else { Icon::Copy }/> }}
                    <span aria-live="polite">{spoken}</span>
                </button>
            </div>
        </div>
    }
}

/// The clipboard is there on safe origins only; elsewhere the browser copies what is selected.
fn copy_from(field: &web_sys::HtmlInputElement) {
    field.select();
    let clipboard = js_sys::Reflect::get(&window().navigator(), &JsValue::from_str("clipboard"));
    let write = clipboard.ok().filter(|clipboard| !clipboard.is_undefined()).and_then(|clipboard| {
        let write = js_sys::Reflect::get(&clipboard, &JsValue::from_str("writeText")).ok()?;
        write.dyn_into::<js_sys::Function>().ok()?.call1(&clipboard, &JsValue::from_str(&field.value())).ok()
    });
    if write.is_none()
        && let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>()
    {
        // Where that fails, too, the text is selected, and Ctrl-C copies it.
        let _ = document.exec_command("copy");
    }
}
