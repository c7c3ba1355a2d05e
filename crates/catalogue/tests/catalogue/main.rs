//! The catalogue as a whole: every language says everything, nothing is said that nobody asks for, and no page speaks past it.

mod complete;
mod source;
mod speaking;
