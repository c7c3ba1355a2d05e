//! The browser's entry: takes over the page the server has rendered. Knows nothing about what is on it.
#![recursion_limit = "256"]

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// Called by the page's own script once the WASM module has loaded.
///
/// The page's own code is there before the page is taken over: taking it over is one step, in which nothing else happens.
/// Otherwise a clock or the live feed would change what the browser thinks it shows before it has found it.
///
/// # Errors
/// A `TypeError`, as of any script that cannot be fetched; the page's first script knows what to do.
#[wasm_bindgen]
pub async fn hydrate() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    app::routes::fetch_page().await?;
    leptos::mount::hydrate_body(app::App);
    app::mark_hydrated();
    Ok(())
}
