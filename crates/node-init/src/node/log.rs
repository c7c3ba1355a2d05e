//! One line for the container's log.

use std::fmt;
use std::io::Write;

/// Writes a line to standard error. A log that cannot be written is no reason to stop a node, so a failure is ignored.
pub(super) fn line(message: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
