//! An etcd of our own: a child process for installations that name no endpoint. Knows nothing of what is stored in it.
//!
//! It listens on Unix sockets in a directory that only our user may enter, and on no port: every process of the host could
//! reach a port on loopback, and a process that reaches etcd commands the workers. It ends with this process, however
//! this process ends. When it dies it is started again; when its data cannot be read they are moved aside, because
//! coordination can be lost and is published again from the record.

mod journal;
mod launch;
mod layout;
mod post_mortem;
mod supervisor;
mod upkeep;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::InstallationId;
use tokio::{
    select,
    task::AbortHandle,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    etcd::EtcdConfig,
    link::{InvalidEndpoint, Link},
};
use layout::Layout;
use supervisor::{State, Supervisor};

/// Between two looks whether etcd answers by now.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// How long etcd may take to end when it is asked to, before it is killed. It bears being killed; only open watches make it
/// wait so long.
const GRACE: Duration = Duration::from_secs(2);

/// How to run an etcd of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedConfig {
    /// The program; a bare name is looked for in PATH.
    pub binary: PathBuf,
    /// Everything it keeps; created when missing, for our user only.
    pub data_dir: PathBuf,
    /// The most its database may take, in bytes.
    pub quota: u64,
    /// How long to wait for an earlier instance to let go of the directory, and then for etcd to answer.
    pub patience: Duration,
}

impl EmbeddedConfig {
    /// The `etcd` in PATH, with data in this directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { binary: "etcd".into(), data_dir: data_dir.into(), quota: 256 << 20, patience: Duration::from_secs(15) }
    }
}

/// Where an etcd of our own answers that another process of the same user runs in this directory.
pub fn endpoint_in(data_dir: &Path) -> String {
    layout::endpoint(data_dir)
}

/// Why there is no etcd. The texts are for the administrator who starts the daemon.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error("cannot prepare {path} for etcd")]
    Directory {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("another etcd still uses {0}; end it, or give this daemon another data directory")]
    InUse(PathBuf),
    #[error(
        "there is no program {0}; install etcd (Debian and Ubuntu: etcd-server), or set etcd.endpoints to one that runs"
    )]
    NoProgram(PathBuf),
    #[error("cannot run {binary}")]
    Launch {
        binary: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It ended at once; the text is the end of what it wrote.
    #[error("etcd does not start: {0}")]
    Ended(String),
    #[error("etcd runs but has not answered within {waited:?}; the end of what it wrote: {written}")]
    Silent { waited: Duration, written: String },
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
}

/// A running etcd. Dropping it kills etcd and waits for that, some milliseconds; [`Self::stop`] ends it in order.
#[derive(Debug)]
pub struct EmbeddedEtcd {
    layout: Layout,
    supervisor: Supervisor,
    upkeep: AbortHandle,
}

impl EmbeddedEtcd {
    /// Starts etcd and returns once it answers.
    ///
    /// # Errors
    /// Why it does not; nothing is left running then.
    pub async fn start(config: EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let layout = Layout::prepare(&config.data_dir)?;
        let link = Link::new(&EtcdConfig {
            endpoints: vec![layout.endpoint()],
            // Nothing is read or written on behalf of any installation here.
            installation: InstallationId::new(Uuid::nil()),
            credentials: None,
        })?;
        let supervisor = Supervisor::begin(config.clone(), layout.clone());
        until_it_answers(&supervisor, &link, config.patience).await?;
        let upkeep = tokio::spawn(upkeep::run(link, config.quota)).abort_handle();
        Ok(Self { layout, supervisor, upkeep })
    }

    /// Where it answers, for [`EtcdConfig::endpoints`]. Stays the same when etcd is started again.
    pub fn endpoint(&self) -> String {
        self.layout.endpoint()
    }

    pub fn data_dir(&self) -> &Path {
        self.layout.root()
    }

    /// The process that runs now; `None` between two.
    pub fn pid(&self) -> Option<u32> {
        match self.supervisor.state() {
            State::Running { pid } => Some(pid),
            _ => None,
        }
    }

    /// Asks etcd to end, kills it when that takes longer than 2 s, and returns once it is gone.
    pub async fn stop(self) {
        self.upkeep.abort();
        self.supervisor.ask_to_end();
        let mut states = self.supervisor.states();
        let over = states.wait_for(|state| *state == State::Over);
        if timeout(GRACE, over).await.is_err() {
            tracing::debug!("etcd takes its time to end and is killed");
        }
        // Dropping the supervisor kills what is left.
    }
}

impl Drop for EmbeddedEtcd {
    fn drop(&mut self) {
        self.upkeep.abort();
    }
}

async fn until_it_answers(supervisor: &Supervisor, link: &Link, patience: Duration) -> Result<(), EmbeddedError> {
    let mut states = supervisor.states();
    // An earlier instance may take all our patience; etcd itself gets as much again from when it runs.
    let waits = states.wait_for(|state| *state != State::Waiting).await.is_ok();
    let given_up = async {
        let over = |state: &State| matches!(state, State::InUse | State::Failed(_) | State::Over);
        states.wait_for(over).await.map_or(State::Over, |state| state.clone())
    };
    let answers = async {
        while link.call(|mut client| async move { client.get("docklet", None).await.map(drop) }).await.is_err() {
            sleep(BETWEEN_LOOKS).await;
        }
    };
    select! {
        biased;
        state = given_up => Err(match state {
            State::InUse => EmbeddedError::InUse(supervisor.data_dir().to_owned()),
            State::Failed(failure) => failure.into_error(supervisor.binary()),
            State::Waiting | State::Running { .. } | State::Down | State::Over => EmbeddedError::Ended(supervisor.written()),
        }),
        () = answers, if waits => Ok(()),
        () = sleep(patience) => Err(EmbeddedError::Silent { waited: patience, written: supervisor.written() }),
    }
}
