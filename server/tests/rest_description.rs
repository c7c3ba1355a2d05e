//! The REST interface is what its OpenAPI document says: the public schemathesis asks every operation for everything the
//! document allows, and for what it does not, and holds each answer against it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::json;

use crate::{
    common::{
        client::Client,
        daemon::{Daemon, Options},
    },
    jobs::{job, submit},
};

const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemathesis/hooks.py");

/// What requests sign in with: the name of a security scheme of the description, schemathesis' name for it, the secret.
type Credential<'a> = Option<(&'static str, &'static str, &'a str)>;

#[tokio::test]
async fn what_an_administrator_is_answered_is_what_the_description_says() {
    let daemon =
        Options::default().with("limits-vclusters", 4).with("limits-groups", "students: nodes=2").start().await;
    let client = daemon.admin();
    let (vcluster, spare) = (running(&client, "lab").await, running(&client, "spare").await);
    let job = over(&client).await;
    let token = client.token.as_deref().expect("a token");
    holds(&daemon, Some(("token", "bearer", token)), &[&vcluster, &spare, &job], &[]).await;
}

/// Few examples of each are enough where all that is said is "sign in first".
#[tokio::test]
async fn what_a_stranger_is_answered_is_what_the_description_says() {
    let daemon = Daemon::start_usual().await;
    holds(&daemon, None, &[], &["--phases", "fuzzing", "--max-examples", "10"]).await;
}

/// What a token may not do. The session itself is not asked to end.
#[tokio::test]
async fn what_a_browser_is_answered_about_its_account_is_what_the_description_says() {
    let daemon = Daemon::start_usual().await;
    let answer = daemon.browser().sign_in("admin", &daemon.admin_password()).await.ok(200);
    let mut cookies = answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
    let session = cookies.find_map(|cookie| cookie.split(';').next()?.strip_prefix("docklet_session="));
    let session = session.expect("the session's cookie");
    let origin = format!("Origin: {}", daemon.url());
    let only = ["--include-tag", "me", "--exclude-name", "DELETE /api/v1/me/sessions/{session}", "--header", &origin];
    holds(&daemon, Some(("session", "api_key", session)), &[], &only).await;
}

/// A job that is over without having run: nobody waits for what it writes.
async fn over(client: &Client) -> String {
    let mut held = job("true");
    held["hold"] = json!(true);
    let id = submit(client, &held).await;
    client.post(&format!("/api/v1/jobs/{id}/cancel"), &json!({})).await.ok(202);
    id.to_string()
}

async fn running(client: &Client, name: &str) -> String {
    let id = client.create(name, 1).await;
    testkit::eventually("the vcluster runs", std::time::Duration::from_secs(30), || async {
        client.vcluster(&id).await.at("/state") == "running"
    })
    .await;
    id
}

/// Fails with the words of schemathesis when an answer is not what the description says.
///
/// `things`: a vcluster that runs, one to spare, and a job.
async fn holds(daemon: &Daemon, credential: Credential<'_>, things: &[&str], which: &[&str]) {
    let unknown = "0198c0de-0000-7000-8000-000000000000";
    let of = |number: usize, unknown| things.get(number).copied().unwrap_or(unknown);
    let settings = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(settings.path(), settings_with(credential)).expect("our file");
    let mut command = tokio::process::Command::new(program());
    command.arg("--config-file").arg(settings.path()).arg("run").args(which);
    command.arg(format!("{}/api/v1/openapi.json", daemon.url()));
    command.env("SCHEMATHESIS_HOOKS", HOOKS).env("VCLUSTER", of(0, unknown)).env("SPARE", of(1, unknown));
    command.env("JOB", of(2, "4000000000"));
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

fn settings_with(credential: Credential<'_>) -> String {
    let usual = include_str!("schemathesis/schemathesis.toml");
    let own =
        credential.map(|(scheme, kind, secret)| format!("\n[auth.openapi]\n{scheme} = {{ {kind} = \"{secret}\" }}\n"));
    format!("{usual}{}", own.unwrap_or_default())
}

/// Fetched by the first test that asks, where it is not there yet.
fn program() -> PathBuf {
    static FETCHED: OnceLock<PathBuf> = OnceLock::new();
    let fetch = || {
        let repository = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let output = Command::new(repository.join("scripts/schemathesis.sh")).stdin(Stdio::null()).output();
        let output = output.expect("the script is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        repository.join("target/schemathesis/bin/schemathesis")
    };
    FETCHED.get_or_init(fetch).clone()
}
