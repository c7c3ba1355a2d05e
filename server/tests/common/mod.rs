//! What all tests use: a daemon of their own, and clients that are not ours.

pub(crate) mod answer;
pub(crate) mod app;
pub(crate) mod authority;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod datagrams;
pub(crate) mod desk;
pub(crate) mod docker;
pub(crate) mod elsewhere;
pub(crate) mod events;
pub(crate) mod exec;
pub(crate) mod person;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod provider;
pub(crate) mod pty;
pub(crate) mod stream;
pub(crate) mod terminal;

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU32, Ordering},
};

/// A port that is free, that the kernel gives to none who asks for any, and that another test is not likely to try.
pub(crate) fn quiet_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    // Tests that start together have ids beside each other.
    let first = std::process::id().wrapping_mul(97);
    let ports = std::iter::repeat_with(|| first.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % 10_000);
    let mut ports = ports.take(10_000).filter_map(|port| u16::try_from(20_000 + port).ok());
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).expect("a free port")
}

/// How long an end that is promised within a second may take here, where the machine does other things meanwhile; the second
/// itself is measured by `make bench`. Without being told, a stream goes on for longer by far: its own pings allow 25 s.
pub(crate) const PROMPTLY: std::time::Duration = std::time::Duration::from_secs(8);
