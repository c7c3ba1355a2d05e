//! A real etcd for one test: its own process and directory, both gone when it is dropped.

use domain::InstallationId;
use etcd::{
    Etcd, EtcdConfig,
    embedded::{EmbeddedConfig, EmbeddedEtcd},
};
use tempfile::TempDir;

use crate::{build, etcd_program::EtcdProgram};

/// Fields drop in this order: first the process, then its directory.
#[derive(Debug)]
pub struct RealEtcd {
    process: EmbeddedEtcd,
    program: EtcdProgram,
    _directory: TempDir,
    installation: InstallationId,
}

impl RealEtcd {
    /// # Panics
    /// When etcd does not start; the reason is in the message.
    pub async fn start() -> Self {
        let directory = tempfile::tempdir().expect("a directory for etcd");
        let program = EtcdProgram::new();
        let config = EmbeddedConfig { binary: program.path(), ..EmbeddedConfig::new(directory.path()) };
        let process = EmbeddedEtcd::start(config).await;
        let process = process.unwrap_or_else(|error| panic!("a real etcd is needed here: {error}"));
        Self { process, program, _directory: directory, installation: build::installation() }
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

    /// A copy of its data, as a backup of the directory has it. etcd is down meanwhile, and is started again.
    ///
    /// # Panics
    /// When the directory cannot be copied.
    pub async fn copy(&self) -> TempDir {
        self.program.copy(self.process.data_dir()).await
    }

    /// Puts an older copy in the place of its data, and has it started on that.
    ///
    /// # Panics
    /// When the directory cannot be replaced.
    pub async fn put_back(&self, copy: &TempDir) {
        self.program.put_back(self.process.data_dir(), copy).await;
    }

    /// For tests that kill it.
    pub fn process(&self) -> &EmbeddedEtcd {
        &self.process
    }
}
