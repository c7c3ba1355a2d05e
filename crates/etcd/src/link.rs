//! The connection: one endpoint at a time, the next one when it does not answer. Knows no keys.

use std::{future::Future, path::Path, time::Duration};

use control::ports::coordination::CoordinationError;
use etcd_client::{Channel, Client, ConnectOptions, Error, KvClient, WatchClient};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{Mode, OFlags},
};
use tokio::{sync::Mutex, time::timeout};
use tonic::transport::Endpoint;

use crate::{
    etcd::EtcdConfig,
    fault::{is_worth_another_endpoint, unavailable},
};

/// One call, connecting included.
const CALL: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(2);
/// A connection is dead when a ping goes unanswered: noticed after at most the sum. etcd refuses pings more often than
/// every 5 s.
const PING_EVERY: Duration = Duration::from_secs(7);
const PING_ANSWER: Duration = Duration::from_secs(3);
/// A page of a list, or all that happened while a watcher was busy.
const LARGEST_MESSAGE: usize = 64 << 20;
/// What the kernel takes as the path of a Unix socket.
const LONGEST_SOCKET_PATH: usize = 107;

/// An endpoint that cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("{endpoint:?} is no etcd endpoint: {fault}; write http://host:port or unix:/path/to/socket")]
pub struct InvalidEndpoint {
    pub endpoint: String,
    pub fault: String,
}

pub(crate) struct Link {
    endpoints: Vec<Endpoint>,
    options: ConnectOptions,
    current: Mutex<Current>,
    /// Directories of sockets whose paths are too long for the kernel; the endpoints name them by these numbers.
    _directories: Vec<OwnedFd>,
}

#[derive(Default)]
struct Current {
    index: usize,
    client: Option<Client>,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

impl Link {
    pub(crate) fn new(config: &EtcdConfig) -> Result<Self, InvalidEndpoint> {
        let mut directories = Vec::new();
        let endpoints: Result<Vec<_>, _> =
            config.endpoints.iter().map(|text| endpoint(text, &mut directories)).collect();
        let endpoints = endpoints?;
        if endpoints.is_empty() {
            return Err(InvalidEndpoint { endpoint: String::new(), fault: "the list of endpoints is empty".into() });
        }
        // A member that has lost the others must not pretend that nothing happens.
        let mut options = ConnectOptions::new().with_require_leader(true).with_auto_token_refresh(true);
        if let Some(credentials) = &config.credentials {
            options = options.with_user(&credentials.user, &credentials.password);
        }
        Ok(Self { endpoints, options, current: Mutex::default(), _directories: directories })
    }

    /// Calls etcd; when an endpoint does not answer, calls the next one, each at most once. Whatever is called this way may
    /// have been carried out although it failed, and must bear being repeated.
    pub(crate) async fn call<T, F>(&self, call: impl Fn(Client) -> F) -> Result<T, CoordinationError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.try_call(call).await.map_err(|error| unavailable(&error))
    }

    /// As `call`, with the client's own error for callers that act on its kind.
    pub(crate) async fn try_call<T, F>(&self, call: impl Fn(Client) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut left = self.endpoints.len();
        loop {
            left -= 1;
            let mut current = self.current.lock().await;
            let index = current.index;
            let answer = match self.client(&mut current).await {
                Ok(client) => {
                    drop(current);
                    // Boxed: the client's futures are large.
                    Box::pin(in_time(call(client))).await
                }
                Err(error) => {
                    drop(current);
                    Err(error)
                }
            };
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let retry = is_worth_another_endpoint(&error);
            if retry {
                self.leave(index).await;
            }
            if !retry || left == 0 {
                return Err(error);
            }
        }
    }

    async fn client(&self, current: &mut Current) -> Result<Client, Error> {
        if let Some(client) = &current.client {
            return Ok(client.clone());
        }
        let channel = Channel::Tonic(self.endpoints[current.index].connect_lazy());
        // With a user, this asks etcd for a token.
        let client = Box::pin(in_time(Client::from_channel(channel, Some(self.options.clone())))).await?;
        current.client = Some(client.clone());
        Ok(client)
    }

    /// Turns to the next endpoint, unless another call already has.
    async fn leave(&self, index: usize) {
        let mut current = self.current.lock().await;
        if current.index == index && self.endpoints.len() > 1 {
            *current = Current { index: (index + 1) % self.endpoints.len(), client: None };
        }
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match timeout(CALL, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::GRpcStatus(tonic::Status::deadline_exceeded(format!("no answer within {CALL:?}")))),
    }
}

/// Key-value calls that take a whole page of answers.
pub(crate) fn kv(client: &Client) -> KvClient {
    client.kv_client().max_decoding_message_size(LARGEST_MESSAGE)
}

pub(crate) fn watcher(client: &Client) -> WatchClient {
    client.watch_client().max_decoding_message_size(LARGEST_MESSAGE)
}

fn endpoint(text: &str, directories: &mut Vec<OwnedFd>) -> Result<Endpoint, InvalidEndpoint> {
    let invalid = |fault: String| InvalidEndpoint { endpoint: text.to_owned(), fault };
    let url = match text.split_once(':') {
        Some(("unix", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            format!("unix:{}", short_path(path, directories).map_err(|error| invalid(error.to_string()))?)
        }
        Some(("https", _)) => return Err(invalid("TLS to etcd is not there yet".into())),
        Some(("http", _)) => text.to_owned(),
        _ => format!("http://{text}"),
    };
    let endpoint = Endpoint::from_shared(url).map_err(|error| invalid(error.to_string()))?;
    if !text.starts_with("unix:") && endpoint.uri().port().is_none() {
        return Err(invalid("it has no port".into()));
    }
    Ok(endpoint
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER)
        // etcd takes pings on a connection without a stream for an attack and hangs up.
        .keep_alive_while_idle(false))
}

/// The same socket by a path that the kernel takes.
fn short_path(path: &str, directories: &mut Vec<OwnedFd>) -> Result<String, std::io::Error> {
    let as_path = Path::new(path);
    let (true, Some(parent), Some(name)) = (path.len() > LONGEST_SOCKET_PATH, as_path.parent(), as_path.file_name())
    else {
        return Ok(path.to_owned());
    };
    let directory = rustix::fs::open(parent, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let short = format!("/proc/self/fd/{}/{}", directory.as_raw_fd(), name.to_string_lossy());
    directories.push(directory);
    Ok(short)
}
