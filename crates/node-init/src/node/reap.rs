//! Ended children: PID 1 inherits every orphan of the node and must take note of each.

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};
use wire::terminal::Exit;

/// Takes note of every child that ended since the last time. Returns whether there are no children at all any more.
pub(super) fn reap(mut ended: impl FnMut(Pid, Exit)) -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((pid, status))) => {
                if let Some(exit) = exit_of(status) {
                    ended(pid, exit);
                }
            }
            Ok(None) => return false,
            Err(Errno::INTR) => {}
            Err(_) => return true,
        }
    }
}

fn exit_of(status: WaitStatus) -> Option<Exit> {
    let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    status
        .exit_status()
        .map(|code| Exit::Code(byte(code)))
        .or_else(|| status.terminating_signal().map(|signal| Exit::Signal(byte(signal))))
}
