//! The session machine, transition by transition and over a link that loses connections. No browser, no clock.

mod bench;
mod connecting;
mod ending;
mod input;
mod liveness;
mod lossy_link;
mod output;
mod size;
