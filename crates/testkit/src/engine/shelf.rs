//! What the fake engine has on it. Knows nothing of the port's trait.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use control::ports::engine::{
    Container, ContainerLabels, ContainerSpec, EngineError, EngineEvent, HelperSpec, Network, RunState, VolumeSpec,
};
use domain::InstallationId;
use ipnet::Ipv4Net;
use tokio::sync::mpsc::UnboundedSender;

use super::{Call, Failures};

#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) containers: Vec<Kept>,
    /// With the installation of each.
    pub(super) networks: Vec<(InstallationId, Network)>,
    pub(super) foreign_subnets: Vec<Ipv4Net>,
    pub(super) volumes: BTreeMap<String, VolumeSpec>,
    pub(super) images: BTreeSet<String>,
    pub(super) offered: BTreeSet<String>,
    pub(super) logs: BTreeMap<String, String>,
    pub(super) helper: Option<HelperSpec>,
    pub(super) calls: Vec<Call>,
    pub(super) failures: Failures,
    pub(super) unreachable: bool,
    pub(super) watchers: Vec<(InstallationId, UnboundedSender<Result<EngineEvent, EngineError>>)>,
    made: u32,
}

/// A container, ours or not.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) run: RunState,
    /// `None` for a container that is not ours.
    pub(super) spec: Option<ContainerSpec>,
}

impl Kept {
    pub(super) fn seen_by(&self, installation: InstallationId) -> Container {
        let ours = self.spec.as_ref().filter(|spec| spec.installation == installation).map(|spec| ContainerLabels {
            owner: spec.owner,
            vcluster: spec.vcluster,
            instance: spec.instance,
            generation: spec.generation,
        });
        Container { id: self.id.clone(), name: self.name.clone(), ours, run: self.run }
    }

    fn is(&self, name_or_id: &str) -> bool {
        self.name == name_or_id || self.id == name_or_id
    }
}

impl Shelf {
    /// Records the call, and fails it where the test has said so.
    pub(super) fn enter(&mut self, call: Call) -> Result<(), EngineError> {
        let failure = self.failures.get_mut(&call).and_then(std::collections::VecDeque::pop_front);
        self.calls.push(call);
        if self.unreachable {
            return Err(EngineError::Unreachable("the test has made it so".into()));
        }
        failure.map_or(Ok(()), Err)
    }

    pub(super) fn next_id(&mut self, of: &str) -> String {
        self.made += 1;
        format!("{of}#{}", self.made)
    }

    pub(super) fn find(&self, name_or_id: &str) -> Option<&Kept> {
        self.containers.iter().find(|kept| kept.is(name_or_id))
    }

    /// The name behind an id, so that calls read well.
    pub(super) fn name_of(&self, id: &str) -> String {
        self.find(id).map_or_else(|| id.to_owned(), |kept| kept.name.clone())
    }

    pub(super) fn create(&mut self, spec: &ContainerSpec) -> String {
        let id = self.next_id(&spec.name);
        self.containers.push(Kept {
            id: id.clone(),
            name: spec.name.clone(),
            run: RunState::Created,
            spec: Some(spec.clone()),
        });
        self.tell_about(&id);
        id
    }

    pub(super) fn add_foreign(&mut self, name: &str, since: DateTime<Utc>) {
        let id = self.next_id(name);
        self.containers.push(Kept { id, name: name.to_owned(), run: RunState::Running { since }, spec: None });
    }

    pub(super) fn set_run(&mut self, name_or_id: &str, run: RunState) {
        let kept = self.containers.iter_mut().find(|kept| kept.is(name_or_id)).expect("a container of this name");
        kept.run = run;
        let id = kept.id.clone();
        self.tell_about(&id);
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.tell_about(id);
        self.containers.retain(|kept| kept.id != id);
    }

    pub(super) fn has_volume(&self, spec: &VolumeSpec) -> Result<bool, EngineError> {
        match self.volumes.get(&spec.name) {
            Some(there) if there != spec => Err(EngineError::ForeignVolume(spec.name.clone())),
            there => Ok(there.is_some()),
        }
    }

    /// Names of the containers in a network.
    pub(super) fn members(&self, network: &str) -> Vec<String> {
        let inside = |kept: &&Kept| {
            kept.spec.as_ref().and_then(|spec| spec.network.as_ref()).is_some_and(|place| place.network == network)
        };
        self.containers.iter().filter(inside).map(|kept| kept.name.clone()).collect()
    }

    fn tell_about(&mut self, id: &str) {
        if let Some(Kept { spec: Some(spec), .. }) = self.find(id) {
            let (installation, instance) = (spec.installation, spec.instance);
            self.tell(installation, &EngineEvent::Container(instance));
        }
    }

    pub(super) fn tell(&mut self, installation: InstallationId, event: &EngineEvent) {
        self.watchers.retain(|(whose, watcher)| *whose != installation || watcher.send(Ok(event.clone())).is_ok());
    }

    pub(super) fn end_event_streams(&mut self) {
        for (_, watcher) in self.watchers.drain(..) {
            // A watcher that has dropped its stream need not know.
            let _ = watcher.send(Err(EngineError::Unreachable("the test has made it so".into())));
        }
    }
}
