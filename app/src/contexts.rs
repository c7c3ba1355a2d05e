//! What a whole page shares: a type, `provide_x()` and `use_x()` each.

pub(crate) mod actions;
mod asking;
pub(crate) mod clock;
pub(crate) mod elements_live;
pub(crate) mod job_live;
pub(crate) mod job_output;
pub(crate) mod live;
pub(crate) mod shortcuts;
mod stream;
pub(crate) mod theme;
pub(crate) mod toasts;
pub(crate) mod usage_summaries;
pub(crate) mod vcluster_live;
pub(crate) mod zone;
