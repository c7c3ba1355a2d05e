//! Jobs: the list, a new one, and one of them; the queue.

mod array_bar;
pub(crate) mod draft;
pub(crate) mod list;
#[cfg(any(feature = "ssr", test))]
mod moment;
pub(crate) mod new;
pub(crate) mod one;
pub(crate) mod queue;
#[cfg(any(feature = "ssr", test))]
mod reading;
mod standing;
mod turn;
