//! The book: served, and its examples run as they stand.

use std::{fs, path::PathBuf, process::Command};

use crate::common::daemon::{Daemon, Options};

pub(crate) fn path(page: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(page)
}

fn docs(page: &str) -> String {
    let path = path(page);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of shell of a page, as one script.
fn script(page: &str) -> String {
    let mut script = String::from("set -euo pipefail\n");
    let mut in_block = false;
    for line in docs(page).lines() {
        if line.starts_with("```") {
            in_block = line == "```sh";
        } else if in_block {
            script += line;
            script += "\n";
        }
    }
    script
}

#[tokio::test]
async fn the_examples_for_scripts_work_as_they_are_printed() {
    works("guide/scripts.md", "").await;
}

#[tokio::test]
async fn the_examples_for_jobs_work_as_they_are_printed() {
    // The last one cancels what waits: the job behind the first one, unless its turn has come already.
    let output = "step 1 of the thesis\nstep 2 of the thesis\nstep 3 of the thesis\n";
    works("guide/jobs.md", &format!("{output}{{\"jobs\":[")).await;
}

/// Runs the examples of a page. This is among what they print.
async fn works(page: &str, part: &str) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let script = script(page);
    assert!(script.contains("Idempotency-Key"), "the examples are gone: {script}");
    let mut bash = Command::new("bash");
    bash.args(["-c", &script]).env("DOCKLET", daemon.url()).env("TOKEN", client.token.expect("a token"));
    let output = tokio::task::spawn_blocking(move || bash.output()).await.expect("no panic").expect("bash runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains(part), "{output:?}");
}

#[tokio::test]
async fn every_page_of_the_book_is_served_without_signing_in_and_forbids_what_is_inline() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.anonymous();
    for path in ["/docs/", "/docs/guide/first-vcluster.html", "/docs/reference/rest.html"] {
        let page = client.get(path).await.ok(200);
        assert!(page.text.contains("<main id=\"content\""), "{path}: {}", page.text);
        assert!(!page.header("content-security-policy").contains("unsafe"), "{path}");
    }
    client.get("/docs/no-such-page.html").await.problem(404, "not_found");
}

#[tokio::test]
async fn the_list_of_figures_is_what_a_daemon_says() {
    let daemon = Options::default().start().await;
    let client = daemon.anonymous();
    client.get("/healthz").await.ok(200);
    let metrics = client.get("/metrics").await.ok(200).text;
    let page = docs("admin/monitoring.md");
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let figure = line.split(' ').next().expect("a name");
        assert!(page.contains(&format!("`{figure}")), "docs/admin/monitoring.md does not list {figure}");
    }
}
