//! What is compiled into the browser's half.

use tidy::browser::{Compiled, check, parse};

fn compiled(name: &str, features: &[&str]) -> Compiled {
    Compiled { name: name.to_owned(), features: features.iter().map(|feature| (*feature).to_owned()).collect() }
}

#[test]
fn a_tree_is_read_with_features_and_without_repetitions() {
    let tree = "frontend v0.1.0 (/somewhere)\t\napp v0.1.0 (/somewhere)\thydrate,default\ntokio v1.0.0\tsync\ntokio v1.0.0\tsync (*)\n";
    let expected =
        vec![compiled("frontend", &[]), compiled("app", &["hydrate", "default"]), compiled("tokio", &["sync"])];
    assert_eq!(parse(tree), expected);
}

#[test]
fn what_belongs_in_a_browser_is_silent() {
    assert!(check(&[compiled("leptos", &["hydrate"]), compiled("tokio", &["sync"]), compiled("wire", &[])]).is_empty());
}

#[test]
fn sql_docker_and_sockets_are_found() {
    for name in
        ["sea-orm", "sea-orm-migration", "sqlx-sqlite", "bollard", "etcd-client", "mio", "control", "store", "hyper"]
    {
        let findings = check(&[compiled(name, &[])]);
        assert_eq!(findings.len(), 1, "{name}");
        assert!(findings[0].what.contains(name));
    }
}

#[test]
fn a_library_that_may_come_is_found_when_it_brings_the_network() {
    let findings = check(&[compiled("tokio", &["sync", "net"])]);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].what.contains("feature net"), "{findings:?}");
}
