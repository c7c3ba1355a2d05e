//! What a whole page shares: a type, `provide_x()` and `use_x()` each.

pub(crate) mod actions;
pub(crate) mod clock;
pub(crate) mod glances;
pub(crate) mod live;
pub(crate) mod pulse;
pub(crate) mod shortcuts;
mod stream;
pub(crate) mod theme;
pub(crate) mod toasts;
pub(crate) mod zone;
