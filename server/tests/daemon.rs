//! dockletd as its users meet it: the real program on a port of its own, with a real database, etcd and Docker Engine.
//! One program for all areas; each area and behaviour has its own file.

mod common;

mod config_check;
mod session_cookies;
mod session_origin;
mod start_and_end;
mod vcluster_bad_input;
