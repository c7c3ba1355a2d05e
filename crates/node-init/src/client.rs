//! The worker's side of docklet-init's protocol. The node is hostile: every reply is bounded, checked and under a deadline,
//! the socket's path is not trusted, descriptors that were not asked for are closed where closing may take its time, and no
//! text from the node is passed on uncleaned.

mod clean;
mod closer;
mod connect;
mod datagrams;
mod dial;
mod error;
mod frames;
mod handover;
mod held;
mod port_watch;
mod socket;
mod stream;

pub use datagrams::NodeDatagrams;
pub use error::ClientError;
pub use frames::{FrameReader, write_frame};
pub use handover::Handover;
pub use port_watch::PortWatch;
pub use socket::NodeSocket;
pub use stream::NodeStream;

use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use crate::protocol::{
    Activity, Attach, AttachReply, Done, Envelope, FileSize, HostKeys, ListeningPort, MAX_FILE_PART, MAX_FILE_WAIT_MS,
    MAX_REPLY, OpenTerminal, ReadFile, Reply, Request, ServiceLog, ServiceStatus, SshPublicKey, Status, TerminalId,
    TerminalInfo, VERSION,
};
use clean::Clean;

const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);
const FIRST_RETRY: Duration = Duration::from_millis(2);
const LONGEST_RETRY: Duration = Duration::from_millis(50);

/// Talks to the docklet-init of one node. Cheap to make and to clone; holds no connection.
#[derive(Debug, Clone)]
pub struct NodeClient {
    run_dir: PathBuf,
    deadline: Duration,
}

impl NodeClient {
    /// `run_dir` is the node's directory on the host, where its socket is.
    pub fn new(run_dir: PathBuf) -> Self {
        Self { run_dir, deadline: DEFAULT_DEADLINE }
    }

    /// The same client with another deadline for each request.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The node's own view of itself.
    pub async fn status(&self) -> Result<Status, ClientError> {
        self.call(Request::Status).await
    }

    /// Waits until the node answers that it is ready. `within` bounds the whole wait; the last failure is returned.
    pub async fn wait_ready(&self, within: Duration) -> Result<Status, ClientError> {
        let end = Instant::now() + within;
        let mut pause = FIRST_RETRY;
        loop {
            let attempt = timeout(end.saturating_duration_since(Instant::now()), self.status()).await;
            let failure = match attempt {
                Ok(Ok(status)) if status.ready => return Ok(status),
                Ok(Ok(_)) => ClientError::Timeout,
                Ok(Err(failure)) => failure,
                Err(_) => return Err(ClientError::Timeout),
            };
            if Instant::now() + pause >= end {
                return Err(failure);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_RETRY);
        }
    }

    /// All terminals, exited ones whose end was not seen included.
    pub async fn terminals(&self) -> Result<Vec<TerminalInfo>, ClientError> {
        self.call(Request::Terminals).await
    }

    /// Opens a terminal; opening a living one again changes nothing.
    pub async fn open_terminal(&self, request: OpenTerminal) -> Result<(), ClientError> {
        self.call::<Done>(Request::OpenTerminal(request)).await.map(|_| ())
    }

    /// Hangs the terminal up and forgets it.
    pub async fn close_terminal(&self, id: TerminalId) -> Result<(), ClientError> {
        self.call::<Done>(Request::CloseTerminal { id }).await.map(|_| ())
    }

    /// Attaches a viewer. The stream then carries frames of [`wire::terminal`], each after its length as a big-endian `u32`.
    pub async fn attach(&self, request: Attach) -> Result<(AttachReply, NodeStream), ClientError> {
        self.within_deadline(async {
            let mut stream = self.send(Request::Attach(request)).await?;
            let reply = read_reply(&mut stream).await?;
            Ok((reply, stream))
        })
        .await
    }

    /// A connection to the port on the node's own loopback address, made inside the node.
    pub async fn dial(&self, port: u16) -> Result<NodeSocket, ClientError> {
        self.within_deadline(async {
            let stream = self.send(Request::Dial { port }).await?;
            dial::receive(&stream, port).await
        })
        .await
    }

    /// Datagrams to and from the port on the node's own loopback address, whether anything listens or not. Each follows its
    /// length as a big-endian `u32`.
    pub async fn dial_udp(&self, port: u16) -> Result<NodeDatagrams, ClientError> {
        self.within_deadline(async {
            let stream = self.send(Request::DialUdp { port }).await?;
            dial::receive_datagrams(stream, port).await
        })
        .await
    }

    /// The TCP ports something in the node listens on.
    pub async fn ports(&self) -> Result<Vec<ListeningPort>, ClientError> {
        self.call(Request::Ports).await
    }

