//! The catalogue as a whole: every language says everything, every message is used, and no page speaks past it.

mod complete;
mod source;
mod speaking;
