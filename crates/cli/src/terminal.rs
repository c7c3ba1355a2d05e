//! The person's own terminal: its size, its modes, and giving it back as it was.

use std::{
    io::{self, IsTerminal as _},
    sync::Mutex,
};

use rustix::{
    fs::{FileType, fstat},
    stdio,
    termios::{self, OptionalActions, Termios},
};
use wire::terminal::{MAX_COLS, MAX_ROWS, Size};

/// How it was before it was changed.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// While this lives the terminal has other modes.
pub(crate) struct Changed(());

impl Changed {
    /// Nothing is changed where standard input is no terminal.
    pub(crate) fn begin(change: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        if io::stdin().is_terminal() {
            let mut modes = termios::tcgetattr(stdio::stdin())?;
            if let Ok(mut before) = BEFORE.lock() {
                *before = Some(modes.clone());
            }
            change(&mut modes);
            termios::tcsetattr(stdio::stdin(), OptionalActions::Drain, &modes)?;
        }
        Ok(Self(()))
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back as it was, also to a panic, which drops nothing in a program that aborts.
pub(crate) fn restore() {
    let before = BEFORE.lock().ok().and_then(|mut before| before.take());
    if let Some(before) = before {
        // A terminal that is gone needs nothing back.
        let _ = termios::tcsetattr(stdio::stdin(), OptionalActions::Drain, &before);
    }
}

/// As large as the window; the usual size where there is none, or one of 0×0 as some editors make them.
pub(crate) fn size() -> Size {
    let Ok(window) = termios::tcgetwinsize(stdio::stdout()) else { return Size::DEFAULT };
    let (cols, rows) = (window.ws_col.min(MAX_COLS), window.ws_row.min(MAX_ROWS));
    Size::new(cols, rows).unwrap_or(Size::DEFAULT)
}

/// Whether standard input is a pipe or a file. A terminal cuts long lines, takes some bytes for keys, and forgets an end of input
/// that comes before its program reads keys one by one.
pub(crate) fn is_fed() -> io::Result<bool> {
    Ok(FileType::from_raw_mode(fstat(stdio::stdin())?.st_mode) != FileType::CharacterDevice)
}
