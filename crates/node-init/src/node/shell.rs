//! Which program a terminal runs: root's login shell if the image has one, and what environment it gets.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::{env, fs};

use rustix::fs::{Access, access};

use crate::protocol::{ErrorBody, ErrorCode};

const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Tried in this order when /etc/passwd names no shell that exists.
const SHELLS: [&str; 6] = ["/bin/bash", "/usr/bin/bash", "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh"];

/// A program ready to be started in a terminal.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// The name it sees itself called by; a login shell's begins with '-'.
    pub arg0: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) cwd: PathBuf,
    pub(super) environment: Vec<(OsString, OsString)>,
}

/// What the image says about root, or would if it had an /etc/passwd.
#[derive(Debug, PartialEq, Eq)]
struct Root {
    home: PathBuf,
    shell: Option<PathBuf>,
}

/// The program for a terminal: `command`, or the login shell if it is empty.
pub(super) fn resolve(command: &[String], environment: &[(OsString, OsString)]) -> Result<Program, ErrorBody> {
    let root = Root::of_this_image();
    let cwd = root.place();
    let shell = root.shell.clone().filter(|path| executable(path)).or_else(any_shell);
    let environment = with_terminal_variables(environment, &root.home, shell.as_deref());
    let Some((name, args)) = command.split_first() else {
        let path = shell.ok_or_else(no_shell)?;
        let mut arg0 = OsString::from("-");
        arg0.push(path.file_name().unwrap_or(OsStr::new("sh")));
        return Ok(Program { path, arg0, args: Vec::new(), cwd, environment });
    };
    let path = find(name, &environment).ok_or_else(|| not_found(name))?;
    Ok(Program { path, arg0: name.into(), args: args.iter().map(OsString::from).collect(), cwd, environment })
}

/// The program of a command that has no terminal. A path is one from where it runs. What is there and cannot be run is the
/// kernel's to refuse, so that it is told from what is not there.
pub(super) fn resolve_plain(command: &[String], environment: &[(OsString, OsString)]) -> Result<Program, ErrorBody> {
    let root = Root::of_this_image();
    let cwd = root.place();
    let shell = root.shell.filter(|path| executable(path)).or_else(any_shell);
    let mut environment = with_user_variables(environment, &root.home, shell.as_deref());
    environment.retain(|(name, _)| name != "TERM" && name != "COLORTERM");
    let Some((name, args)) = command.split_first() else {
        return Err(ErrorBody::new(ErrorCode::BadRequest, "a command begins with the name of a program"));
    };
    let there = || Some(cwd.join(name)).filter(|path| path.exists());
    let path = if name.contains('/') { there() } else { find(name, &environment) };
    let path = path.ok_or_else(|| not_found(name))?;
    Ok(Program { path, arg0: name.into(), args: args.iter().map(OsString::from).collect(), cwd, environment })
}

/// Root's home directory, as the image says.
pub(super) fn root_home() -> PathBuf {
    Root::of_this_image().home
}

fn no_shell() -> ErrorBody {
    let message = "this image has no shell: /etc/passwd names none that exists and there is no bash or sh; open the \
                   terminal with a command of the image, or use an image with a shell";
    ErrorBody::new(ErrorCode::NoShell, message)
}

fn not_found(name: &str) -> ErrorBody {
    ErrorBody::new(
        ErrorCode::CommandNotFound,
        format!("the node has no program {name:?}; give the path of a program that is in the image"),
    )
}

impl Root {
    /// Where root's programs begin.
    fn place(&self) -> PathBuf {
        if self.home.is_dir() { self.home.clone() } else { PathBuf::from("/") }
    }

    fn of_this_image() -> Self {
        Self::of_passwd(&fs::read_to_string("/etc/passwd").unwrap_or_default())
    }

    fn of_passwd(passwd: &str) -> Self {
        let fields =
            passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|f| f.len() >= 7 && f[2] == "0");
        let absolute = |field: &str| Some(PathBuf::from(field)).filter(|path| path.is_absolute());
        Self {
            home: fields.as_ref().and_then(|f| absolute(f[5])).unwrap_or_else(|| PathBuf::from("/root")),
            shell: fields.as_ref().and_then(|f| absolute(f[6])),
        }
    }
}

fn any_shell() -> Option<PathBuf> {
    SHELLS.iter().map(PathBuf::from).find(|path| executable(path))
}

fn executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

/// Looks a program up as a shell would.
pub(super) fn find(name: &str, environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| executable(path));
    }
    let path = environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
    env::split_paths(&path.unwrap_or_else(|| DEFAULT_PATH.into())).map(|dir| dir.join(name)).find(|p| executable(p))
}

