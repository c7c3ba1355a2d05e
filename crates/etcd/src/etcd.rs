//! The adapter itself: one installation's view of one etcd. Knows no port; those are in `assignment_publisher.rs` and
//! `worker_coordination.rs`.

use std::{collections::HashMap, sync::Arc};

use control::ports::coordination::CoordinationError;
use domain::InstallationId;
use parking_lot::Mutex;

use crate::{
    fenced::Epoch,
    keys::Keys,
    link::{InvalidEndpoint, Link},
    presence::Presence,
    record::Unreadables,
};

/// Where etcd is and whose keys we use there.
#[derive(Debug, Clone)]
pub struct EtcdConfig {
    /// `http://host:port`, `host:port` or `unix:/path/to/socket`; one that does not answer is passed over.
    pub endpoints: Vec<String>,
    pub installation: InstallationId,
    pub credentials: Option<Credentials>,
}

/// A user of etcd. `Debug` leaves the password out.
#[derive(Clone, PartialEq, Eq, derive_more::Debug)]
pub struct Credentials {
    pub user: String,
    #[debug(skip)]
    pub password: String,
}

/// Control's `AssignmentPublisher` and a worker's `WorkerCoordination` over etcd. Clones share the connection and the
/// leases.
#[derive(Debug, Clone)]
pub struct Etcd {
    pub(crate) link: Arc<Link>,
    pub(crate) keys: Keys,
    pub(crate) presence: Arc<Presence>,
    pub(crate) unreadables: Arc<Unreadables>,
    /// The revision of each report that this process has written last.
    pub(crate) written: Arc<Mutex<HashMap<String, i64>>>,
    /// The record and its term, which control's writes are compared with.
    pub(crate) epoch: Arc<Mutex<Epoch>>,
}

impl Etcd {
    /// Connects with the first call, so an etcd that does not answer yet is no error here; `ping` tells.
    ///
    /// # Errors
    /// An endpoint that cannot be one.
    pub fn connect(config: &EtcdConfig) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            link: Arc::new(Link::new(config)?),
            keys: Keys::new(config.installation),
            presence: Arc::default(),
            unreadables: Arc::default(),
            written: Arc::default(),
            epoch: Arc::default(),
        })
    }

    /// The version of the etcd that answers.
    pub async fn version(&self) -> Result<String, CoordinationError> {
        self.link
            .call(|mut client| async move { client.status().await.map(|status| status.version().to_owned()) })
            .await
    }
}
