//! What control needs from the outside, as traits. Adapters implement them; control and worker call them.
//!
//! To add a port: describe the need here in control's words (no SQL, no HTTP, no engine type in a signature), give it an
//! error type that tells apart only what control acts on, add a fake in `testkit` and the adapter in its crate. Look-ups
//! return `Result<Option<T>>`; times and ids are arguments.

pub mod clock;
pub mod coordination;
pub mod engine;
pub mod identity;
pub mod node;
pub mod store;
pub mod usage;
