//! A pseudo-terminal and the program that leads its session. Knows nothing of viewers or offsets.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, ioctl_tiocsctty, setsid};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{InputModes, OptionalActions, Winsize, tcgetattr, tcgetpgrp, tcsetattr, tcsetwinsize};
use wire::terminal::Size;

use super::shell::Program;
use super::successor;

/// First argument of the helper that becomes a session leader; see [`lead_session`].
pub(super) const SESSION_COMMAND: &str = "session";

/// The side of a pseudo-terminal that docklet-init holds. Dropping it hangs the terminal up.
#[derive(Debug)]
pub(super) struct Pty {
    master: OwnedFd,
}

impl Pty {
    /// Opens a pseudo-terminal and starts the program in a session of its own on it.
    pub(super) fn start(program: &Program, size: Size) -> io::Result<(Pty, Pid)> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let user_side = ioctl_tiocgptpeer(&master, flags)?;
        let mut modes = tcgetattr(&user_side)?;
        // Else erasing a letter such as ű takes away only its last byte.
        modes.input_modes |= InputModes::IUTF8;
        tcsetattr(&user_side, OptionalActions::Now, &modes)?;
        let pty = Pty { master };
        pty.resize(size)?;
        fcntl_setfl(&pty.master, fcntl_getfl(&pty.master)? | OFlags::NONBLOCK)?;
        let child = successor::helper_for(SESSION_COMMAND, program)
            .stdin(Stdio::from(user_side.try_clone()?))
            .stdout(Stdio::from(user_side.try_clone()?))
            .stderr(Stdio::from(user_side))
            .spawn()?;
        let leader = Pid::from_child(&child);
        Ok((pty, leader))
    }

    /// Reads what the program wrote. `Ok(0)` means: nothing will ever come again.
    pub(super) fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.master, buf) {
            // The kernel's way of saying that no process has the terminal open any more.
            Err(Errno::IO) => Ok(0),
            result => Ok(result?),
        }
    }

    /// Gives input to the program; writes as much as the terminal takes now.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.master, bytes)?)
    }

    /// Tells the kernel, and through it the program, the new size.
    pub(super) fn resize(&self, size: Size) -> io::Result<()> {
        let winsize = Winsize { ws_row: size.rows(), ws_col: size.cols(), ws_xpixel: 0, ws_ypixel: 0 };
        Ok(tcsetwinsize(&self.master, winsize)?)
    }

    /// The process group that reads the keyboard now.
    pub(super) fn foreground(&self) -> Option<Pid> {
        tcgetpgrp(&self.master).ok()
    }
}

impl AsFd for Pty {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

/// The helper's whole life: lead a session on the terminal that is standard input, then become the program.
/// It is a program of its own so that docklet-init needs neither fork nor unsafe code. Returns why it could not.
pub(super) fn lead_session(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let Some(cwd) = arguments.next() else { return successor::for_ourselves_only() };
    match setsid().and_then(|_| ioctl_tiocsctty(io::stdin())) {
        Ok(()) => successor::become_program(Path::new(&cwd), arguments),
        Err(errno) => errno.into(),
    }
}
