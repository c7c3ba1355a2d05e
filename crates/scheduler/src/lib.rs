#![doc = include_str!("../README.md")]

mod placement;

pub use placement::{Host, NoRoom, Overcommit, Problem, offered_pids, place};
