//! Everything that can be done from the keyboard: commands found by a few letters, and keys that need none.
//!
//! Plain data and functions; the dialog that shows them is `components::palette`.

pub(crate) mod commands;
pub(crate) mod fuzzy;
pub(crate) mod keys;
