//! The workspace as `cargo metadata` describes it, cut down to what the checks ask about.

use std::path::PathBuf;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// All packages of the lock file, and where the workspace lies.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the root Cargo.toml.
    pub root: PathBuf,
    /// The packages of this repository.
    pub members: Vec<Member>,
    /// The packages of others.
    pub foreign: Vec<Foreign>,
}

/// A package of this repository with the dependencies its own manifest names.
#[derive(Debug, Clone, Default)]
pub struct Member {
    /// The package's name.
    pub name: String,
    /// Its direct dependencies.
    pub dependencies: Vec<Dependency>,
}

/// One line under `[dependencies]`, `[dev-dependencies]` or `[build-dependencies]`.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// The package depended on.
    pub name: String,
    /// Whether only tests and benches see it.
    pub dev: bool,
    /// Whether a feature must switch it on.
    pub optional: bool,
}

/// A package that is not ours.
#[derive(Debug, Clone)]
pub struct Foreign {
    /// The package's name and version, as in `serde 1.0.0`.
    pub name: String,
    /// Its licence expression, if it states one.
    pub licence: Option<String>,
    /// Where cargo takes it from.
    pub source: String,
}

/// Asks cargo. The versions are the locked ones.
///
/// # Errors
/// When cargo cannot be run or refuses the manifests; its own words are in the error.
pub fn load() -> Result<Workspace, cargo_metadata::Error> {
    let metadata = MetadataCommand::new().other_options(["--locked".to_owned()]).exec()?;
    Ok(Workspace {
        root: metadata.workspace_root.clone().into_std_path_buf(),
        members: metadata.workspace_packages().into_iter().map(member).collect(),
        foreign: foreign(&metadata),
    })
}

fn member(package: &Package) -> Member {
    let dependencies = package
        .dependencies
        .iter()
        .map(|dependency| Dependency {
            name: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
            optional: dependency.optional,
        })
        .collect();
    Member { name: package.name.to_string(), dependencies }
}

fn foreign(metadata: &Metadata) -> Vec<Foreign> {
    let packages = metadata.packages.iter();
    packages
        .filter_map(|package| {
            let source = package.source.as_ref()?.repr.clone();
            Some(Foreign {
                name: format!("{} {}", package.name, package.version),
                licence: package.license.clone(),
                source,
            })
        })
        .collect()
}
