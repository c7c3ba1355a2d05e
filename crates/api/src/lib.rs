//! What a client can ask for: one function per use-case, from an actor and wire's types to wire's types or a problem. The REST
//! interface and the console's server functions are thin over it, so that they cannot differ.
//!
//! Decides nothing: control does. Knows no HTTP, no cookie and no page. What has no types of wire's, such as the bytes of a
//! terminal, the edge asks of control itself.

mod apps;
mod device;
mod disk;
mod images;
mod installation;
mod jobs;
mod people;
mod profile;
mod queue;
mod refusal;
mod ssh;
mod terminals;
mod vclusters;
mod why;

use std::{str::FromStr, sync::Arc};

use control::{
    Control,
    actor::Actor,
    ports::{clock::Clock, store::PageRequest},
};
use wire::{app::AppUrls, page::Page};

pub use apps::LiveItem;
pub use installation::InstallationView;
pub use refusal::Refusal;
pub use vclusters::FeedItem;

/// What is the same for all clients.
#[derive(Clone, derive_more::Debug)]
pub struct Backend {
    pub control: Control,
    #[debug(skip)]
    pub installation: Arc<dyn InstallationView>,
    #[debug(skip)]
    pub clock: Arc<dyn Clock>,
}

/// Everything that one signed-in client can ask for, as that client sees it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    backend: Backend,
    actor: Actor,
    urls: AppUrls,
}

impl Api {
    /// `urls`: how this client finds apps.
    pub const fn new(backend: Backend, actor: Actor, urls: AppUrls) -> Self {
        Self { backend, actor, urls }
    }

    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    pub const fn urls(&self) -> &AppUrls {
        &self.urls
    }

    const fn control(&self) -> &Control {
        &self.backend.control
    }
}

/// The thing that a client's text names. What is not even an id names nothing, so it is answered like an unknown one.
pub fn id<T: FromStr>(text: &str, what: &'static str) -> Result<T, Refusal> {
    text.parse().map_err(|_| control::Error::NotFound(what).into())
}

/// A request for one more than `limit`: whether there is one tells of a next page.
const fn page<K>(limit: u32, after: Option<K>) -> PageRequest<K> {
    PageRequest { after, limit: limit + 1 }
}

type Paged<T> = Result<Page<T>, Refusal>;
