#![doc = include_str!("../README.md")]

mod placement;
mod queue;
mod room;

pub use placement::{Host, NoRoom, Overcommit, Problem, offered_pids, place};
pub use queue::{
    Active, Change, Order, Pass, Queue, Reason, Share, Start, Stay, Wait, Waiting, Weights, WhatIf, decayed, moment,
    pass, what_ifs,
};
