//! A real etcd for one test: its own process and directory, both gone when it is dropped.

use domain::InstallationId;
use etcd::{
    Etcd, EtcdConfig,
    embedded::{EmbeddedConfig, EmbeddedEtcd},
};
use tempfile::TempDir;

use crate::build;

/// Fields drop in this order: first the process, then its directory.
#[derive(Debug)]
pub struct RealEtcd {
    process: EmbeddedEtcd,
    _directory: TempDir,
    installation: InstallationId,
}

impl RealEtcd {
    /// # Panics
    /// When etcd does not start; the reason is in the message.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory for etcd");
        let process = EmbeddedEtcd::start(EmbeddedConfig::new(directory.path())).await;
        let process = process.unwrap_or_else(|error| panic!("a real etcd is needed here: {error}"));
        Self { process, _directory: directory, installation: build::installation() }
    }

    /// A new connection, as another process would have it; all of one `RealEtcd` see the same installation.
    ///
    /// # Panics
    /// When the endpoint is not understood.
    pub fn connect(&self) -> Etcd {
        Etcd::connect(&self.config()).expect("an endpoint of our own")
    }

    pub fn config(&self) -> EtcdConfig {
        EtcdConfig { endpoints: vec![self.process.endpoint()], installation: self.installation, credentials: None }
    }

    pub fn installation(&self) -> InstallationId {
        self.installation
    }

    /// For tests that kill it.
    pub fn process(&self) -> &EmbeddedEtcd {
        &self.process
    }
}
