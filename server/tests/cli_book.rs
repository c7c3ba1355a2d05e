//! The book's pages on the command line, replayed: each command as it stands there, against a real daemon, prints what the page
//! shows. `UPDATE_BOOK=1` writes into the pages what is printed instead.

mod page;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    book::path,
    common::{
        authority::Authority,
        daemon::{Daemon, Options},
        elsewhere::Elsewhere,
        person::Person,
        quiet_port,
    },
};
use page::{Step, differ, printed, rewritten, script, steps};

/// What the pages call the server, the person's home, `docklet`, and a port of the person's machine.
const HOST: &str = "docklet.example.org";
const HOME: &str = "/home/ada";
const PROGRAM: &str = "/usr/local/bin/docklet";
const PORT: &str = "8080";
/// Of a page, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// More blocks than these would need a person to be kept true.
const MOST_LEFT_OUT: usize = 12;

/// A server under the name that the pages use, and an account on a machine that has never met it.
struct Stage {
    // First the process, then what it reads.
    _daemon: Daemon,
    authority: Authority,
    home: TempDir,
    /// The way to the name of the pages, for programs that ask `HTTPS_PROXY`.
    proxy: Elsewhere,
    port: u16,
}

impl Stage {
    async fn set() -> Self {
        let authority = Authority::new();
        authority.put(&authority.issue());
        let options = Options::default().with_tls(&authority).with("server-public-urls", format!("https://{HOST}"));
        let options = options.with("apps-domain", format!("apps.{HOST}")).with("worker-name", "hera");
        let daemon = options.start().await;
        daemon.add_user("ada");
        let home = tempfile::tempdir().expect("a directory");
        for (user, scopes, file) in [("ada", "vclusters,ssh", "token"), ("admin", "admin", "admin-token")] {
            let token = daemon.cli(&["token", "create", "--user", user, "--expires", "1h", "--scope", scopes]);
            fs::write(home.path().join(file), token).expect("our directory");
        }
        // ssh asks the system where its user is at home; HOME does not count.
        fs::create_dir(home.path().join(".bin")).expect("our directory");
        for name in ["ssh", "scp", "sftp"] {
            let file = home.path().join(".bin").join(name);
            let path = std::env::var("PATH").expect("a path");
            let script =
                format!("#!/bin/sh\nPATH='{path}'\nexec {name} -F \"$HOME/.ssh/config\" -o BatchMode=yes \"$@\"\n");
            fs::write(&file, script).expect("our directory");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("our file");
        }
        let proxy = Elsewhere::proxying(daemon.address()).await;
        Self { _daemon: daemon, authority, home, proxy, port: quiet_port() }
    }

    /// What a page's commands print, in the page's words.
    async fn play(&self, steps: &[Step]) -> String {
        let script = script(steps).replace(PORT, &self.port.to_string());
        let path = std::env::var("PATH").expect("a path");
        let programs = Person::program();
        let programs = programs.parent().expect("its folder").display();
        let home = self.home.path();
        let mut bash = Command::new("bash");
        // None of what the shell of the tests has set; a process that is left behind is still found by this run's name.
        bash.env_clear().envs(std::env::var_os("DOCKLET_TEST_RUN").map(|run| ("DOCKLET_TEST_RUN", run)));
        bash.env("PATH", format!("{}:{programs}:{path}", home.join(".bin").display()))
            .envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("USER", "ada")])
            .env("HOME", home)
            .env("HTTPS_PROXY", self.proxy.url())
            .env("SSL_CERT_FILE", self.authority.root_file());
        let playing = bash.args(["-c", &script]).current_dir(home).stdin(Stdio::null()).kill_on_drop(true).output();
        let output = tokio::time::timeout(PATIENCE, playing).await.expect("in time").expect("bash runs");
        let program = Person::program().display().to_string();
        String::from_utf8_lossy(&output.stdout)
            .replace('\r', "")
            .replace(&program, PROGRAM)
            .replace(&home.display().to_string(), HOME)
            .replace(&self.port.to_string(), PORT)
    }
}

/// In the order in which the book has them.
fn pages() -> Vec<PathBuf> {
    let summary = fs::read_to_string(path("SUMMARY.md")).expect("the book's contents");
    let named = |line: &str| {
        Some(path(&line.split_once("](").filter(|(_, to)| to.starts_with("guide/cli/"))?.1.replace(')', "")))
    };
    summary.lines().filter_map(named).collect()
}

/// What a page shows and what was printed, for each command where they differ.
fn differences(page: &Path, text: &str, steps: &[Step], printed: &[String]) -> Vec<String> {
    let differing = steps.iter().zip(printed).filter(|(step, printed)| differ(text, step, printed));
    differing
        .map(|(step, printed)| {
            let (page, line) = (page.display(), step.output.start);
            format!("{page}:{line}: `{}` prints:\n{printed}", step.command)
        })
        .collect()
}

#[tokio::test]
async fn the_pages_of_the_command_line_show_what_it_prints() {
    let is_recording = std::env::var_os("UPDATE_BOOK").is_some();
    let stage = Stage::set().await;
    let (mut faults, mut left_out) = (Vec::new(), Vec::new());
    let pages = pages();
    assert!(pages.len() > 5, "the pages are gone: {pages:?}");
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        let (steps, reasons) = steps(&text);
        left_out.extend(reasons);
        let output = stage.play(&steps).await;
        let all = printed(&output);
        // Also while recording: a command that fails is no example.
        for (step, (printed, code)) in steps.iter().zip(&all) {
            assert_eq!(*code, "0", "{}:{}: `{}`: {printed}", page.display(), step.output.start, step.command);
        }
        assert_eq!(all.len(), steps.len(), "{}: the shell has ended early: {output}", page.display());
        let all: Vec<String> = all.into_iter().map(|(printed, _)| printed.to_owned()).collect();
        if is_recording {
            fs::write(page, rewritten(&text, &steps, &all)).expect("a page");
        } else {
            faults.extend(differences(page, &text, &steps, &all));
        }
    }
    assert!(faults.is_empty(), "record them with UPDATE_BOOK=1 and read the difference:\n{}", faults.join("\n"));
    assert!(left_out.len() <= MOST_LEFT_OUT, "{} blocks are not replayed: {left_out:#?}", left_out.len());
}
