//! etcd's command line, and the tie that ends it with us. Knows no data.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};

use super::{
    EmbeddedConfig,
    layout::{CLIENT_SOCKET, Layout, PEER_SOCKET},
};

/// Milliseconds. A single member elects itself after 1 to 6 heartbeats with the shortest election timeout etcd takes, which
/// is most of its start; its own defaults (100 and 1000) are for members far from each other. Each heartbeat wakes it up:
/// 50 ms cost half a percent of one CPU, 20 ms twice that.
const HEARTBEAT: &str = "50";
const ELECTION: &str = "250";
/// etcd keeps this many of the last writes in memory.
const SNAPSHOT_COUNT: &str = "5000";

/// Starts etcd. Must be called from a thread that lives as long as etcd should: the kernel ends the child when that thread
/// ends, not only when the process does.
pub(super) fn launch(config: &EmbeddedConfig, layout: &Layout) -> io::Result<Child> {
    let mut command = Command::new(&config.binary);
    command
        .args(arguments(config.quota))
        .current_dir(layout.run())
        // etcd reads ETCD_* and refuses to start when one of them says the same as a flag.
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Ctrl-C in the terminal is for the daemon, which ends etcd last.
        .process_group(0);
    // On other processors than x86-64 etcd 3.4 starts only when told that this is meant.
    #[cfg(target_arch = "aarch64")]
    command.env("ETCD_UNSUPPORTED_ARCH", "arm64");
    end_with(getpid(), &mut command);
    command.spawn()
}

fn arguments(quota: u64) -> Vec<String> {
    let (client, peer) = (format!("unix://{CLIENT_SOCKET}"), format!("unix://{PEER_SOCKET}"));
    [
        ("name", "docklet"),
        ("data-dir", "../data"),
        ("listen-client-urls", &client),
        ("advertise-client-urls", &client),
        ("listen-peer-urls", &peer),
        ("initial-advertise-peer-urls", &peer),
        ("initial-cluster", &format!("docklet={peer}")),
        ("heartbeat-interval", HEARTBEAT),
        ("election-timeout", ELECTION),
        ("snapshot-count", SNAPSHOT_COUNT),
        // By count, not by time: what a busy hour writes could be more than the quota, and old revisions are not
        // needed: a watch that falls behind lists again.
        ("auto-compaction-mode", "revision"),
        ("auto-compaction-retention", "1000"),
        ("quota-backend-bytes", &quota.to_string()),
        ("enable-grpc-gateway", "false"),
        ("logger", "zap"),
        ("log-outputs", "stderr"),
        ("log-level", "warn"),
    ]
    .into_iter()
    .map(|(flag, value)| format!("--{flag}={value}"))
    .collect()
}

/// Lets the kernel kill the child when we die, kill -9 included.
fn end_with(parent: Pid, command: &mut Command) {
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // We may have died between fork and the line above; then the kernel would never send that signal.
        if getppid() == Some(parent) {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(rustix::io::Errno::SRCH.raw_os_error()))
        }
    };
    #[expect(unsafe_code, reason = "runs between fork and exec: two plain system calls, no allocation, no lock")]
    unsafe {
        command.pre_exec(tie);
    }
}
