//! The script of a job. PID 1 keeps it in memory, so nothing is written to the image, and starts a helper, which opens the
//! file that the output goes to and becomes the script. PID 1 touches nothing of the home: where that hangs, the helper waits
//! alone. What goes wrong is said in a sentence for the script's owner. Knows no jobs.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use rustix::fs::{FileType, MemfdFlags, Mode, OFlags, fcntl_setfl, fstat, memfd_create, open};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};

use super::config::BatchSpec;
use super::successor;

/// First argument of the helper that becomes a script; the script is its standard input.
pub(super) const BATCH_COMMAND: &str = "batch";
/// Where interpreters find the script: a descriptor that scripts hardly use for something else.
const SCRIPT: RawFd = 100;
/// What the kernel reads of a first line.
const FIRST_LINE: u64 = 256;

/// A helper that is about to be started. It takes what the script is called, and its arguments.
pub(super) fn helper(batch: &BatchSpec, cwd: &Path) -> io::Result<Command> {
    let mut helper = successor::helper(BATCH_COMMAND);
    helper.arg(cwd).arg(&batch.output).stdin(Stdio::from(in_memory(&batch.script)?));
    Ok(helper)
}

fn in_memory(script: &str) -> io::Result<File> {
    let made = match memfd_create("script", MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
        // Kernels before 6.3 do not know the flag: there, all of them can be executed.
        Err(Errno::INVAL) => memfd_create("script", MemfdFlags::CLOEXEC),
        made => made,
    };
    let mut file = File::from(made.map_err(|errno| cannot("its script cannot be kept in memory", errno))?);
    file.write_all(script.as_bytes())?;
    Ok(file)
}

/// The helper's whole life. Why it could not become the script is all that it ever says.
pub(super) fn become_script(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // Becoming the script takes the outputs away, also where it fails.
    let log = io::stderr().as_fd().try_clone_to_owned();
    let fault = attempt(arguments);
    // Where it cannot be said, the code is all there is.
    let _ = log.and_then(|log| writeln!(File::from(log), "{fault}"));
    ExitCode::from(127)
}

fn attempt(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    let (Some(cwd), Some(output), Some(name)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return successor::for_ourselves_only();
    };
    let prepared = enter(Path::new(&cwd)).and_then(|()| Ok((script()?, output_file(Path::new(&output))?)));
    let (script, output) = match prepared {
        Ok(prepared) => prepared,
        Err(fault) => return fault,
    };
    let mut command = Command::new(format!("/proc/self/fd/{}", script.as_raw_fd()));
    command.arg0(name).args(arguments).stdin(Stdio::null());
    let fault = match output.try_clone() {
        Ok(errors) => successor::become_command(command.stdout(output).stderr(errors)),
        Err(fault) => fault,
    };
    not_run(&interpreter(&script), &fault)
}

fn enter(cwd: &Path) -> io::Result<()> {
    env::set_current_dir(cwd).map_err(|fault| cannot(&format!("its directory {cwd:?} cannot be entered"), fault))
}

/// To be read only, from the beginning, and still there for the interpreter, which opens it once more.
fn script() -> io::Result<File> {
    let opened = || -> io::Result<OwnedFd> {
        let script = fcntl_dupfd_cloexec(File::open("/proc/self/fd/0")?, SCRIPT)?;
        fcntl_setfd(&script, FdFlags::empty())?;
        Ok(script)
    };
    opened().map(File::from).map_err(|fault| cannot("its script cannot be opened", fault))
}

/// What is no regular file is refused: a terminal or a pipe would keep the script waiting, or keep nothing.
fn output_file(path: &Path) -> io::Result<OwnedFd> {
    let opened = || -> io::Result<OwnedFd> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC;
        // Neither waits for a reader, nor takes a terminal for its own.
        let file = match open(path, flags | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::from_raw_mode(0o644)) {
            Err(Errno::NXIO) => return Err(no_regular_file()),
            file => file?,
        };
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(no_regular_file());
        }
        fcntl_setfl(&file, OFlags::APPEND)?;
        Ok(file)
    };
    opened().map_err(|fault| cannot(&format!("its output cannot be written to {path:?}"), fault))
}

fn no_regular_file() -> io::Error {
    io::Error::other("this is not a regular file")
}

/// What the kernel says concerns the interpreter, which it does not name.
fn not_run(interpreter: &str, fault: &io::Error) -> io::Error {
    let sentence = match fault.kind() {
        ErrorKind::NotFound => format!(
            "its first line names the interpreter {interpreter:?}, which is not in the image; name one that is, or use an \
             image that has it"
        ),
        ErrorKind::ArgumentListTooLong => "its arguments and its environment are too long together".to_owned(),
        _ => format!("the interpreter {interpreter:?} of its first line cannot be run: {fault}"),
    };
    io::Error::new(fault.kind(), sentence)
}

/// The program that the script's first line names, as the kernel reads it.
fn interpreter(script: &File) -> String {
    let mut line = Vec::new();
    // Where it cannot be read, none is named.
    let _ = script.take(FIRST_LINE).read_to_end(&mut line);
    interpreter_of(&String::from_utf8_lossy(&line)).to_owned()
}

fn interpreter_of(script: &str) -> &str {
    let line = script.lines().next().unwrap_or_default();
    line.strip_prefix("#!").and_then(|rest| rest.split_ascii_whitespace().next()).unwrap_or_default()
}

fn cannot(what: &str, fault: impl Into<io::Error>) -> io::Error {
    let fault = fault.into();
    io::Error::new(fault.kind(), format!("{what}: {fault}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_interpreter_is_the_first_word_of_the_first_line() {
        for (script, interpreter) in [
            ("#!/bin/sh\necho", "/bin/sh"),
            ("#! /usr/bin/env -S python3 -u\n", "/usr/bin/env"),
            ("#!/bin/bash", "/bin/bash"),
            ("#!\necho", ""),
            ("echo", ""),
            ("", ""),
        ] {
            assert_eq!(interpreter_of(script), interpreter, "{script:?}");
        }
    }

    #[test]
    fn the_output_is_appended_to_a_file_whose_directories_are_made() {
        let home = tempfile::TempDir::new().expect("a directory");
        let path = home.path().join("runs/of today/out");
        for line in ["one\n", "two\n"] {
            let mut file = File::from(output_file(&path).expect("it is opened"));
            file.write_all(line.as_bytes()).expect("it is written");
        }
        assert_eq!(fs::read_to_string(&path).expect("the output"), "one\ntwo\n");
        assert_eq!(path.metadata().expect("its mode").permissions().mode() & 0o777 & !0o644, 0);
    }

    #[test]
    fn what_the_output_cannot_go_to_is_said() {
        let home = tempfile::TempDir::new().expect("a directory");
        fs::write(home.path().join("file"), "").expect("a file");
        let refused = |path: &Path| output_file(path).expect_err("it is no place for output").to_string();
        let directory = refused(home.path());
        assert!(directory.contains(&format!("{:?}: Is a directory", home.path())), "{directory}");
        let below = refused(&home.path().join("file/out"));
        assert!(below.contains("cannot be written to"), "{below}");
        assert!(refused(Path::new("/dev/null")).contains("not a regular file"));
        let fifo = home.path().join("fifo");
        let made = rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RWXU, 0);
        made.expect("a FIFO");
        assert!(refused(&fifo).contains("not a regular file"), "also where nothing reads it");
        let reader = open(&fifo, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).expect("a reader");
        assert!(refused(&fifo).contains("not a regular file"));
        drop(reader);
    }
}
