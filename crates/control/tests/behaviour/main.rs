//! Control's behaviour, on a real record and coordination in memory. One program, so that the harness is built once.

mod account_sign_in;
mod event_feed;
mod harness;
mod vcluster_creation;
mod vcluster_lifecycle;
