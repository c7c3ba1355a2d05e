//! What is compiled into the browser's half. `cargo metadata` unites the features of all members, so this asks
//! `cargo tree` for the one package and the one target.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::finding::Finding;

/// A package of the browser's half with the features it is built with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The package's name.
    pub name: String,
    /// Its features.
    pub features: Vec<String>,
}

/// Why the browser's half could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// cargo is not there or may not be started.
    #[error("cargo tree could not be started: {0}")]
    Start(#[from] io::Error),
    /// cargo refused; its own words.
    #[error("cargo tree failed: {0}")]
    Refused(String),
    /// cargo answered with nothing that could be checked.
    #[error("cargo tree lists only {0} packages for the browser; the check would say nothing")]
    Empty(usize),
}

/// Nothing of these can work, or may be known, in a browser. A name that ends in `*` is a prefix.
const SERVER_ONLY: &[&str] = &[
    "argon2",
    "axum",
    "bollard*",
    "control",
    "docker",
    "etcd",
    "etcd-client",
    "hyper",
    "hyper-util",
    "leptos_axum",
    "libsqlite3-sys",
    "migration",
    "mio",
    "nix",
    "node-init",
    "oidc",
    "openidconnect",
    "proxy",
    "scheduler",
    "sea-orm*",
    "server",
    "socket2",
    "sqlx*",
    "store",
    "testkit",
    "tidy",
    "tonic*",
    "tower-sessions*",
    "worker",
];

/// Features that bring sockets, files or threads with them.
const SERVER_ONLY_FEATURES: &[(&str, &[&str])] = &[("tokio", &["fs", "net", "process", "rt-multi-thread", "signal"])];

/// Asks cargo what `frontend` consists of on wasm32.
///
/// # Errors
/// When cargo cannot be run, refuses, or lists next to nothing.
pub fn read(root: &Path) -> Result<Vec<Compiled>, BrowserError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["tree", "--locked", "--package", "frontend", "--target", "wasm32-unknown-unknown"]);
    cargo.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}\t{f}"]);
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(BrowserError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let compiled = parse(&String::from_utf8_lossy(&output.stdout));
    if compiled.len() < 2 { Err(BrowserError::Empty(compiled.len())) } else { Ok(compiled) }
}

/// Reads lines of `name v1.0.0 (path)<TAB>feature,feature (*)`; a package that stands there twice is kept once.
pub fn parse(tree: &str) -> Vec<Compiled> {
    let mut compiled: Vec<Compiled> = Vec::new();
    for line in tree.lines() {
        let (package, features) = line.split_once('\t').unwrap_or((line, ""));
        let Some(name) = package.split_whitespace().next() else { continue };
        let features = features.trim_end_matches("(*)").trim().split(',').filter(|feature| !feature.is_empty());
        let entry = Compiled { name: name.to_owned(), features: features.map(str::to_owned).collect() };
        if !compiled.contains(&entry) {
            compiled.push(entry);
        }
    }
    compiled
}

/// Every package and every feature that has no place in a browser.
pub fn check(compiled: &[Compiled]) -> Vec<Finding> {
    compiled.iter().flat_map(check_one).collect()
}

fn check_one(package: &Compiled) -> Vec<Finding> {
    let remedy = "See who brings it: cargo tree -p frontend --target wasm32-unknown-unknown -i PACKAGE. It belongs behind `ssr`.";
    let is_server_only = SERVER_ONLY.iter().any(|pattern| {
        pattern.strip_suffix('*').map_or(*pattern == package.name, |prefix| package.name.starts_with(prefix))
    });
    if is_server_only {
        return vec![Finding::new(
            "frontend",
            format!("{} is compiled into the browser's half.", package.name),
            remedy,
        )];
    }
    let forbidden =
        SERVER_ONLY_FEATURES.iter().filter(|(name, _)| *name == package.name).flat_map(|(_, features)| features.iter());
    forbidden
        .filter(|feature| package.features.iter().any(|one| one == *feature))
        .map(|feature| {
            let what = format!("{} is compiled into the browser's half with its feature {feature}.", package.name);
            Finding::new("frontend", what, remedy)
        })
        .collect()
}
