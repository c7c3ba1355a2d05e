//! The console's own server functions, by area. Each one is a public endpoint: it finds the actor, calls one use-case, and
//! gives a DTO back. They decide nothing; control does.

pub mod overview;
#[cfg(feature = "ssr")]
pub mod problem;
pub mod refused;
pub mod session;
pub mod vclusters;

pub use refused::Refused;