    /// The same ports, now and after each change.
    pub async fn watch_ports(&self) -> Result<PortWatch, ClientError> {
        let stream = self.within_deadline(self.send(Request::WatchPorts)).await?;
        Ok(PortWatch::new(stream, self.deadline))
    }

    /// Starts a service that does not run; one that runs is left alone.
    pub async fn start_service(&self, name: &str) -> Result<ServiceStatus, ClientError> {
        self.call(Request::StartService { name: name.to_owned() }).await
    }

    /// What a service printed last; lines without control characters.
    pub async fn service_log(&self, name: &str) -> Result<String, ClientError> {
        self.call::<ServiceLog>(Request::ServiceLog { name: name.to_owned() }).await.map(|log| log.text)
    }

    /// What the node is used for.
    pub async fn activity(&self) -> Result<Activity, ClientError> {
        self.call(Request::Activity).await
    }

    /// Lets a key log in as root. Answers with what the node's SSH server shows itself with.
    pub async fn authorize_key(&self, key: SshPublicKey) -> Result<Vec<SshPublicKey>, ClientError> {
        self.call::<HostKeys>(Request::AuthorizeKey { key }).await.map(|keys| keys.host_keys)
    }

    /// Starts a program without a terminal. The stream then carries frames of [`wire::exec`], each after its length as a
    /// big-endian `u32`.
    pub async fn exec(&self, command: Vec<String>) -> Result<NodeStream, ClientError> {
        self.within_deadline(async {
            let mut stream = self.send(Request::Exec { command }).await?;
            read_reply::<Done>(&mut stream).await?;
            Ok(stream)
        })
        .await
    }

    /// A piece of a regular file, and how long the file is. The deadline begins when the node has waited for as long as it may.
    pub async fn read_file(&self, read: ReadFile) -> Result<(u64, Vec<u8>), ClientError> {
        let (from, most) = (read.from, read.most.min(MAX_FILE_PART));
        let within = self.deadline + Duration::from_millis(read.wait_ms.min(MAX_FILE_WAIT_MS).into());
        let reading = async {
            let mut stream = self.send(Request::ReadFile(read)).await?;
            let FileSize { size } = read_reply(&mut stream).await?;
            let mut bytes = Vec::new();
            stream.take(most.into()).read_to_end(&mut bytes).await?;
            if bytes.len() as u64 > size.saturating_sub(from) {
                return Err(ClientError::Garbage("more of a file than it is long"));
            }
            Ok((size, bytes))
        };
        timeout(within, reading).await.unwrap_or(Err(ClientError::Timeout))
    }

    async fn call<T: DeserializeOwned + Clean>(&self, request: Request) -> Result<T, ClientError> {
        self.within_deadline(async {
            let mut stream = self.send(request).await?;
            read_reply(&mut stream).await
        })
        .await
    }

    async fn send(&self, request: Request) -> Result<NodeStream, ClientError> {
        let json = serde_json::to_vec(&Envelope { version: VERSION, request })
            .map_err(|_| ClientError::Garbage("the request cannot be written as JSON"))?;
        let length = u32::try_from(json.len()).map_err(|_| ClientError::Garbage("the request is too long"))?;
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(&json);
        let mut stream = connect::connect(&self.run_dir).await?;
        stream.write_all(&message).await?;
        Ok(stream)
    }

    async fn within_deadline<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        timeout(self.deadline, work).await.unwrap_or(Err(ClientError::Timeout))
    }
}

async fn read_reply<T: DeserializeOwned + Clean>(stream: &mut NodeStream) -> Result<T, ClientError> {
    let length = reply_length(stream.read_u32().await?)?;
    let mut json = vec![0; length];
    stream.read_exact(&mut json).await?;
    parse_reply(&json)
}

/// Checks the length a node announces before anything is allocated for it.
fn reply_length(announced: u32) -> Result<usize, ClientError> {
    match usize::try_from(announced) {
        Ok(length) if length <= MAX_REPLY => Ok(length),
        _ => Err(ClientError::Garbage("the reply is longer than any reply can be")),
    }
}

fn parse_reply<T: DeserializeOwned + Clean>(json: &[u8]) -> Result<T, ClientError> {
    match serde_json::from_slice::<Reply<T>>(json) {
        Ok(Reply::Ok(mut value)) => {
            value.clean();
            Ok(value)
        }
        Ok(Reply::Error(mut error)) => {
            error.clean();
            Err(ClientError::Node { code: error.code, message: error.message })
        }
        Err(_) => Err(ClientError::Garbage("the reply is not what was asked for")),
    }
}
