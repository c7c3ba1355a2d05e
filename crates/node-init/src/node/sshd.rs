//! The built-in sshd service. A helper process prepares keys and configuration, then becomes sshd; docklet-init itself
//! never waits for a shared home.

mod authorized;
mod files;
mod keys;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::config::{Health, ServiceSpec, Start};
use super::{shell, successor};
use crate::protocol::{ErrorBody, ErrorCode, HostKeys, SshPublicKey};

/// First argument of the helper.
pub(super) const SSHD_COMMAND: &str = "sshd";
/// What the service is called.
pub(super) const NAME: &str = "sshd";
const SSHD: &str = "/usr/sbin/sshd";
const PORT: u16 = 22;
/// In the home's `.ssh`.
const HOST_KEY: &str = "docklet_host_ed25519";
const HOST_KEY_PUBLIC: &str = "docklet_host_ed25519.pub";

/// Why sshd cannot run in this image.
pub(super) fn missing() -> Option<&'static str> {
    (!Path::new(SSHD).is_file()).then_some("not in this image")
}

/// The service as the supervisor sees it.
pub(super) fn spec() -> ServiceSpec {
    ServiceSpec {
        name: NAME.into(),
        command: vec!["/proc/self/exe".into(), SSHD_COMMAND.into()],
        env: Default::default(),
        cwd: None,
        health: Some(Health::Tcp(PORT)),
        start: Start::AtOnce,
        missing: None,
        batch: None,
    }
}

/// Why ssh cannot be used, and what works instead.
pub(super) fn unavailable(why: &str) -> ErrorBody {
    let message = format!("this node has no sshd that runs: {why}; `docklet ssh` opens a terminal without it");
    ErrorBody::new(ErrorCode::NoSsh, message)
}

/// Adds a key of the user's own. Waits for the home, so it is not for the loop.
pub(super) fn authorize_in_home(key: &SshPublicKey) -> Result<HostKeys, ErrorBody> {
    authorize(&shell::root_home(), key)
}

fn authorize(home: &Path, key: &SshPublicKey) -> Result<HostKeys, ErrorBody> {
    match let_in(home, key) {
        Ok(host_key) => Ok(HostKeys { host_keys: vec![host_key] }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(ErrorBody::new(ErrorCode::Busy, "the node's own ssh keys are not made yet; try again in a moment"))
        }
        Err(error) => Err(ErrorBody::new(ErrorCode::NoSsh, format!("the key cannot be let in: {error}"))),
    }
}

/// Returns the public host key. No link of the home is followed.
fn let_in(home: &Path, key: &SshPublicKey) -> io::Result<SshPublicKey> {
    let ssh = files::open_ssh(home)?;
    // The file beside the private one: docklet-init itself starts no ssh-keygen, whose end its loop would take for another's.
    let host_key = keys::read_public(&ssh, HOST_KEY_PUBLIC)?;
    files::deny_others_writing(home)?;
    authorized::add(&ssh, key)?;
    Ok(host_key)
}

/// The helper's whole life. Returns why sshd could not be started.
pub(super) fn become_sshd() -> io::Error {
    match prepare(&shell::root_home()) {
        Ok(host_key) => successor::become_command(
            Command::new(SSHD)
                .args(["-D", "-e", "-o"])
                .arg(format!("HostKey={}", host_key.display()))
                .args(["-o", "PermitRootLogin=prohibit-password"]),
        ),
        Err(error) => error,
    }
}

/// Makes `ssh node-1` work from and to this node. Returns the private host key.
fn prepare(home: &Path) -> io::Result<PathBuf> {
    files::make_dir(Path::new("/run/sshd"), 0o755)?;
    let ssh = home.join(".ssh");
    files::make_dir(&ssh, 0o700)?;
    files::deny_others_writing(home)?;
    files::deny_others_writing(&ssh)?;
    keys::remove_leftovers(&ssh)?;
    let user_key = ssh.join("docklet_ed25519");
    let host_key = ssh.join(HOST_KEY);
    keys::make(&user_key, "docklet: between the nodes of this home")?;
    keys::make(&host_key, "docklet: the host key of the nodes of this home")?;
    authorized::add_own(&ssh, &keys::public(&user_key)?)?;
    files::configure_client(Path::new("/etc/ssh"), &user_key, &keys::public(&host_key)?)?;
    Ok(host_key)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const MINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ada@home";
    const HOST: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";

    #[test]
    fn a_key_is_let_in_once_the_nodes_own_keys_are_made() {
        let home = TempDir::new().expect("a temporary directory");
        let key: SshPublicKey = MINE.parse().expect("a key");
        let early = authorize(home.path(), &key).expect_err("nothing is made yet");
        assert_eq!(early.code, ErrorCode::Busy, "{}", early.message);
        fs::write(home.path().join(".ssh").join(HOST_KEY_PUBLIC), format!("{HOST} the host\n")).expect("written");
        let told = authorize(home.path(), &key).expect("it is let in");
        assert_eq!(told.host_keys.iter().map(SshPublicKey::key).collect::<Vec<_>>(), [HOST]);
        let file = home.path().join(".ssh/authorized_keys");
        assert_eq!(fs::read_to_string(file).expect("the file"), format!("{MINE}\n"));
    }

    #[test]
    fn what_is_no_host_key_is_not_told_and_lets_nobody_in() {
        let home = TempDir::new().expect("a temporary directory");
        let ssh = home.path().join(".ssh");
        fs::create_dir(&ssh).expect("made");
        for text in ["", "root:x:0:0::/root:/bin/sh\n", &"x".repeat(1 << 20)] {
            fs::write(ssh.join(HOST_KEY_PUBLIC), text).expect("written");
            let refused = authorize(home.path(), &MINE.parse().expect("a key")).expect_err("no key");
            assert!(refused.message.ends_with("docklet_host_ed25519.pub is no public key"), "{}", refused.message);
        }
        assert!(!ssh.join("authorized_keys").exists());
    }
}
