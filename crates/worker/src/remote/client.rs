//! The portal's side of the worker stream: control's ports for nodes, wherever the nodes are.

use std::{collections::BTreeMap, io, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::ports::{
    coordination::WorkerDirectory,
    node::{
        Attach, Duplex, FilePart, ListeningPort, NodeAddress, NodeError, NodeLink, OpenTerminal, ReadFile,
        ServiceStatus, TerminalId, TerminalInfo,
    },
    usage::{DiskSample, NodeSamples, Usages},
};
use domain::{SshPublicKey, name::WorkerName};
use futures::{
    StreamExt,
    future::join_all,
    stream::{self, BoxStream},
};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{
    credentials::{Credentials, CredentialsError, server_name},
    message::{self, Answer, LONGEST_ANSWER, Request},
    socket,
};

/// Until the other side has proved itself.
const CONNECT: Duration = Duration::from_secs(4);
/// A worker asks its node at most twice, with 5 s for each.
const ANSWER: Duration = Duration::from_secs(15);

type Stream = TlsStream<TcpStream>;

/// The nodes of all workers. Cheap to ask: where a worker was found is remembered until it is not found there.
#[derive(derive_more::Debug)]
pub struct RemoteNodes {
    #[debug(skip)]
    directory: Arc<dyn WorkerDirectory>,
    #[debug(skip)]
    connector: TlsConnector,
    known: Mutex<BTreeMap<WorkerName, String>>,
}

impl RemoteNodes {
    pub fn new(directory: Arc<dyn WorkerDirectory>, credentials: &Credentials) -> Result<Self, CredentialsError> {
        let connector = TlsConnector::from(Arc::new(credentials.client()?));
        Ok(Self { directory, connector, known: Mutex::default() })
    }

    /// Asks for a stream that goes on at the pace of whoever reads it.
    async fn lasting(&self, worker: &WorkerName, request: &Request) -> Result<Box<dyn Duplex>, NodeError> {
        let ((), stream) = self.ask(worker, request).await?;
        socket::lasts(stream.get_ref().0).map_err(|fault| NodeError::Unreachable(fault.to_string()))?;
        Ok(Box::new(stream))
    }

    /// Asks, and returns the answer with the stream behind it.
    async fn ask<T: DeserializeOwned>(&self, worker: &WorkerName, request: &Request) -> Result<(T, Stream), NodeError> {
        self.ask_within(worker, request, ANSWER).await
    }

    async fn ask_within<T: DeserializeOwned>(
        &self,
        worker: &WorkerName,
        request: &Request,
        within: Duration,
    ) -> Result<(T, Stream), NodeError> {
        let mut stream = self.connect(worker).await?;
        let answer = exchange(&mut stream, request, within).await.map_err(|fault| unreachable(worker, &fault))??;
        Ok((answer, stream))
    }

    async fn call<T: DeserializeOwned>(&self, worker: &WorkerName, request: &Request) -> Result<T, NodeError> {
        self.ask(worker, request).await.map(|(answer, _)| answer)
    }

    async fn connect(&self, worker: &WorkerName) -> Result<Stream, NodeError> {
        let known = self.known.lock().get(worker).cloned();
        if let Some(address) = &known {
            match connect(&self.connector, address, worker).await {
                Ok(stream) => return Ok(stream),
                // It may be somewhere else by now.
                Err(_) => drop(self.known.lock().remove(worker)),
            }
        }
        let address = self.find(worker).await?;
        let stream = connect(&self.connector, &address, worker).await;
        let stream = stream.map_err(|fault| unreachable(worker, &fault))?;
        self.known.lock().insert(worker.clone(), address);
        Ok(stream)
    }

    async fn find(&self, worker: &WorkerName) -> Result<String, NodeError> {
        let says = |text: &str| NodeError::Unreachable(format!("its host {worker} {text}"));
        let found = self.directory.find_worker(worker).await;
        let info = found.map_err(|error| NodeError::Unreachable(error.to_string()))?;
        let info = info.ok_or_else(|| says("does not answer"))?;
        info.stream.ok_or_else(|| says("has no worker stream; run `dockletd worker` on it"))
    }
}

/// Whether the worker of this name answers at this address.
pub async fn ping(address: &str, worker: &WorkerName, credentials: &Credentials) -> Result<(), NodeError> {
    let config = credentials.client().map_err(|fault| NodeError::Unreachable(fault.to_string()))?;
    let connector = TlsConnector::from(Arc::new(config));
    let asked = async {
        let mut stream = connect(&connector, address, worker).await?;
        exchange(&mut stream, &Request::Ping(worker.clone()), ANSWER).await
    };
    asked.await.map_err(|fault| unreachable(worker, &fault))?
}

async fn connect(connector: &TlsConnector, address: &str, worker: &WorkerName) -> io::Result<Stream> {
    let name = server_name(worker).ok_or(io::ErrorKind::InvalidInput)?;
    let connected = async {
        let tcp = TcpStream::connect(address).await?;
        socket::set_up(&tcp)?;
        connector.connect(name, tcp).await
    };
    timeout(CONNECT, connected).await?
}

async fn exchange<T: DeserializeOwned>(
    stream: &mut Stream,
    request: &Request,
    within: Duration,
) -> io::Result<Answer<T>> {
    let exchanged = async {
        message::write(stream, request).await?;
        message::read(stream, LONGEST_ANSWER).await
    };
    timeout(within, exchanged).await?
}

/// Exactly as many bytes as were announced.
async fn receive(stream: Stream, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    timeout(ANSWER, stream.take(length).read_to_end(&mut bytes)).await??;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn unreachable(worker: &WorkerName, fault: &io::Error) -> NodeError {
    NodeError::Unreachable(format!("its host {worker} cannot be reached: {fault}"))
}

#[async_trait]
impl NodeLink for RemoteNodes {
    async fn terminals(&self, node: &NodeAddress) -> Result<Vec<TerminalInfo>, NodeError> {
        self.call(&node.worker, &Request::Terminals(node.clone())).await
    }

    async fn open_terminal(&self, node: &NodeAddress, open: &OpenTerminal) -> Result<TerminalInfo, NodeError> {
        self.call(&node.worker, &Request::OpenTerminal(node.clone(), open.clone())).await
    }

    async fn close_terminal(&self, node: &NodeAddress, terminal: &TerminalId) -> Result<(), NodeError> {
        self.call(&node.worker, &Request::CloseTerminal(node.clone(), terminal.clone())).await
    }

    async fn attach(&self, node: &NodeAddress, attach: &Attach) -> Result<Box<dyn Duplex>, NodeError> {
        let ((), stream) = self.ask(&node.worker, &Request::Attach(node.clone(), attach.clone())).await?;
        Ok(Box::new(stream))
    }

    async fn dial(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        self.lasting(&node.worker, &Request::Dial(node.clone(), port)).await
    }

    async fn dial_udp(&self, node: &NodeAddress, port: u16) -> Result<Box<dyn Duplex>, NodeError> {
        self.lasting(&node.worker, &Request::DialUdp(node.clone(), port)).await
    }

    async fn exec(&self, node: &NodeAddress, command: &[String]) -> Result<Box<dyn Duplex>, NodeError> {
        self.lasting(&node.worker, &Request::Exec(node.clone(), command.to_vec())).await
    }

    async fn authorize_key(&self, node: &NodeAddress, key: &SshPublicKey) -> Result<Vec<SshPublicKey>, NodeError> {
        self.call(&node.worker, &Request::AuthorizeKey(node.clone(), key.clone())).await
    }

    async fn watch_ports(
        &self,
        node: &NodeAddress,
    ) -> Result<BoxStream<'static, Result<Vec<ListeningPort>, NodeError>>, NodeError> {
        let ((), stream) = self.ask(&node.worker, &Request::WatchPorts(node.clone())).await?;
        let worker = node.worker.clone();
        let lists = stream::unfold(Some(stream), move |stream| {
            let worker = worker.clone();
            async move {
                let mut stream = stream?;
                let list = message::read::<Answer<Vec<ListeningPort>>>(&mut stream, LONGEST_ANSWER).await;
                let list = list.unwrap_or_else(|fault| Err(unreachable(&worker, &fault)));
                let goes_on = list.is_ok().then_some(stream);
                Some((list, goes_on))
            }
        });
        Ok(lists.boxed())
    }

    async fn services(&self, node: &NodeAddress) -> Result<Vec<ServiceStatus>, NodeError> {
        self.call(&node.worker, &Request::Services(node.clone())).await
    }

    async fn start_service(&self, node: &NodeAddress, name: &str) -> Result<ServiceStatus, NodeError> {
        self.call(&node.worker, &Request::StartService(node.clone(), name.to_owned())).await
    }

    async fn service_log(&self, node: &NodeAddress, name: &str) -> Result<String, NodeError> {
        self.call(&node.worker, &Request::ServiceLog(node.clone(), name.to_owned())).await
    }

    async fn read_file(&self, node: &NodeAddress, read: &ReadFile) -> Result<FilePart, NodeError> {
        let (worker, request) = (&node.worker, Request::ReadFile(node.clone(), read.clone()));
        let within = ANSWER + Duration::from_millis(read.wait_ms.into());
        let ((size, length), stream) = self.ask_within::<(u64, u64)>(worker, &request, within).await?;
        if length > u64::from(read.most) {
            return Err(NodeError::Garbage("its host has more of a file than was asked for".into()));
        }
        let bytes = receive(stream, length).await.map_err(|fault| unreachable(worker, &fault))?;
        Ok(FilePart { size, bytes })
    }
}

#[async_trait]
impl Usages for RemoteNodes {
    /// Of the workers that answer; an error when none does.
    async fn samples(
        &self,
        nodes: &[NodeAddress],
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<NodeSamples>, NodeError> {
        let mut by_worker = BTreeMap::<_, Vec<_>>::new();
        for node in nodes {
            by_worker.entry(&node.worker).or_default().push(node.clone());
        }
        let asked = by_worker
            .into_iter()
            .map(async |(worker, nodes)| self.call::<Vec<NodeSamples>>(worker, &Request::Samples(nodes, since)).await);
        let (mut samples, mut fault, mut answered) = (Vec::new(), None, nodes.is_empty());
        for answer in join_all(asked).await {
            match answer {
                Ok(theirs) => {
                    answered = true;
                    samples.extend(theirs);
                }
                Err(error) => fault = Some(error),
            }
        }
        match fault {
            Some(fault) if !answered => Err(fault),
            _ => Ok(samples),
        }
    }

    async fn disk(&self, worker: &WorkerName) -> Result<Option<DiskSample>, NodeError> {
        self.call(worker, &Request::Disk(worker.clone())).await
    }
}
