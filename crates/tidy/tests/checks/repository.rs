//! That the checks have something to look at: a reader that finds nothing would make all of them pass.

use std::path::Path;

use tidy::{browser, sources, workspace};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_workspace_has_our_members_and_others() {
    let workspace = workspace::load().expect("cargo metadata answers");
    let names: Vec<&str> = workspace.members.iter().map(|member| member.name.as_str()).collect();
    assert!(names.contains(&"domain") && names.contains(&"frontend"), "{names:?}");
    assert!(workspace.foreign.len() > 100, "only {} packages of others", workspace.foreign.len());
}

#[test]
fn the_browsers_half_has_leptos_in_it() {
    let compiled = browser::read(root()).expect("cargo tree answers");
    assert!(compiled.iter().any(|package| package.name == "leptos"), "{compiled:?}");
}

#[test]
fn our_sources_are_read_and_other_peoples_are_not() {
    let sources = sources::read(root()).expect("the sources can be read");
    assert!(sources.iter().any(|source| source.path == "crates/domain/src/lib.rs"));
    let foreign =
        sources.iter().find(|source| source.path.contains("node_modules/") || source.path.starts_with("target/"));
    assert!(foreign.is_none(), "{foreign:?}");
}
