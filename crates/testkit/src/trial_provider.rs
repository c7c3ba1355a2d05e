//! A real OpenID provider for one test: the trial provider of images/trial-idp, on a port of its own, gone when it is dropped
//! and also when the test is killed (it ends with its standard input).

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../images/trial-idp/server.mjs");

/// How long it may take to say where it is, and how often it is tried.
const PATIENCE: Duration = Duration::from_secs(30);
const TRIES: usize = 3;

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
        // Node was seen once to stand still before its first line of script, for ever and with all of its threads.
        let begun = (0..TRIES).find_map(|_| Self::try_start(environment));
        begun.unwrap_or_else(|| panic!("node says nothing within {PATIENCE:?}, {TRIES} times in a row"))
    }

    /// `None` when it says nothing.
    fn try_start(environment: &[(&str, &str)]) -> Option<Self> {
        let mut command = Command::new("node");
        command.arg(PROGRAM).env("PORT", "0").env("TRIAL_CONTROL", "1").env("TRIAL_ENDS_WITH_STDIN", "1");
        command.env("NODE_NO_WARNINGS", "1").envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("node runs");
        let (mut stdout, (tell, hear)) = (BufReader::new(child.stdout.take().expect("a pipe")), mpsc::channel());
        // Goes on reading: a process that writes to a closed pipe is ended.
        let reading = std::thread::spawn(move || {
            let mut first = String::new();
            stdout.read_line(&mut first).expect("its first line");
            // The receiver may have given up.
            let _ = tell.send(first);
            std::io::copy(&mut stdout, &mut std::io::sink()).expect("what else it says");
        });
        let Ok(said) = hear.recv_timeout(PATIENCE) else {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
            reading.join().expect("its end is read");
            return None;
        };
        let issuer = said.split_whitespace().find(|word| word.starts_with("http://"));
        let issuer = issuer.unwrap_or_else(|| panic!("it has said {said:?} in place of its address")).to_owned();
        Some(Self { child, issuer })
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
