//! What the browser remembers: settings for all tabs, the arrangement of terminals for this one. All of it may be lost.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::arrangement::Arrangement;

const SETTINGS: &str = "docklet.terminal";

/// The settings of a person on this browser.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Remembered {
    pub(super) font_size: u32,
    pub(super) screen_reader: bool,
    pub(super) copy_on_select: bool,
    pub(super) trust_blocks: bool,
}

impl Default for Remembered {
    fn default() -> Self {
        let font_size = crate::panel::state::FONT_SIZE;
        Self { font_size, screen_reader: false, copy_on_select: false, trust_blocks: false }
    }
}

pub(super) fn settings() -> Remembered {
    read(lasting(), SETTINGS)
}

pub(super) fn set_settings(settings: &Remembered) {
    write(lasting(), SETTINGS, settings);
}

pub(super) fn arrangement(vcluster: &str) -> Arrangement {
    read(of_this_tab(), &arrangement_key(vcluster))
}

pub(super) fn set_arrangement(vcluster: &str, arrangement: &Arrangement) {
    write(of_this_tab(), &arrangement_key(vcluster), arrangement);
}

fn arrangement_key(vcluster: &str) -> String {
    format!("docklet.terminals.{vcluster}")
}

/// A browser may forbid storage; then nothing is remembered.
fn lasting() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn of_this_tab() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

fn read<T: DeserializeOwned + Default>(storage: Option<Storage>, key: &str) -> T {
    let text = storage.and_then(|storage| storage.get_item(key).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn write<T: Serialize>(storage: Option<Storage>, key: &str, value: &T) {
    if let (Some(storage), Ok(text)) = (storage, serde_json::to_string(value)) {
        // Fails when the storage is full; then nothing is remembered.
        let _ = storage.set_item(key, &text);
    }
}
