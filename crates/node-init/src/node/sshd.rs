//! The built-in sshd service. A helper process prepares keys and configuration, then becomes sshd; docklet-init itself
//! never waits for a shared home.

mod files;
mod keys;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::config::{Health, ServiceSpec, Start};
use super::{shell, successor};

/// First argument of the helper.
pub(super) const SSHD_COMMAND: &str = "sshd";
const SSHD: &str = "/usr/sbin/sshd";
const PORT: u16 = 22;

/// Why sshd cannot run in this image.
pub(super) fn missing() -> Option<&'static str> {
    (!Path::new(SSHD).is_file()).then_some("not in this image")
}

/// The service as the supervisor sees it.
pub(super) fn spec() -> ServiceSpec {
    ServiceSpec {
        name: "sshd".into(),
        command: vec!["/proc/self/exe".into(), SSHD_COMMAND.into()],
        env: Default::default(),
        cwd: None,
        health: Some(Health::Tcp(PORT)),
        start: Start::AtOnce,
        missing: None,
    }
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
    let host_key = ssh.join("docklet_host_ed25519");
    keys::make(&user_key, "docklet: between the nodes of this home")?;
    keys::make(&host_key, "docklet: the host key of the nodes of this home")?;
    files::authorize(&ssh, &keys::public(&user_key)?)?;
    files::configure_client(Path::new("/etc/ssh"), &user_key, &keys::public(&host_key)?)?;
    Ok(host_key)
}
