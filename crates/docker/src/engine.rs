//! The adapter itself: the port's methods, each handed to the module of its kind of object.

use std::{collections::BTreeSet, net::Ipv4Addr, path::PathBuf};

use async_trait::async_trait;
use control::ports::engine::{
    Container, ContainerSpec, DiskUse, Engine, EngineError, EngineEvent, EngineInfo, HelperLine, HelperSpec, Network,
    NetworkSpec, PullProgress, VolumeSpec,
};
use domain::{InstallationId, image::ImageRef};
use futures::stream::BoxStream;
use ipnet::Ipv4Net;

use crate::{
    about::{self, About},
    client::Client,
    container, disk, events, helper, image, log, network, volume,
};

/// The engine behind one unix socket. Connects when it is first asked something, and again after the engine was away.
#[derive(Debug)]
pub struct DockerEngine {
    client: Client,
    known: network::Known,
}

impl DockerEngine {
    /// `socket` is the engine's, such as `/var/run/docker.sock`; it need not be there yet.
    pub fn new(socket: impl Into<PathBuf>) -> Self {
        Self { client: Client::new(socket.into()), known: network::Known::default() }
    }

    /// What the engine says of itself and its host.
    pub async fn about(&self) -> Result<About, EngineError> {
        about::about(&self.client).await
    }
}

#[async_trait]
impl Engine for DockerEngine {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.client.info().await
    }

    async fn containers(&self, installation: InstallationId) -> Result<Vec<Container>, EngineError> {
        container::all(&self.client, installation).await
    }

    async fn container(&self, installation: InstallationId, name: &str) -> Result<Option<Container>, EngineError> {
        container::one(&self.client, installation, name).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        container::create(&self.client, spec).await
    }

    async fn start_container(&self, id: &str, ip: Option<Ipv4Addr>) -> Result<(), EngineError> {
        container::start(&self.client, id, ip).await
    }

    async fn stop_container(&self, id: &str, grace_seconds: u32) -> Result<(), EngineError> {
        container::stop(&self.client, id, grace_seconds).await
    }

    async fn pause_container(&self, id: &str) -> Result<(), EngineError> {
        container::pause(&self.client, id).await
    }

    async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        container::remove(&self.client, id).await
    }

    async fn container_log(&self, id: &str, lines: u32) -> Result<String, EngineError> {
        log::tail(&self.client, id, lines).await
    }

    async fn networks(&self, installation: InstallationId) -> Result<Vec<Network>, EngineError> {
        let networks = network::all(&self.client, installation).await?;
        self.known.learn(&networks);
        Ok(networks)
    }

    async fn foreign_subnets(&self, installation: InstallationId) -> Result<Vec<Ipv4Net>, EngineError> {
        network::foreign_subnets(&self.client, installation).await
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<String, EngineError> {
        let id = network::ensure(&self.client, spec).await?;
        self.known.add(&id, spec.vcluster);
        Ok(id)
    }

    async fn remove_network(&self, id: &str) -> Result<(), EngineError> {
        network::remove(&self.client, id).await
    }

    async fn has_volume(&self, spec: &VolumeSpec) -> Result<bool, EngineError> {
        volume::exists(&self.client, spec).await
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError> {
        volume::create(&self.client, spec).await
    }

    async fn image_id(&self, name: &str) -> Result<Option<String>, EngineError> {
        image::id(&self.client, name).await
    }

    async fn images_in_use(&self) -> Result<BTreeSet<String>, EngineError> {
        image::in_use(&self.client).await
    }

    async fn remove_image(&self, name: &str) -> Result<(), EngineError> {
        image::remove(&self.client, name).await
    }

    async fn pull_image(
        &self,
        image: &ImageRef,
    ) -> Result<BoxStream<'static, Result<PullProgress, EngineError>>, EngineError> {
        image::pull(&self.client, image).await
    }

    async fn disk_use(&self, installation: InstallationId) -> Result<Vec<DiskUse>, EngineError> {
        disk::by_owner(&self.client, installation).await
    }

    async fn events(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        events::subscribe(&self.client, installation, self.known.clone()).await
    }

    async fn ensure_helper(&self, spec: &HelperSpec) -> Result<(), EngineError> {
        helper::ensure(&self.client, spec).await
    }

    async fn helper_lines(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<HelperLine, EngineError>>, EngineError> {
        helper::lines(&self.client, installation).await
    }

    async fn remove_helper(&self, installation: InstallationId) -> Result<(), EngineError> {
        helper::remove(&self.client, installation).await
    }
}
