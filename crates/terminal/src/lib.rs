//! Terminals in the browser: xterm.js, its tabs and its connection; on the server an empty host element of the same
//! structure. The only crate that calls xterm.js. Knows the console's design only by the names of its CSS classes.
//!
//! # Module map
//! - [`address`]: what a viewer asks the server for; what it does is `terminal-session`.
//! - [`paste`], [`keys`], [`arrangement`], [`words`]: the other decisions, as plain functions.
//! - `panel`: the component and its parts. They never touch JavaScript; they talk to the runtime.
//! - `browser`: the runtime with a browser; `server`: the same names without one, doing nothing.
//! - `ffi`: every JavaScript function that `xterm-js-rs` lacks or has only in the form of an older xterm.js.
#![recursion_limit = "256"]

pub mod address;
pub mod arrangement;
#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod ffi;
pub mod keys;
#[expect(unreachable_pub, reason = "the component macro writes `pub` for the props of a component that is not public")]
mod panel;
pub mod paste;
#[cfg(not(feature = "hydrate"))]
mod server;
pub mod words;

#[cfg(feature = "hydrate")]
use browser as runtime;
#[cfg(not(feature = "hydrate"))]
use server as runtime;

pub use panel::{NodeTab, Opener, TerminalPanel};

/// The import map that the page's head must carry before any module: the names `xterm-js-rs` imports all lead to one small
/// module, which fetches xterm.js when the first terminal is drawn.
pub const IMPORT_MAP: &str = r#"{"imports":{"xterm":"/terminal.mjs","xterm-addon-fit":"/terminal.mjs","xterm-addon-search":"/terminal.mjs","xterm-addon-unicode11":"/terminal.mjs","xterm-addon-web-links":"/terminal.mjs","xterm-addon-webgl":"/terminal.mjs"}}"#;

/// The module behind [`IMPORT_MAP`], which every page needs before its own script runs.
pub const LOADER: &str = "/terminal.mjs";

/// What [`LOADER`] fetches, for `<link rel="modulepreload">` on pages with a terminal.
pub const MODULES: [&str; 6] = [
    "/vendor/xterm/xterm.mjs",
    "/vendor/xterm/addon-fit.mjs",
    "/vendor/xterm/addon-search.mjs",
    "/vendor/xterm/addon-unicode11.mjs",
    "/vendor/xterm/addon-web-links.mjs",
    "/vendor/xterm/addon-webgl.mjs",
];

/// xterm.js's own style sheet; the page's head must link it.
pub const STYLE_SHEET: &str = "/vendor/xterm/xterm.css";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_imported_name_leads_to_the_loader_and_it_fetches_every_module() {
        let map: serde_json::Value = serde_json::from_str(IMPORT_MAP).expect("the import map is JSON");
        let imports = map["imports"].as_object().expect("it has imports");
        assert_eq!(imports.len(), MODULES.len());
        assert!(imports.values().all(|address| address == LOADER));
        let loader = include_str!("../../../public/terminal.mjs");
        for module in MODULES {
            let name = module.trim_start_matches("/vendor/xterm/").trim_end_matches(".mjs");
            assert!(loader.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}
