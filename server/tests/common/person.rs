//! A person who works with `docklet` in a terminal, and programs that are given their input.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{
    PROMPTLY,
    client::Client,
    daemon::{DOCKLETD, Daemon},
};

/// A person's account on a machine with `docklet`, and with nothing else of ours.
pub(crate) struct Person {
    pub(crate) home: tempfile::TempDir,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a directory") }
    }

    /// Signed in with this client's token.
    pub(crate) async fn signed_in(daemon: &Daemon, client: &Client) -> Self {
        let person = Self::new();
        let token = client.token.as_deref().expect("a token");
        let done = person.run_with(&["login", &daemon.url(), "--token-stdin"], token).await;
        assert!(done.status.success(), "{done:?}");
        person
    }

    pub(crate) fn program() -> PathBuf {
        Path::new(DOCKLETD).with_file_name("docklet")
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in [
            "DOCKLET_URL",
            "DOCKLET_TOKEN",
            "DOCKLET_CONTEXT",
            "DOCKLET_CONFIG_DIR",
            "XDG_CONFIG_HOME",
            "SSH_AUTH_SOCK",
            // No browser opens in a test.
            "DISPLAY",
            "WAYLAND_DISPLAY",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", self.home.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "").await
    }

    pub(crate) async fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(Self::program());
        feed(command.args(arguments), input.as_bytes()).await
    }

    /// What it printed, where it has to succeed.
    pub(crate) async fn prints(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments).await;
        assert!(done.status.success(), "{arguments:?}: {done:?}");
        text(&done.stdout)
    }

    /// Its exit code and its sentence, where it has to fail.
    pub(crate) async fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let done = self.run(arguments).await;
        (done.status.code().expect("a code"), text(&done.stderr))
    }

    /// One of OpenSSH's programs, which knows nothing but this home.
    pub(crate) fn openssh(&self, program: &str) -> Command {
        let mut command = self.command(program);
        // ssh asks the system where its user is at home; HOME does not count.
        command.arg("-F").arg(self.home.path().join(".ssh/config")).args(["-o", "BatchMode=yes"]);
        command
    }

    pub(crate) async fn installs_ssh(&self) {
        let done = self.run(&["ssh-config", "--install"]).await;
        assert!(done.status.success(), "{done:?}");
    }
}

/// Gives the command its input and waits for its end.
pub(crate) async fn feed(command: &mut Command, input: &[u8]) -> Output {
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let mut child = command.stdin(stdin).spawn().expect("it runs");
    let (stdin, input) = (child.stdin.take(), input.to_vec());
    // Beside its output: neither may wait for the other. What ends early reads no more.
    let writing = tokio::spawn(async move {
        match stdin {
            Some(mut stdin) => stdin.write_all(&input).await,
            None => Ok(()),
        }
    });
    let output =
        tokio::time::timeout(PROMPTLY * 6, child.wait_with_output()).await.expect("it ends").expect("its output");
    let _ = writing.await.expect("no panic");
    output
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Something else in every byte, again and again.
pub(crate) fn noise(bytes: u32) -> Vec<u8> {
    (0..bytes).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}
