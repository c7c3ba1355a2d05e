//! A real OpenID provider for one test: the trial provider of images/trial-idp, on a port of its own, gone when it is dropped
//! and also when the test is killed (it ends with its standard input).

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../images/trial-idp/server.mjs");

#[derive(Debug)]
pub struct TrialProvider {
    child: Child,
    issuer: String,
}

impl TrialProvider {
    /// With `environment` beside what makes it a test's: a free port and the switch for misbehaving.
    ///
    /// # Panics
    /// When it does not start; its own words are on standard error then.
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let packages = Path::new(PROGRAM).with_file_name("node_modules");
        assert!(packages.is_dir(), "there are no packages of images/trial-idp; fetch them with scripts/end2end.sh");
        let mut command = Command::new("node");
        command.arg(PROGRAM).env("PORT", "0").env("TRIAL_CONTROL", "1").env("TRIAL_ENDS_WITH_STDIN", "1");
        command.env("NODE_NO_WARNINGS", "1").envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("node runs");
        let mut said = String::new();
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut said).expect("its first line");
        let issuer = said.split_whitespace().find(|word| word.starts_with("http://"));
        let issuer = issuer.unwrap_or_else(|| panic!("it has said {said:?} in place of its address")).to_owned();
        Self { child, issuer }
    }

    /// What it calls itself: `http://127.0.0.1:PORT`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for TrialProvider {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
