//! What cargo-leptos tells the server it starts (`make dev`). Only it sets these, so they are not settings.

use std::path::PathBuf;

/// Where it has put the console's files.
pub fn site_root() -> Option<PathBuf> {
    std::env::var_os("LEPTOS_SITE_ROOT").map(PathBuf::from)
}

/// Under `cargo leptos watch`: the port on which pages hear that they have changed.
pub fn reload_port() -> Option<u32> {
    std::env::var_os("LEPTOS_WATCH")?;
    std::env::var("LEPTOS_RELOAD_PORT").ok()?.parse().ok()
}
