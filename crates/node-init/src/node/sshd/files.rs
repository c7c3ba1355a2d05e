//! The files sshd and ssh read: permissions they insist on, the user's authorized_keys, the node's own ssh configuration.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

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
    let mode = fs::metadata(path)?.mode();
    if mode & 0o022 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(mode & 0o7777 & !0o022))
}

/// Appends the key to the user's authorized_keys unless it is there.
pub(super) fn authorize(ssh: &Path, public_key: &str) -> io::Result<()> {
    let path = ssh.join("authorized_keys");
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
    // Other nodes of the same home may do the same right now; the lock ends with the file.
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)?;
    let text = fs::read(&path)?;
    if !contains_key(&text, public_key) {
        let separator = if text.is_empty() || text.ends_with(b"\n") { "" } else { "\n" };
        file.write_all(format!("{separator}{public_key}\n").as_bytes())?;
    }
    deny_others_writing(&path)
}

fn contains_key(authorized: &[u8], public_key: &str) -> bool {
    let blob = public_key.split(' ').nth(1).unwrap_or(public_key);
    String::from_utf8_lossy(authorized).lines().any(|line| !line.starts_with('#') && line.contains(blob))
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
    fn a_key_is_authorized_once_and_the_users_lines_stay() {
        let home = TempDir::new().expect("a temporary directory");
        let path = home.path().join("authorized_keys");
        fs::write(&path, "ssh-rsa AAAB mine").expect("the user's file is written");
        fs::set_permissions(&path, Permissions::from_mode(0o666)).expect("the mode is set");
        for _ in 0..2 {
            authorize(home.path(), KEY).expect("the key is authorized");
        }
        assert_eq!(fs::read_to_string(&path).expect("the file"), format!("ssh-rsa AAAB mine\n{KEY}\n"));
        assert_eq!(fs::metadata(&path).expect("the file").mode() & 0o777, 0o644);
    }

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
