//! What the host of the tests has: the engine's socket and docklet-init.

use std::path::{Path, PathBuf};

/// The engine the tests are to use, by the variable that Docker's own command line reads, too.
///
/// # Panics
/// When `DOCKER_HOST` names no unix socket: the adapter speaks to no other.
pub fn engine_socket() -> PathBuf {
    let Some(host) = std::env::var_os("DOCKER_HOST") else { return "/var/run/docker.sock".into() };
    let host = host.to_str().and_then(|host| host.strip_prefix("unix://"));
    PathBuf::from(host.expect("DOCKER_HOST must be unix:// and a path"))
}

/// The static docklet-init, from `DOCKLET_INIT` or where `make` puts it. The one that a debug build leaves beside dockletd
/// needs the libraries of the image.
///
/// # Panics
/// When it is not there.
pub fn docklet_init() -> PathBuf {
    let usual =
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/x86_64-unknown-linux-musl/init/docklet-init");
    let path = std::env::var_os("DOCKLET_INIT").map_or_else(usual, PathBuf::from);
    assert!(path.is_file(), "there is no docklet-init at {}; build it with scripts/build.sh init", path.display());
    path
}
