//! The console's own server functions, by area. Each one is a public endpoint: it finds the actor, calls one use-case, and
//! gives a DTO back. They decide nothing; control does.

pub mod activity;
pub mod apps;
pub mod disk;
#[cfg(feature = "ssr")]
pub mod dto;
pub mod images;
pub mod installation;
pub mod overview;
pub mod people;
#[cfg(feature = "ssr")]
pub mod problem;
pub mod profile;
pub mod refused;
pub mod session;
pub mod usage;
pub mod vclusters;

pub use refused::Refused;
