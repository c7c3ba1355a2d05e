//! `dockletd doctor`: fine on this host, and each want named when something is really wrong.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::common::daemon::{DOCKLETD, Daemon, command};

fn examined(data: &Path, arguments: &[&str]) -> (i32, Value) {
    examined_at(data, "127.0.0.1:0", arguments)
}

fn examined_at(data: &Path, listen: &str, arguments: &[&str]) -> (i32, Value) {
    let mut command = command(data);
    command
        .args(["doctor", "--json", "--listen", listen, "--worker-init"])
        .arg(testkit::docklet_init())
        .args(arguments);
    read(&command.output().expect("dockletd runs"))
}

fn read(output: &Output) -> (i32, Value) {
    let text = String::from_utf8_lossy(&output.stdout);
    let json = serde_json::from_str(&text).unwrap_or_else(|_| {
        panic!("JSON, not {text:?}; it said {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code().expect("an exit code"), json)
}

/// The findings of one check.
fn of<'a>(report: &'a Value, check: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().expect("findings");
    all.iter().filter(|finding| finding["check"] == check).collect()
}

/// The one problem of a check, as what is so and how to mend it.
fn problem(report: &Value, check: &str) -> String {
    let findings = of(report, check);
    let problem = findings.iter().find(|finding| finding["level"] == "problem");
    let problem = problem.unwrap_or_else(|| panic!("no problem of {check} in {report}"));
    let text = |key: &str| problem[key].as_str().expect("text").to_owned();
    format!("{} → {}", text("what"), text("mend"))
}

#[test]
fn this_host_has_what_it_needs_and_nothing_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let (code, report) = examined(&dir.path().join("data"), &[]);
    let wrong: Vec<&Value> =
        report["findings"].as_array().expect("findings").iter().filter(|f| f["level"] == "problem").collect();
    assert!(code == 0 && wrong.is_empty(), "{wrong:?}");
    for check in [
        "kernel",
        "cgroups",
        "engine",
        "runc",
        "user namespaces",
        "live restore",
        "node image",
        "processes",
        "file watches",
        "runtimes",
        "etcd",
        "addresses",
        "port",
        "disk space",
        "clock",
    ] {
        assert!(!of(&report, check).is_empty(), "{check} is not looked at");
    }
    assert!(!dir.path().join("data").exists(), "it only looks");
    let people = command(dir.path()).args(["doctor", "--listen", "127.0.0.1:0"]).output().expect("dockletd runs");
    assert!(String::from_utf8_lossy(&people.stdout).contains("ok       kernel"));
}

#[test]
fn an_engine_that_does_not_answer_a_swallowed_network_and_a_taken_port_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let arguments = [
        "--worker-docker",
        "/nonexistent/docker.sock",
        "--network-cluster-net",
        "127.0.0.0/8",
        "--etcd-binary",
        "/nonexistent/etcd",
        "--server-public-urls",
        "https://lab.example",
    ];
    let (code, report) = examined_at(dir.path(), &address, &arguments);
    assert_eq!(code, 1);
    assert!(problem(&report, "engine").contains("Nothing answers at /nonexistent/docker.sock"));
    assert!(problem(&report, "etcd").contains("/nonexistent/etcd cannot be run"));
    assert!(problem(&report, "port").contains(&format!("another program listens on {address}")));
    assert!(problem(&report, "public address").contains("has no certificate"));
}

#[test]
fn a_network_that_is_routed_elsewhere_is_named_with_its_interface() {
    let dir = tempfile::tempdir().expect("a directory");
    // Docker's own bridge, whatever the host has made of it.
    let table = std::fs::read_to_string("/proc/net/route").expect("a table of routes");
    let bridge = table.lines().find(|line| line.starts_with("docker0")).expect("the engine has its usual bridge");
    let address = bridge.split_whitespace().nth(1).expect("a destination");
    let [a, b, ..] = u32::from_str_radix(address, 16).expect("hexadecimal").to_ne_bytes();
    let (code, report) = examined(dir.path(), &["--network-cluster-net", &format!("{a}.{b}.0.0/20")]);
    assert_eq!(code, 1);
    let said = problem(&report, "addresses");
    assert!(said.contains("routed to docker0") && said.contains("--network-cluster-net"), "{said}");
}

#[test]
fn a_full_disk_is_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let place = dir.path().to_str().expect("text");
    // A file system of 64 KiB that only this command sees.
    let script =
        format!("mount -t tmpfs -o size=64k none {place} && exec \"$0\" doctor --json --data-dir {place}/data");
    let output = Command::new("unshare").args(["--mount", "--map-root-user", "sh", "-c", &script, DOCKLETD]).output();
    let (code, report) = read(&output.expect("unshare runs"));
    assert_eq!(code, 1);
    let said = problem(&report, "disk space");
    assert!(said.contains("data directory") && said.contains("0 MiB are free"), "{said}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_finding_and_the_rest_is_looked_at() {
    let dir = tempfile::tempdir().expect("a directory");
    let (code, report) = examined(dir.path(), &["--limits-nodes", "many"]);
    assert_eq!(code, 1);
    assert!(problem(&report, "configuration").contains("limits.nodes"));
    assert!(!of(&report, "engine").is_empty());
}

#[tokio::test]
async fn a_port_that_our_own_daemon_serves_is_fine() {
    let daemon = Daemon::start_usual().await;
    let (_, report) = examined_at(&daemon.data, &daemon.address().to_string(), &[]);
    let said = of(&report, "port")[0]["what"].as_str().expect("text").to_owned();
    assert!(said.contains(&format!("dockletd runs as process {}", daemon.pid())), "{said}");
}
