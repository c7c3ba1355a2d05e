//! The connection to the engine: made when needed, agreed on one API version, every request under a time limit.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use bollard::{API_DEFAULT_VERSION, Docker, errors::Error};
use chrono::{DateTime, Utc};
use control::ports::engine::{EngineError, EngineInfo};
use parking_lot::Mutex;

use crate::{about::runtimes, container::is_missing, fault::fault};

/// Questions that change nothing.
pub(crate) const QUERY: Duration = Duration::from_secs(20);
/// Creating, starting, removing: a loaded disk makes these slow, and giving up early would leave them half known.
pub(crate) const CHANGE: Duration = Duration::from_secs(90);
/// bollard's own limit must never be the first to fire.
const BOLLARD_LIMIT_SECONDS: u64 = 3600;

/// Hands out the connection.
#[derive(Debug)]
pub(crate) struct Client {
    socket: PathBuf,
    agreed: Mutex<Option<Docker>>,
}

impl Client {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self { socket, agreed: Mutex::new(None) }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The connection, speaking a version both sides know.
    pub(crate) async fn docker(&self) -> Result<Docker, EngineError> {
        if let Some(docker) = self.agreed.lock().clone() {
            return Ok(docker);
        }
        let Some(socket) = self.socket.to_str() else {
            return Err(EngineError::Unreachable(format!("the path {} is not text", self.socket.display())));
        };
        let docker = Docker::connect_with_unix(socket, BOLLARD_LIMIT_SECONDS, API_DEFAULT_VERSION).map_err(fault)?;
        let docker = match tokio::time::timeout(QUERY, docker.negotiate_version()).await {
            Ok(answer) => answer.map_err(fault)?,
            Err(_) => return Err(too_slow(QUERY)),
        };
        *self.agreed.lock() = Some(docker.clone());
        Ok(docker)
    }

    /// One request. Its error in the port's words; callers that can say it better look at bollard's with [`Self::raw`].
    pub(crate) async fn ask<T, F>(&self, limit: Duration, request: impl FnOnce(Docker) -> F) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.raw(limit, request).await?.map_err(fault)
    }

    /// One request; the outer error says that the engine could not be asked, the inner one is its answer.
    pub(crate) async fn raw<T, F>(
        &self,
        limit: Duration,
        request: impl FnOnce(Docker) -> F,
    ) -> Result<Result<T, Error>, EngineError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let docker = self.docker().await?;
        let answer = tokio::time::timeout(limit, request(docker)).await.map_err(|_| too_slow(limit));
        let lost = match &answer {
            Err(_) => true,
            Ok(Err(error)) => is_lost(error),
            Ok(Ok(_)) => false,
        };
        if lost {
            // The engine that comes back may be another version.
            *self.agreed.lock() = None;
        }
        answer
    }

    pub(crate) async fn info(&self) -> Result<EngineInfo, EngineError> {
        let info = self.ask(QUERY, |docker| async move { docker.info().await }).await?;
        let number = |value: Option<i64>| value.and_then(|v| u64::try_from(v).ok()).unwrap_or(0);
        Ok(EngineInfo {
            version: info.server_version.unwrap_or_default(),
            cpus: u32::try_from(number(info.ncpu)).unwrap_or(0),
            memory_mib: number(info.mem_total) / (1024 * 1024),
            runtimes: runtimes(info.runtimes),
            root_dir: info.docker_root_dir.unwrap_or_default().into(),
            started: self.started().await?,
        })
    }

    /// The engine makes its default bridge anew at each start, unless containers have run on since before it. It says of
    /// nothing else when it was started; an engine without that bridge does not say it at all.
    async fn started(&self) -> Result<Option<DateTime<Utc>>, EngineError> {
        match self.raw(QUERY, |docker| async move { docker.inspect_network("bridge", None).await }).await? {
            Ok(bridge) => Ok(bridge.created.as_deref().and_then(|text| text.parse().ok())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }
}

/// The connection failed, as opposed to the engine refusing.
fn is_lost(error: &Error) -> bool {
    !matches!(
        error,
        Error::DockerResponseServerError { .. }
            | Error::DockerStreamError { .. }
            | Error::DockerContainerWaitError { .. }
            | Error::JsonDataError { .. }
    )
}

fn too_slow(limit: Duration) -> EngineError {
    EngineError::Unreachable(format!("no answer within {} s", limit.as_secs()))
}
