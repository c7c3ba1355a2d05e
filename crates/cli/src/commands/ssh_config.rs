//! What OpenSSH needs to know so that `ssh node-0.lab.docklet` asks nothing: a block of its configuration, a key of this
//! machine, and each node's host key, which the server says over a connection that is trusted.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use wire::ssh::{AuthorizeSshKey, SshAccess};

use crate::{
    client::Client,
    config::{Contexts, directory, write_private},
    failure::{Failure, Kind},
    output::Output,
};

const SUFFIX: &str = ".docklet";
const KEY: &str = "id_ed25519";
const HOST_KEYS: &str = "known_hosts.d";
/// Where host keys are when DOCKLET_URL names the server.
const NO_CONTEXT: &str = "_";

/// Prints the block, or puts it where ssh finds it. It names its context: names of nodes must not lead to another server after
/// `docklet context use`.
pub(super) fn run(install: bool, context: Option<&str>, output: &Output) -> Result<(), Failure> {
    let (folder, contexts) = (directory()?, Contexts::load()?);
    contexts.chosen(context)?;
    let name = context.or(contexts.current()).unwrap_or_default();
    let block = block(&folder, &env::current_exe()?, name)?;
    key(&folder)?;
    if !install {
        io::Write::write_all(&mut io::stdout().lock(), block.as_bytes())?;
        return Ok(());
    }
    let file = folder.join("ssh_config");
    write_private(&file, block.as_bytes())?;
    include(&file)?;
    output.say("ssh knows your nodes now, for example: ssh node-0.VCLUSTER.docklet");
    Ok(())
}

/// `node-0.lab.docklet` as `lab/node-0`, `lab.docklet` as `lab`.
pub(super) fn target(host: &str) -> String {
    let name = host.strip_suffix(SUFFIX).unwrap_or(host);
    match name.split_once('.') {
        Some((node, vcluster)) => format!("{vcluster}/{node}"),
        None => name.to_owned(),
    }
}

/// Has this machine's key let in, and writes down what the node shows itself with. Without `ssh-config` there is no key of
/// ours, and the caller logs in with one of their own. A host that is not called as ssh calls it is only connected to.
pub(super) async fn prepare(client: &Client, node: &str, host: &str) -> Result<(), Failure> {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if host.starts_with('.') || !host.chars().all(is_host) {
        return Ok(());
    }
    let folder = directory()?;
    let public_key = match fs::read_to_string(folder.join(KEY).with_extension("pub")) {
        Ok(key) => key.trim().to_owned(),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(fault) => return Err(fault.into()),
    };
    let access: SshAccess = client.post(&format!("{node}/ssh"), &AuthorizeSshKey { public_key }).await?;
    // A line is one key: what else the server says of it is not ssh's.
    let lines: String =
        access.host_keys.iter().filter(|key| !key.contains('\n')).map(|key| format!("{host} {key}\n")).collect();
    // ssh looks for it under the name it was called with, and for each server apart.
    let file = host_keys(&folder, client.context().unwrap_or(NO_CONTEXT)).join(host);
    Ok(write_private(&file, lines.as_bytes())?)
}

fn host_keys(folder: &Path, context: &str) -> PathBuf {
    folder.join(HOST_KEYS).join(context)
}

/// A host with what a shell acts on is none of ours: its name would stand in the command.
fn block(folder: &Path, program: &Path, context: &str) -> Result<String, Failure> {
    let (key, host_keys) = (quoted(&folder.join(KEY))?, quoted(&host_keys(folder, context))?);
    let program = program_word(program)?;
    let not_ours: String = ['$', '`', ';', '&', '|', '<', '>', '('].iter().map(|c| format!(" !*{c}*")).collect();
    Ok(format!(
        "# Written by docklet ssh-config.\n\
         Host *{SUFFIX}{not_ours}\n    \
             User root\n    \
             ProxyCommand {program} --context {context} connect %h %p\n    \
             IdentityFile \"{key}\"\n    \
             IdentitiesOnly yes\n    \
             UserKnownHostsFile \"{host_keys}/%h\"\n    \
             GlobalKnownHostsFile none\n    \
             StrictHostKeyChecking yes\n    \
             UpdateHostKeys no\n"
    ))
}

/// ssh hands the command to a shell, after it has replaced `%`.
fn program_word(program: &Path) -> Result<String, Failure> {
    let text = program.to_str().ok_or_else(|| Failure::usage("The path of docklet is not UTF-8."))?;
    Ok(format!("'{}'", text.replace('\'', r"'\''").replace('%', "%%")))
}

/// A path inside double quotes, as ssh's configuration has it.
fn quoted(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(['"', '\n']));
    let wrong = || Failure::usage(format!("ssh's configuration cannot name the path {}.", path.display()));
    Ok(text.ok_or_else(wrong)?.replace('%', "%%"))
}

/// Makes this machine's key where there is none.
fn key(folder: &Path) -> Result<(), Failure> {
    let key = folder.join(KEY);
    if key.exists() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let comment = format!("docklet@{}", rustix::system::uname().nodename().to_string_lossy());
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", &comment, "-f"])
        .arg(&key)
        .stdin(Stdio::null())
        .status();
    match made {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(Kind::Other, format!("ssh-keygen made no key ({status})."))),
        Err(fault) => {
            Err(Failure::new(Kind::Other, format!("ssh-keygen cannot be run ({fault}); install OpenSSH's client.")))
        }
    }
}

/// One line at the beginning of the person's own configuration: behind a `Host` it would belong to that host alone.
fn include(file: &Path) -> Result<(), Failure> {
    let home = env::var_os("HOME").map(PathBuf::from).ok_or_else(|| Failure::usage("HOME is not set."))?;
    let folder = home.join(".ssh");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let config = folder.join("config");
    // A symbolic link, as dotfile managers make, stays; the file it leads to is written.
    let config = fs::canonicalize(&config).unwrap_or(config);
    let line = format!("Include \"{}\"\n", quoted(file)?);
    let before = match fs::read_to_string(&config) {
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => String::new(),
        text => text?,
    };
    if before.lines().any(|there| there == line.trim_end()) {
        return Ok(());
    }
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&config)?;
    Ok(write_private(&config, format!("{line}\n{before}").as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_name_names_a_node() {
        for (host, named) in
            [("node-0.lab.docklet", "lab/node-0"), ("lab.docklet", "lab"), ("node-1.lab", "lab/node-1"), ("lab", "lab")]
        {
            assert_eq!(target(host), named);
        }
    }

    #[test]
    fn paths_are_written_so_that_ssh_reads_them() {
        let block = block(Path::new("/home/a b/50%"), Path::new("/opt/it's/docklet"), "work").expect("a block");
        assert!(block.contains(r#"IdentityFile "/home/a b/50%%/id_ed25519""#), "{block}");
        assert!(block.contains(r#"ProxyCommand '/opt/it'\''s/docklet' --context work connect %h %p"#), "{block}");
        assert!(super::block(Path::new("/a\"b"), Path::new("/docklet"), "work").is_err());
    }
}
