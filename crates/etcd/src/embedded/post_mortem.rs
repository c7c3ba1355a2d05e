//! Why etcd ended, and whether its data are to blame. Pure.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

/// An etcd that ran for longer did not end over what it found at its start.
pub(super) const SHORT_LIFE: Duration = Duration::from_secs(10);

/// What to do about an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The host's fault, such as a full disk: the data are good, and so would be any other.
    Host,
    /// The data cannot be read.
    Data,
    /// Neither is plain. Twice in a row at the start, and the data are blamed.
    Unclear,
}

/// What etcd and Go write when the host is at fault.
const HOST: [&str; 10] = [
    "no space left",
    "disk quota exceeded",
    "permission denied",
    "operation not permitted",
    "read-only file system",
    "too many open files",
    "cannot allocate memory",
    "out of memory",
    "address already in use",
    "flag provided but not defined",
];

/// What they write about data that are damaged, or that a newer etcd has written.
const DATA: [&str; 9] = [
    "crc mismatch",
    "checksum",
    "corrupt",
    "invalid database",
    "failed to recover",
    "failed to read wal",
    "snapshot file",
    "invalid downgrade",
    "version mismatch",
];

pub(super) fn cause(status: ExitStatus, lived: Duration, written: &str) -> Cause {
    // It was killed: by the kernel for want of memory, or by a person.
    if status.signal().is_some() {
        return Cause::Host;
    }
    let written = written.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| written.contains(word));
    if says(&HOST) {
        Cause::Host
    } else if says(&DATA) {
        Cause::Data
    } else if lived < SHORT_LIFE {
        Cause::Unclear
    } else {
        Cause::Host
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXIT_1: i32 = 1 << 8;
    const BY_SIGKILL: i32 = 9;

    #[test]
    fn damaged_data_are_told_from_a_host_in_trouble() {
        for (status, seconds, written, expected) in [
            (EXIT_1, 0, "walpb: crc mismatch", Cause::Data),
            (EXIT_1, 3600, "panic: Corrupt page", Cause::Data),
            (EXIT_1, 0, "cannot open database: invalid database", Cause::Data),
            // Both are said: moving the data aside would not make room.
            (EXIT_1, 0, "failed to recover: write wal: no space left on device", Cause::Host),
            (EXIT_1, 0, "open wal: permission denied", Cause::Host),
            (EXIT_1, 0, "something new", Cause::Unclear),
            (EXIT_1, 3600, "something new", Cause::Host),
            (BY_SIGKILL, 0, "walpb: crc mismatch", Cause::Host),
        ] {
            let found = cause(ExitStatus::from_raw(status), Duration::from_secs(seconds), written);
            assert_eq!(found, expected, "{written}");
        }
    }
}
