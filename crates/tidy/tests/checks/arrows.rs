//! Which member may import which.

use tidy::arrows::check;
use tidy::workspace::{Dependency, Member};

fn on(name: &str) -> Dependency {
    Dependency { name: name.to_owned(), dev: false, optional: false }
}

fn in_tests(name: &str) -> Dependency {
    Dependency { dev: true, ..on(name) }
}

/// A workspace of one importing member and of everything it imports that is ours.
fn importing(name: &str, dependencies: Vec<Dependency>) -> Vec<String> {
    let ours =
        ["domain", "wire", "scheduler", "control", "docker", "etcd", "store", "worker", "node-init", "terminal", "app"];
    let ours = ours.into_iter().chain(["frontend", "server", "testkit", "tidy"]).filter(|other| *other != name);
    let mut members: Vec<Member> =
        ours.map(|other| Member { name: other.to_owned(), dependencies: Vec::new() }).collect();
    members.push(Member { name: name.to_owned(), dependencies });
    check(&members).iter().map(ToString::to_string).collect()
}

#[test]
fn drawn_arrows_are_silent() {
    assert!(importing("worker", vec![on("control"), on("domain"), on("node-init"), on("tokio")]).is_empty());
    assert!(importing("node-init", vec![on("wire")]).is_empty());
    assert!(importing("server", vec![on("app"), on("docker"), on("etcd"), on("store"), on("worker")]).is_empty());
}

#[test]
fn an_arrow_that_is_not_drawn_is_found() {
    let findings = importing("domain", vec![on("wire")]);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].starts_with("domain: may not depend on wire."), "{findings:?}");
    assert_eq!(importing("docker", vec![on("etcd")]).len(), 1, "adapters never know each other");
    assert_eq!(importing("control", vec![on("docker")]).len(), 1);
    assert_eq!(importing("node-init", vec![on("control")]).len(), 1);
    assert_eq!(importing("server", vec![on("frontend")]).len(), 1);
}

#[test]
fn a_member_without_a_line_in_the_table_is_found() {
    let findings = importing("utils", Vec::new());
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains("no line in the table"), "{findings:?}");
}

#[test]
fn control_reaches_app_only_behind_a_feature() {
    let behind_feature = Dependency { optional: true, ..on("control") };
    assert!(importing("app", vec![behind_feature]).is_empty());
    let findings = importing("app", vec![on("control")]);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains("without a feature"), "{findings:?}");
}

#[test]
fn testkit_and_tidy_are_for_tests_only() {
    assert!(importing("control", vec![in_tests("testkit")]).is_empty());
    assert_eq!(importing("control", vec![on("testkit")]).len(), 1);
    assert_eq!(importing("server", vec![on("tidy")]).len(), 1);
}

#[test]
fn tests_reach_across_but_never_to_the_top() {
    assert!(importing("worker", vec![in_tests("docker"), in_tests("etcd")]).is_empty());
    assert_eq!(importing("worker", vec![in_tests("server")]).len(), 1);
}

#[test]
fn an_outside_library_has_one_door() {
    assert!(importing("docker", vec![on("bollard")]).is_empty());
    assert!(importing("store", vec![on("sea-orm"), on("sea-orm-migration"), on("migration")]).is_empty());
    for (importer, library) in [
        ("server", "bollard"),
        ("worker", "bollard-stubs"),
        ("control", "etcd-client"),
        ("server", "sea-orm"),
        ("control", "sqlx"),
        ("server", "openidconnect"),
        ("app", "xterm-js-rs"),
    ] {
        let findings = importing(importer, vec![on(library)]);
        assert_eq!(findings.len(), 1, "{importer} -> {library}");
    }
    assert!(importing("server", vec![in_tests("bollard")]).is_empty(), "a test may look with another client");
}
