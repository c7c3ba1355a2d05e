//! The port, call by call.

use std::{collections::BTreeSet, net::Ipv4Addr};

use async_trait::async_trait;
use control::ports::engine::{
    Container, ContainerSpec, DiskUse, Engine, EngineError, EngineEvent, EngineInfo, HelperLine, HelperSpec, Network,
    NetworkSpec, PullFault, PullProgress, RunState, VolumeSpec,
};
use domain::{InstallationId, image::ImageRef};
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use ipnet::Ipv4Net;
use tokio::sync::mpsc::unbounded_channel;
use tokio_stream::wrappers::UnboundedReceiverStream;

use super::{Call, FakeEngine};

const SIZE: u64 = 1 << 20;
const BY_SIGTERM: i64 = 143;

fn overlap(one: Ipv4Net, other: Ipv4Net) -> bool {
    one.contains(&other) || other.contains(&one)
}

#[async_trait]
impl Engine for FakeEngine {
    async fn info(&self) -> Result<EngineInfo, EngineError> {
        self.shelf.lock().enter(Call::Info)?;
        Ok(EngineInfo {
            version: "fake".into(),
            cpus: 8,
            memory_mib: 16 * 1024,
            root_dir: "/".into(),
            runtimes: Default::default(),
            started: None,
        })
    }

