//! The browser's entry: takes over the page the server has rendered. Knows nothing about what is on it.
#![recursion_limit = "256"]

use leptos::{mount::hydrate_from_async, prelude::document};
use wasm_bindgen::{UnwrapThrowExt as _, prelude::wasm_bindgen};

/// Called by the page's own script once the WASM module has loaded. What the page needs besides is fetched first.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(async {
        let body = document().body().expect_throw("a page has a body");
        hydrate_from_async(body, app::App).await.forget();
        app::mark_hydrated();
        app::routes::fetch_ahead().await;
    });
}
