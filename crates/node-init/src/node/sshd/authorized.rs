//! `authorized_keys` of a home that several nodes write to at once, and its user, too. A key is appended, under a lock and in
//! one piece: a program that appends without the lock, as ssh-copy-id does, loses no line, because no line is written anew.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use super::files;
use crate::protocol::SshPublicKey;

const NAME: &str = "authorized_keys";
/// What is read of it for a request.
const LARGEST: u64 = 1 << 20;
/// How often the file may be replaced between opening and locking, as an editor does once.
const MOST_TRIES: usize = 16;
/// The lock is held for as long as a line is written: two seconds are long.
const MOST_LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Adds a key of the nodes' own. Where its user keeps the file somewhere else, behind a link, it is added there.
pub(super) fn add_own(ssh: &Path, public_key: &str) -> io::Result<()> {
    let path = ssh.join(NAME);
    // A pipe in its place is opened without waiting for its other end, and then refused.
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let file = locked(|| options.open(&path))?;
    append_once(file, public_key, u64::MAX)
}

/// Adds a key on request; no link is followed.
pub(super) fn add(ssh: &File, key: &SshPublicKey) -> io::Result<()> {
    let file = locked(|| files::open_in(ssh, NAME, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE))?;
    append_once(file, &key.to_string(), LARGEST)
}

/// The file that lies there, locked until it is closed. A lock that a program of the user's never gives back is
/// passed over: a line that is appended in one piece needs no lock to be whole.
fn locked(open: impl Fn() -> io::Result<File>) -> io::Result<File> {
    for _ in 0..MOST_TRIES {
        let file = open()?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("~/.ssh/authorized_keys is no file"));
        }
        if !locks(&file)? {
            return Ok(file);
        }
        let (held, there) = (file.metadata()?, open()?.metadata()?);
        if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
    Err(io::Error::other("~/.ssh/authorized_keys is replaced again and again"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a thread of its own, or the helper that becomes sshd; there is no runtime"
)]
fn locks(file: &File) -> io::Result<bool> {
    for _ in 0..MOST_LOOKS {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => thread::sleep(BETWEEN_LOOKS),
            locked => return locked.map(|()| true).map_err(io::Error::from),
        }
    }
    Ok(false)
}

fn append_once(mut file: File, line: &str, largest: u64) -> io::Result<()> {
    let mut text = Vec::new();
    (&file).take(largest.saturating_add(1)).read_to_end(&mut text)?;
    if text.len() as u64 > largest {
        return Err(io::Error::other("~/.ssh/authorized_keys has more than 1 MiB; make it smaller first"));
    }
    if !lets_in(&text, line) {
        let separator = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
        file.write_all(format!("{separator}{line}\n").as_bytes())?;
    }
    files::deny_others_writing_to(&file)
}

