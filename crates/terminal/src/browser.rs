//! The runtime in a browser: xterm.js, WebSocket, timers, storage, clipboard. It carries out what `session` and the panel
//! ask for and decides nothing that they could decide.

mod api;
mod clipboard;
mod focus;
mod fonts;
mod graphics;
mod links;
mod listener;
mod page;
mod questions;
mod screen;
mod socket;
mod storage;
mod terminals;
mod theme;
mod viewer;
mod viewers;

pub(crate) use focus::{focus, focus_id, focus_step, reveal, select, show_dialog, stays_inside};
pub(crate) use page::{apply_settings, remember_settings, start, stop};
pub(crate) use terminals::{close, look, open, open_again, turn_to};
pub(crate) use viewers::{forget, show, tell};
