//! A container engine in memory: does what the port promises, records every call, fails where the test says so, and lets the
//! test be the person who kills and removes things by hand. Runs no program: what is started runs until a test ends it.

mod calls;
mod shelf;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use control::ports::{
    clock::Clock,
    engine::{Container, EngineError, HelperSpec, Network, RunState},
};
use domain::{InstallationId, image::ImageRef};
use ipnet::Ipv4Net;
use parking_lot::Mutex;

use shelf::Shelf;

/// One call, with what it was about: a name where there is one, else an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Info,
    Containers,
    Container(String),
    CreateContainer(String),
    StartContainer(String),
    StopContainer(String),
    PauseContainer(String),
    RemoveContainer(String),
    ContainerLog(String),
    Networks,
    ForeignSubnets,
    EnsureNetwork(String),
    RemoveNetwork(String),
    HasVolume(String),
    CreateVolume(String),
    HasImage(String),
    PullImage(String),
    RemoveImage(String),
    Events,
    EnsureHelper,
    HelperLines,
    RemoveHelper,
}

impl Call {
    /// Changes nothing.
    pub fn is_look(&self) -> bool {
        matches!(
            self,
            Self::Info
                | Self::Containers
                | Self::Container(_)
                | Self::ContainerLog(_)
                | Self::Networks
                | Self::ForeignSubnets
                | Self::HasImage(_)
                | Self::HasVolume(_)
                | Self::Events
                | Self::HelperLines
        )
    }
}

/// Clones are the same engine. It has the image `docklet/base` and can pull none.
#[derive(Clone)]
pub struct FakeEngine {
    shelf: Arc<Mutex<Shelf>>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for FakeEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeEngine").field("shelf", &self.shelf).finish_non_exhaustive()
    }
}

impl FakeEngine {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let engine = Self { shelf: Arc::default(), clock };
        engine.add_image("docklet/base");
        engine
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// What tests look at.
impl FakeEngine {
    /// The calls so far that change something, in order.
    pub fn changes(&self) -> Vec<Call> {
        self.shelf.lock().calls.iter().filter(|call| !call.is_look()).cloned().collect()
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.shelf.lock().calls.clone()
    }

    pub fn forget_calls(&self) {
        self.shelf.lock().calls.clear();
    }

    /// The container of this name as that installation sees it.
    pub fn find(&self, installation: InstallationId, name: &str) -> Option<Container> {
        self.shelf.lock().find(name).map(|kept| kept.seen_by(installation))
    }

    /// Names of all containers, foreign ones too.
    pub fn container_names(&self) -> Vec<String> {
        self.shelf.lock().containers.iter().map(|kept| kept.name.clone()).collect()
    }

    pub fn networks_now(&self) -> Vec<Network> {
        self.shelf.lock().networks.iter().map(|(_, network)| network.clone()).collect()
    }

    pub fn volume_names(&self) -> Vec<String> {
        self.shelf.lock().volumes.keys().cloned().collect()
    }

    pub fn helper(&self) -> Option<HelperSpec> {
        self.shelf.lock().helper.clone()
    }
}

/// What tests do to it.
impl FakeEngine {
    /// The next call equal to this one fails; every call of a name or id has its own queue of failures.
    pub fn fail_next(&self, call: Call, error: EngineError) {
        self.shelf.lock().failures.entry(call).or_default().push_back(error);
    }

    /// Calls fail and event streams end, until it is reachable again.
    pub fn set_reachable(&self, reachable: bool) {
        let mut shelf = self.shelf.lock();
        shelf.unreachable = !reachable;
        if !reachable {
            shelf.end_event_streams();
        }
    }

    /// # Panics
    /// When the text is no image's name; so do the other methods that take one.
    pub fn add_image(&self, image: &str) {
        self.shelf.lock().images.insert(self::image(image).with_tag());
    }

    pub fn remove_image(&self, image: &str) {
        self.shelf.lock().images.remove(&self::image(image).with_tag());
    }

    /// A pull of it succeeds.
    pub fn offer_image(&self, image: &str) {
        self.shelf.lock().offered.insert(self::image(image).with_tag());
    }

    /// Its program ends by itself, or is killed from outside.
    ///
    /// # Panics
    /// When there is no such container; so do the other methods that take a name.
    pub fn exit(&self, name: &str, code: i64, out_of_memory: bool) {
        let at = self.now();
        self.shelf.lock().set_run(name, RunState::Exited { code, out_of_memory, at });
    }

    pub fn pause(&self, name: &str) {
        self.shelf.lock().set_run(name, RunState::Paused);
    }

    /// A person removes it behind our back.
    pub fn remove_by_hand(&self, name: &str) {
        let id = self.shelf.lock().find(name).expect("a container of this name").id.clone();
        self.shelf.lock().remove(&id);
    }

    /// A running container that is not ours.
    pub fn add_foreign_container(&self, name: &str) {
        let since = self.now();
        self.shelf.lock().add_foreign(name, since);
    }

    pub fn add_foreign_network(&self, subnet: Ipv4Net) {
        self.shelf.lock().foreign_subnets.push(subnet);
    }

    /// What its PID 1 has written.
    pub fn set_log(&self, name: &str, text: &str) {
        let id = self.shelf.lock().find(name).expect("a container of this name").id.clone();
        self.shelf.lock().logs.insert(id, text.to_owned());
    }
}

/// Failures that wait for their call.
type Failures = BTreeMap<Call, std::collections::VecDeque<EngineError>>;

fn image(text: &str) -> ImageRef {
    text.parse().expect("an image's name")
}
