//! What the command line prints.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use anyhow::Result;

use crate::config::Effective;

/// To standard output. A reader that has left (`| head`) is no fault.
pub(super) fn text(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

pub(super) fn line(line: &str) -> Result<()> {
    text(&format!("{line}\n"))
}

/// To standard error, with its causes. When even that cannot be written, there is nowhere left to say so.
pub(super) fn error(error: &anyhow::Error) {
    let _ = writeln!(io::stderr(), "dockletd: {error:#}");
}

/// To standard error, for what goes on all the same.
pub(super) fn warning(text: &str) {
    let _ = writeln!(io::stderr(), "dockletd: warning: {text}");
}

/// Each setting with its value and where that was written.
pub(super) fn settings(effective: &[Effective]) -> String {
    let names: Vec<String> =
        effective.iter().map(|entry| format!("{} = {}", entry.setting.name(), entry.text)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (entry, name) in effective.iter().zip(names) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:width$}  # {}", entry.place);
    }
    text
}
