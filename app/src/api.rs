//! The console's own server functions, by area. Each one is a public endpoint: it calls a function of the crate `api`, as
//! the REST interface does where it offers the same, and sends a form that was sent without our script on to its page.

pub mod activity;
pub mod apps;
pub mod device;
pub mod disk;
pub mod images;
pub mod installation;
pub mod jobs;
pub mod overview;
pub mod people;
pub mod profile;
pub mod refused;
pub mod session;
pub mod usage;
pub mod vclusters;

pub use refused::Refused;
