//! The files sshd and ssh read: permissions they insist on, how those of a home are opened, the node's own ssh configuration.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

const MARK: &str = "# Made by docklet-init at every start; put settings of your own into another file.";

/// Makes a directory unless it exists.
pub(super) fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// sshd ignores keys in a home others may write to (StrictModes). Takes that right away, and no other.
pub(super) fn deny_others_writing(path: &Path) -> io::Result<()> {
    deny_others_writing_to(&File::open(path)?)
}

/// The same of what is open.
pub(super) fn deny_others_writing_to(file: &File) -> io::Result<()> {
    let mode = file.metadata()?.mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    file.set_permissions(Permissions::from_mode(mode & 0o7777 & !0o022))
}

/// The home's `.ssh`, made where it is not there. A link is not followed.
pub(super) fn open_ssh(home: &Path) -> io::Result<File> {
    let path = home.join(".ssh");
    make_dir(&path, 0o700)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(&path, flags, Mode::empty()) {
        Err(Errno::LOOP | Errno::NOTDIR) => Err(io::Error::other("~/.ssh is a link or a file, not a directory")),
        opened => {
            let ssh = File::from(opened?);
            deny_others_writing_to(&ssh)?;
            Ok(ssh)
        }
    }
}

/// An ordinary file in there; no link is followed, and no pipe or device in its place waited for.
pub(super) fn open_in(ssh: &File, name: &str, flags: OFlags) -> io::Result<File> {
    let odd = || io::Error::other(format!("~/.ssh/{name} is a link or a device, not a file"));
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::openat(ssh, name, flags, Mode::RUSR | Mode::WUSR) {
        Err(Errno::LOOP) => return Err(odd()),
        opened => File::from(opened?),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(odd()) }
}

/// Makes `ssh node-1` use the home's key and check the home's host key, without a question.
pub(super) fn configure_client(etc: &Path, user_key: &Path, host_public: &str) -> io::Result<()> {
    let known_hosts = etc.join("docklet_known_hosts");
    replace(&known_hosts, &format!("{MARK}\nnode-* {host_public}\n"))?;
    let block = client_block(user_key, &known_hosts, etc);
    let main = etc.join("ssh_config");
    let current = match fs::read_to_string(&main) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        result => result?,
    };
    let extra = etc.join("ssh_config.d");
    if includes(&current) {
        make_dir(&extra, 0o755)?;
        return replace(&extra.join("docklet.conf"), &format!("{MARK}\n{block}"));
    }
    if current.contains(&block) {
        return Ok(());
    }
    // An image whose ssh reads no directory: its one file is the node's own, and our part goes to its end.
    replace(&main, &format!("{current}\n# For docklet's nodes:\n{block}"))
}

fn includes(ssh_config: &str) -> bool {
    ssh_config.lines().any(|line| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| word.eq_ignore_ascii_case("include"))
            && words.any(|word| word.ends_with("ssh_config.d/*.conf"))
    })
}

fn client_block(user_key: &Path, known_hosts: &Path, etc: &Path) -> String {
    format!(
        "Host node-*\n    IdentityFile {}\n    GlobalKnownHostsFile {} {}\n    StrictHostKeyChecking yes\n    \
         CheckHostIP no\n    UpdateHostKeys no\n",
        user_key.display(),
        known_hosts.display(),
        etc.join("ssh_known_hosts").display(),
    )
}

/// Replaces a file of the node in one step, unless it says that already.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|current| current == text) {
        return Ok(());
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".docklet-new");
    fs::write(&temporary, text)?;
    fs::set_permissions(&temporary, Permissions::from_mode(0o644))?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3Nz comment";

    #[test]
    fn an_image_with_an_include_gets_a_file_of_its_own() {
        let etc = TempDir::new().expect("a temporary directory");
        fs::write(etc.path().join("ssh_config"), "Include /etc/ssh/ssh_config.d/*.conf\n").expect("a config");
        configure_client(etc.path(), Path::new("/root/.ssh/k"), KEY).expect("ssh is configured");
        let text = fs::read_to_string(etc.path().join("ssh_config.d/docklet.conf")).expect("our file");
        assert!(text.contains("Host node-*\n    IdentityFile /root/.ssh/k\n"));
        let known = fs::read_to_string(etc.path().join("docklet_known_hosts")).expect("known hosts");
        assert!(known.contains("node-* ssh-ed25519 AAAAC3Nz"));
    }

    #[test]
    fn an_image_without_an_include_gets_our_part_once_at_the_end() {
        let etc = TempDir::new().expect("a temporary directory");
        fs::write(etc.path().join("ssh_config"), "Host *\n    SendEnv LANG\n").expect("a config");
        for _ in 0..2 {
            configure_client(etc.path(), Path::new("/root/.ssh/k"), KEY).expect("ssh is configured");
        }
        let text = fs::read_to_string(etc.path().join("ssh_config")).expect("the config");
        assert!(text.starts_with("Host *\n    SendEnv LANG\n"));
        assert_eq!(text.matches("Host node-*").count(), 1);
    }

    #[test]
    fn a_home_others_may_write_to_loses_just_that() {
        let home = TempDir::new().expect("a temporary directory");
        fs::set_permissions(home.path(), Permissions::from_mode(0o1777)).expect("the mode is set");
        deny_others_writing(home.path()).expect("the mode is corrected");
        assert_eq!(fs::metadata(home.path()).expect("the directory").mode() & 0o7777, 0o1755);
    }
}
