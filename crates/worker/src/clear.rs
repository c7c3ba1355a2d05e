//! Clearing a host: everything of an installation that is on it, but for its users' homes. Not while its worker runs.

use std::{io, path::Path};

use control::ports::engine::{Engine, EngineError};
use domain::InstallationId;
use futures::{StreamExt, TryStreamExt, stream};

use crate::run_dir;

const AT_ONCE: usize = 8;

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cleared {
    pub containers: usize,
    pub networks: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum ClearError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("the nodes' directories cannot be removed: {0}")]
    Directories(#[from] io::Error),
}

/// Removes the installation's containers, then its networks, then the firewall with its helper, then what the nodes had in the
/// data directory.
pub async fn clear(engine: &dyn Engine, installation: InstallationId, data_dir: &Path) -> Result<Cleared, ClearError> {
    let containers = engine.containers(installation).await?;
    let removals = stream::iter(&containers).map(|container| engine.remove_container(&container.id));
    removals.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    let networks = engine.networks(installation).await?;
    for network in &networks {
        engine.remove_network(&network.id).await?;
    }
    engine.remove_helper(installation).await?;
    for node in run_dir::nodes(data_dir)? {
        run_dir::remove(data_dir, node).await?;
    }
    Ok(Cleared { containers: containers.len(), networks: networks.len() })
}