/// The environment of what runs for root without a terminal.
pub(super) fn with_root_variables(environment: &[(OsString, OsString)]) -> Vec<(OsString, OsString)> {
    let root = Root::of_this_image();
    let shell = root.shell.filter(|path| executable(path)).or_else(any_shell);
    with_user_variables(environment, &root.home, shell.as_deref())
}

fn with_terminal_variables(
    environment: &[(OsString, OsString)],
    home: &Path,
    shell: Option<&Path>,
) -> Vec<(OsString, OsString)> {
    let mut result = with_user_variables(environment, home, shell);
    set(&mut result, "TERM", OsStr::new("xterm-256color"));
    set(&mut result, "COLORTERM", OsStr::new("truecolor"));
    result
}

fn set(environment: &mut Vec<(OsString, OsString)>, name: &str, value: &OsStr) {
    environment.retain(|(key, _)| key != name);
    environment.push((name.into(), value.into()));
}

fn with_user_variables(
    environment: &[(OsString, OsString)],
    home: &Path,
    shell: Option<&Path>,
) -> Vec<(OsString, OsString)> {
    let mut result = environment.to_vec();
    let has = |result: &[(OsString, OsString)], name: &str| result.iter().any(|(key, _)| key == name);
    set(&mut result, "HOME", home.as_os_str());
    set(&mut result, "USER", OsStr::new("root"));
    set(&mut result, "LOGNAME", OsStr::new("root"));
    if let Some(shell) = shell {
        set(&mut result, "SHELL", shell.as_os_str());
    }
    if !["LANG", "LC_ALL", "LC_CTYPE"].iter().any(|name| has(&result, name)) {
        result.push(("LANG".into(), "C.UTF-8".into()));
    }
    if !has(&result, "PATH") {
        result.push(("PATH".into(), DEFAULT_PATH.into()));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_whoever_has_user_id_zero() {
        let root = Root::of_passwd("daemon:x:1:1::/:/bin/false\nadmin:x:0:0:root:/home/admin:/bin/zsh\n");
        assert_eq!(root, Root { home: "/home/admin".into(), shell: Some("/bin/zsh".into()) });
    }

    #[test]
    fn an_image_without_passwd_has_no_shell_of_its_own() {
        assert_eq!(Root::of_passwd(""), Root { home: "/root".into(), shell: None });
        assert_eq!(Root::of_passwd("root:x:0:0:root:relative:\n"), Root { home: "/root".into(), shell: None });
    }

    #[test]
    fn the_image_keeps_its_language_and_loses_its_terminal_type() {
        let image = [("LANG".into(), "de_DE.UTF-8".into()), ("TERM".into(), "dumb".into())];
        let set = with_terminal_variables(&image, Path::new("/root"), None);
        let value = |name: &str| set.iter().filter(|(key, _)| key == name).map(|(_, v)| v.clone()).collect::<Vec<_>>();
        assert_eq!(value("LANG"), ["de_DE.UTF-8"]);
        assert_eq!(value("TERM"), ["xterm-256color"]);
        assert_eq!(value("PATH"), [DEFAULT_PATH]);
    }

    #[test]
    fn what_has_no_terminal_has_no_type_of_one() {
        let image = [("TERM".into(), "dumb".into()), ("COLORTERM".into(), "truecolor".into())];
        let program = resolve_plain(&["sh".into()], &image).expect("there is a shell");
        let has = |name: &str| program.environment.iter().any(|(key, _)| key == name);
        assert!(has("HOME") && has("PATH") && !has("TERM") && !has("COLORTERM"), "{:?}", program.environment);
    }

    #[test]
    fn what_cannot_be_run_is_told_from_what_is_not_there() {
        assert_eq!(resolve_plain(&["/etc/passwd".into()], &[]).expect("it is there").path, Path::new("/etc/passwd"));
        for missing in ["/no/such/program", "./no-such-program", "no-such-program"] {
            let error = resolve_plain(&[missing.into()], &[]).expect_err("there is no such program");
            assert_eq!(error.code, ErrorCode::CommandNotFound, "{missing}");
        }
        assert_eq!(resolve_plain(&[], &[]).expect_err("no program").code, ErrorCode::BadRequest);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = resolve(&["no-such-program".into()], &[]).expect_err("there is no such program");
        assert_eq!(error.code, ErrorCode::CommandNotFound);
        assert!(error.message.contains("no-such-program"));
    }
}
