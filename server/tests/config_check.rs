//! `dockletd check-config` and mistakes in the configuration.

use std::process::Output;

use crate::common::daemon::{DOCKLETD, command};

fn check(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut command = command(dir.path());
    command.args(arguments).envs(environment.iter().copied()).output().expect("dockletd runs")
}

fn refused(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = check(arguments, environment);
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn every_value_is_shown_with_where_it_was_written_and_secrets_are_not() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "[limits]\nnodes = 7\n").expect("our file");
    let path = file.path().to_str().expect("a path that is text");
    let environment = [("DOCKLET_ETCD_PASSWORD", "hunter2"), ("DOCKLET_LIMITS_CPUS", "3.5")];
    let output = check(&["check-config", "--config", path, "--listen", "127.0.0.1:9"], &environment);
    let text = String::from_utf8(output.stdout).expect("text");
    let line =
        |name: &str| text.lines().find(|line| line.starts_with(name)).expect("a line for each setting").to_owned();
    assert!(line("server.listen").ends_with("# flag --server-listen"));
    assert!(line("limits.cpus = 3.5").ends_with("# environment DOCKLET_LIMITS_CPUS"));
    assert!(line("limits.nodes = 7").ends_with(&format!("# file {path}")));
    assert!(line("limits.vclusters").ends_with("# default"));
    assert!(line("etcd.password = (set)").ends_with("# environment DOCKLET_ETCD_PASSWORD"));
    assert!(!text.contains("hunter2"));
}

#[test]
fn a_database_s_url_is_shown_without_its_password() {
    let environment = [("DOCKLET_DATABASE_URL", "postgres://docklet:hunter2@db.example.org/docklet?sslmode=require")];
    let output = check(&["check-config"], &environment);
    let text = String::from_utf8(output.stdout).expect("text");
    let shown = "database.url = postgres://docklet:***@db.example.org/docklet?sslmode=require";
    assert!(text.lines().any(|line| line.starts_with(shown)), "{text}");
    assert!(!text.contains("hunter2"));
}

#[test]
fn a_database_in_two_places_is_refused() {
    let message = refused(&["check-config", "--database-url", "postgres://db/x", "--database-path", "x.db"], &[]);
    assert!(
        message.contains("database.url") && message.contains("cannot be set together with database.path"),
        "{message}"
    );
    let message = refused(&["check-config", "--database-url", "mysql://ada:hunter2@db/x"], &[]);
    assert!(message.contains("must be a URL such as postgres://") && !message.contains("hunter2"), "{message}");
}

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let message = refused(&["check-config"], &[("DOCKLET_SERVER_LISTENS", "x")]);
    assert!(message.contains("DOCKLET_SERVER_LISTENS; did you mean DOCKLET_SERVER_LISTEN?"), "{message}");
}

#[test]
fn the_daemon_does_not_start_with_a_value_that_is_none() {
    let message = refused(&["serve", "--limits-nodes", "many"], &[]);
    assert!(message.contains("limits.nodes (from flag --limits-nodes): must be a whole number"), "{message}");
}

#[test]
fn a_proxy_in_the_nodes_network_is_refused_before_anything_starts() {
    for command in ["check-config", "serve"] {
        let message = refused(&[command, "--server-trusted-proxies", "172.18.0.0/16"], &[]);
        assert!(message.contains("overlaps network.cluster_net") && message.contains("forge"), "{message}");
    }
}

#[test]
fn a_password_on_the_command_line_is_warned_of_and_may_come_in_a_file() {
    let output = check(&["db", "copy", "--to", "postgres://ada:hunter2@127.0.0.1:1/x"], &[]);
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains("warning") && message.contains("--to-file") && !message.contains("hunter2"), "{message}");
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let path = file.path().to_str().expect("a path that is text");
    for (text, told) in
        [("mysql://ada:hunter2@x", "must be a URL such as"), ("postgres://ada:hunter2@x/y\n", "no database file")]
    {
        std::fs::write(file.path(), text).expect("our file");
        let message = refused(&["db", "copy", "--to-file", path], &[]);
        assert!(message.contains(told) && !message.contains("hunter2") && !message.contains("warning"), "{message}");
    }
}

#[test]
fn a_directory_that_others_use_is_no_data_directory() {
    let shared = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(shared.path().join("etcd")).expect("our directory");
    std::fs::set_permissions(shared.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours");
    let path = shared.path().to_str().expect("a path that is text");
    let output =
        std::process::Command::new(DOCKLETD).args(["migrate", "--data-dir", path]).output().expect("dockletd runs");
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success() && message.contains("is not empty and holds nothing of Docklet's"), "{message}");
}