/// Whether a line is about this key: its type and the key itself, whatever stands in front of them or behind.
fn lets_in(authorized: &[u8], line: &str) -> bool {
    let mut words = line.split(' ');
    let wanted = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    String::from_utf8_lossy(authorized).lines().filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        let words = line.split_ascii_whitespace();
        words.clone().zip(words.skip(1)).any(|pair| pair == wanted)
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use tempfile::TempDir;

    use super::*;

    const MINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";

    fn key(text: &str) -> SshPublicKey {
        text.parse().expect("a key")
    }

    #[test]
    fn a_lock_that_is_never_given_back_and_a_pipe_keep_nobody_waiting() {
        let home = Home::with("");
        let holder = OpenOptions::new().read(true).open(home.file()).expect("the file");
        flock(&holder, FlockOperation::LockExclusive).expect("locked");
        add(&home.ssh(), &key(MINE)).expect("added none the less");
        assert_eq!(home.text(), format!("{MINE}\n"));
        let pipe = Home::new();
        pipe.ssh();
        rustix::fs::mknodat(rustix::fs::CWD, pipe.file(), rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("a pipe");
        assert!(add_own(&pipe.0.path().join(".ssh"), OTHER).is_err());
    }

    struct Home(TempDir);

    impl Home {
        fn new() -> Self {
            Self(TempDir::new().expect("a temporary directory"))
        }

        fn with(text: &str) -> Self {
            let home = Self::new();
            home.ssh();
            fs::write(home.file(), text).expect("written");
            home
        }

        fn ssh(&self) -> File {
            files::open_ssh(self.0.path()).expect("its directory")
        }

        fn file(&self) -> std::path::PathBuf {
            self.0.path().join(".ssh/authorized_keys")
        }

        fn text(&self) -> String {
            fs::read_to_string(self.file()).expect("the file")
        }

        fn mode(&self) -> u32 {
            fs::metadata(self.file()).expect("the file").mode() & 0o777
        }

        fn add(&self, line: &str) -> io::Result<()> {
            add(&self.ssh(), &key(line))
        }
    }

    #[test]
    fn a_key_is_added_once_and_the_users_lines_stay() {
        let home = Home::with("ssh-rsa AAAB mine");
        fs::set_permissions(home.file(), Permissions::from_mode(0o666)).expect("the mode is set");
        for comment in ["ada@home", "ada@home", "the same key under another name"] {
            home.add(&format!("{MINE} {comment}")).expect("the key is added");
            add_own(&home.0.path().join(".ssh"), OTHER).expect("our own is added");
        }
        assert_eq!(home.text(), format!("ssh-rsa AAAB mine\n{MINE} ada@home\n{OTHER}\n"));
        assert_eq!(home.mode(), 0o644);
    }

    #[test]
    fn a_file_that_is_made_is_for_root_alone() {
        let home = Home::new();
        home.add(MINE).expect("the key is added");
        assert_eq!((home.text(), home.mode()), (format!("{MINE}\n"), 0o600));
    }

    #[test]
    fn a_key_that_its_user_has_bound_to_a_command_is_not_set_free() {
        let bound = format!("restrict,command=\"echo no\" {MINE} bound\n");
        let home = Home::with(&bound);
        home.add(MINE).expect("it is there");
        assert_eq!(home.text(), bound);
    }

    #[test]
    fn a_key_that_was_commented_out_or_is_part_of_another_is_not_there() {
        let text = format!("# {MINE}\n{MINE}AAAA\necdsa-sha2-nistp256 {}\n", MINE.replace("ssh-ed25519 ", ""));
        let home = Home::with(&text);
        home.add(MINE).expect("the key is added");
        assert_eq!(home.text(), format!("{text}{MINE}\n"));
    }

    #[test]
    fn of_many_who_write_at_once_nobody_loses_a_line() {
        let home = Home::with("");
        thread::scope(|scope| {
            for writer in 0..8 {
                let home = &home;
                scope.spawn(move || home.add(&format!("{MINE} writer-{writer}")).expect("the key is added"));
            }
            // As ssh-copy-id does it, without a lock.
            scope.spawn(|| {
                for number in 0..200 {
                    let mut file = OpenOptions::new().append(true).open(home.file()).expect("the file");
                    file.write_all(format!("ssh-rsa AAAB{number} theirs\n").as_bytes()).expect("written");
                }
            });
        });
        let text = home.text();
        assert_eq!(text.lines().filter(|line| line.starts_with(MINE)).count(), 1, "{text}");
        assert_eq!(text.lines().filter(|line| line.ends_with(" theirs")).count(), 200, "{text}");
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 201, "{text}");
    }

    #[test]
    fn a_link_is_not_followed() {
        let (home, elsewhere) = (Home::new(), Home::with("theirs\n"));
        home.ssh();
        symlink(elsewhere.file(), home.file()).expect("a link");
        assert!(home.add(MINE).expect_err("a link").to_string().contains("not a file"));
        let linked = TempDir::new().expect("a temporary directory");
        symlink(elsewhere.0.path().join(".ssh"), linked.path().join(".ssh")).expect("a link");
        assert!(files::open_ssh(linked.path()).expect_err("a link").to_string().contains("not a directory"));
        assert_eq!(elsewhere.text(), "theirs\n");
    }

    #[test]
    fn a_file_without_end_is_refused_and_stays_as_it_is() {
        let home = Home::with(&"x".repeat(LARGEST as usize + 1));
        assert!(home.add(MINE).expect_err("too large").to_string().contains("1 MiB"));
        assert_eq!(home.text().len() as u64, LARGEST + 1);
    }
}
