//! Jobs: the list, a new one, and one of them.

mod array_bar;
pub(crate) mod draft;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod one;
#[cfg(any(feature = "ssr", test))]
mod moment;
#[cfg(any(feature = "ssr", test))]
mod reading;
mod standing;
mod turn;