    async fn containers(&self, installation: InstallationId) -> Result<Vec<Container>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::Containers)?;
        let seen = shelf.containers.iter().map(|kept| kept.seen_by(installation));
        Ok(seen.filter(|container| container.ours.is_some()).collect())
    }

    async fn container(&self, installation: InstallationId, name: &str) -> Result<Option<Container>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::Container(name.to_owned()))?;
        Ok(shelf.find(name).map(|kept| kept.seen_by(installation)))
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<String, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::CreateContainer(spec.name.clone()))?;
        if shelf.find(&spec.name).is_some() {
            return Err(EngineError::NameTaken(spec.name.clone()));
        }
        if !shelf.images.contains(&spec.image.with_tag()) {
            return Err(EngineError::NoSuchImage(spec.image.as_str().to_owned()));
        }
        Ok(shelf.create(spec))
    }

    async fn start_container(&self, id: &str, _ip: Option<Ipv4Addr>) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        let call = Call::StartContainer(shelf.name_of(id));
        shelf.enter(call)?;
        let Some(kept) = shelf.find(id) else { return Err(EngineError::Gone(id.to_owned())) };
        if let Some(place) = kept.spec.as_ref().and_then(|spec| spec.network.as_ref())
            && !shelf.networks.iter().any(|(_, network)| network.name == place.network)
        {
            return Err(EngineError::Refused(format!("network {} not found", place.network)));
        }
        if !matches!(kept.run, RunState::Running { .. }) {
            shelf.set_run(id, RunState::Running { since: self.now() });
        }
        Ok(())
    }

    async fn stop_container(&self, id: &str, _grace_seconds: u32) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        let call = Call::StopContainer(shelf.name_of(id));
        shelf.enter(call)?;
        if shelf.find(id).is_some_and(|kept| matches!(kept.run, RunState::Running { .. } | RunState::Paused)) {
            shelf.set_run(id, RunState::Exited { code: BY_SIGTERM, out_of_memory: false, at: self.now() });
        }
        Ok(())
    }

    async fn pause_container(&self, id: &str) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        let call = Call::PauseContainer(shelf.name_of(id));
        shelf.enter(call)?;
        if shelf.find(id).is_some_and(|kept| matches!(kept.run, RunState::Running { .. })) {
            shelf.set_run(id, RunState::Paused);
        }
        Ok(())
    }

    async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        let call = Call::RemoveContainer(shelf.name_of(id));
        shelf.enter(call)?;
        let id = shelf.find(id).map(|kept| kept.id.clone());
        if let Some(id) = id {
            shelf.remove(&id);
        }
        Ok(())
    }

    async fn container_log(&self, id: &str, lines: u32) -> Result<String, EngineError> {
        let mut shelf = self.shelf.lock();
        let call = Call::ContainerLog(shelf.name_of(id));
        shelf.enter(call)?;
        let Some(kept) = shelf.find(id) else { return Err(EngineError::Gone(id.to_owned())) };
        let text = shelf.logs.get(&kept.id).cloned().unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        let skipped = all.len().saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX));
        Ok(all[skipped..].join("\n"))
    }

    async fn networks(&self, installation: InstallationId) -> Result<Vec<Network>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::Networks)?;
        let ours = shelf.networks.iter().filter(|(whose, _)| *whose == installation);
        Ok(ours.map(|(_, network)| network.clone()).collect())
    }

    async fn foreign_subnets(&self, installation: InstallationId) -> Result<Vec<Ipv4Net>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::ForeignSubnets)?;
        let others = shelf.networks.iter().filter(|(whose, _)| *whose != installation);
        Ok(others.filter_map(|(_, network)| network.subnet).chain(shelf.foreign_subnets.iter().copied()).collect())
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<String, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::EnsureNetwork(spec.name.clone()))?;
        let mine = |network: &Network| network.vcluster == spec.vcluster && network.subnet == Some(spec.subnet);
        if let Some((_, there)) =
            shelf.networks.iter().find(|(whose, network)| *whose == spec.installation && mine(network))
        {
            return Ok(there.id.clone());
        }
        let subnets = shelf.networks.iter().filter_map(|(_, network)| network.subnet);
        if subnets.chain(shelf.foreign_subnets.iter().copied()).any(|taken| overlap(taken, spec.subnet)) {
            return Err(EngineError::SubnetTaken(spec.subnet));
        }
        let id = shelf.next_id(&spec.name);
        let made = Network {
            id: id.clone(),
            name: spec.name.clone(),
            vcluster: spec.vcluster,
            subnet: Some(spec.subnet),
            bridge: Some(spec.bridge.clone()),
        };
        shelf.networks.push((spec.installation, made));
        shelf.tell(spec.installation, &EngineEvent::Network(spec.vcluster));
        Ok(id)
    }

    async fn remove_network(&self, id: &str) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        let found = shelf.networks.iter().find(|(_, network)| network.id == id || network.name == id).cloned();
        let name = found.as_ref().map_or_else(|| id.to_owned(), |(_, network)| network.name.clone());
        shelf.enter(Call::RemoveNetwork(name.clone()))?;
        let Some((installation, network)) = found else { return Ok(()) };
        let members = shelf.members(&name);
        if !members.is_empty() {
            return Err(EngineError::InUse(format!("network {name} (by {})", members.join(", "))));
        }
        shelf.networks.retain(|(_, other)| other.id != network.id);
        shelf.tell(installation, &EngineEvent::Network(network.vcluster));
        Ok(())
    }

    async fn has_volume(&self, spec: &VolumeSpec) -> Result<bool, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::HasVolume(spec.name.clone()))?;
        shelf.has_volume(spec)
    }

    async fn create_volume(&self, spec: &VolumeSpec) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::CreateVolume(spec.name.clone()))?;
        if !shelf.has_volume(spec)? {
            shelf.volumes.insert(spec.name.clone(), spec.clone());
        }
        Ok(())
    }

    /// An image's id is its name.
    async fn image_id(&self, name: &str) -> Result<Option<String>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::HasImage(name.to_owned()))?;
        Ok(shelf.images.contains(name).then(|| name.to_owned()))
    }

    async fn images_in_use(&self) -> Result<BTreeSet<String>, EngineError> {
        let shelf = self.shelf.lock();
        Ok(shelf.containers.iter().filter_map(|kept| Some(kept.spec.as_ref()?.image.with_tag())).collect())
    }

    async fn remove_image(&self, name: &str) -> Result<(), EngineError> {
        let used = self.images_in_use().await?.contains(name);
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::RemoveImage(name.to_owned()))?;
        if used {
            return Err(EngineError::InUse(format!("the image {name}")));
        }
        shelf.images.remove(name);
        Ok(())
    }

    async fn pull_image(
        &self,
        image: &ImageRef,
    ) -> Result<BoxStream<'static, Result<PullProgress, EngineError>>, EngineError> {
        let name = image.with_tag();
        {
            let mut shelf = self.shelf.lock();
            shelf.enter(Call::PullImage(image.as_str().to_owned()))?;
            if !shelf.offered.contains(&name) {
                return Err(EngineError::PullFailed { image: name, fault: PullFault::NotFound });
            }
        }
        let shelf = self.shelf.clone();
        let halves = [SIZE / 2, SIZE].map(|done| PullProgress { done, total: SIZE });
        let progress = stream::iter(halves).map(move |progress| {
            // There only once the stream has been read to its end.
            if progress.done == progress.total {
                shelf.lock().images.insert(name.clone());
            }
            Ok(progress)
        });
        Ok(progress.boxed())
    }

    /// It has no files.
    async fn disk_use(&self, _: InstallationId) -> Result<Vec<DiskUse>, EngineError> {
        Ok(Vec::new())
    }

    async fn events(
        &self,
        installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::Events)?;
        let (sender, receiver) = unbounded_channel();
        shelf.watchers.push((installation, sender));
        Ok(UnboundedReceiverStream::new(receiver).boxed())
    }

    async fn ensure_helper(&self, spec: &HelperSpec) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::EnsureHelper)?;
        shelf.helper = Some(spec.clone());
        Ok(())
    }

    /// Says that all is well, and then nothing.
    async fn helper_lines(
        &self,
        _installation: InstallationId,
    ) -> Result<BoxStream<'static, Result<HelperLine, EngineError>>, EngineError> {
        self.shelf.lock().enter(Call::HelperLines)?;
        let stands = HelperLine { at: self.now(), text: "stands".into() };
        Ok(stream::iter([Ok(stands)]).chain(stream::pending()).boxed())
    }

    async fn remove_helper(&self, _installation: InstallationId) -> Result<(), EngineError> {
        let mut shelf = self.shelf.lock();
        shelf.enter(Call::RemoveHelper)?;
        shelf.helper = None;
        Ok(())
    }
}
