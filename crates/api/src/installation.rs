//! The installation as a whole, for administrators.

use async_trait::async_trait;
use control::{Error, actor::Actor};
use wire::admin::{Health, Setting};

use crate::{Api, Refusal};

/// What only the process that serves knows of itself.
#[async_trait]
pub trait InstallationView: Send + Sync {
    /// What dockletd stands on, the hosts and the disk, as they are now.
    async fn health(&self, actor: &Actor) -> Result<Health, Error>;
    /// Every setting, and where its value came from; secrets are masked.
    fn settings(&self, actor: &Actor) -> Result<Vec<Setting>, Error>;
    /// The node image that every user is offered.
    fn base_image(&self) -> String;
}

impl Api {
    pub async fn health(&self) -> Result<Health, Refusal> {
        Ok(self.backend.installation.health(&self.actor).await?)
    }

    pub fn settings(&self) -> Result<Vec<Setting>, Refusal> {
        Ok(self.backend.installation.settings(&self.actor)?)
    }

    pub fn base_image(&self) -> String {
        self.backend.installation.base_image()
    }

    /// Declares a host gone for good.
    pub async fn forget_host(&self, host: &str) -> Result<(), Refusal> {
        self.control().installation.forget_host(&self.actor, host).await?;
        Ok(())
    }
}
