//! The worker's side of the worker stream.

use std::{io, sync::Arc, time::Duration};

use control::ports::{
    node::{Duplex, FilePart, ListeningPort, NodeError, NodeLink},
    usage::Usages,
};
use domain::name::WorkerName;
use futures::{StreamExt, stream::BoxStream};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional_with_sizes},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    credentials::{Credentials, CredentialsError},
    message::{self, Answer, LONGEST_REQUEST, Request},
    socket,
    strangers::Strangers,
};

/// From the first byte to the whole request, and for writing an answer.
const GREETING: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(10);
/// Connections that have not proved anything yet…
const MOST_STRANGERS: usize = 256;
/// …and connections that have. A viewer of a terminal is one, and so is a connection to an app.
const MOST_CONNECTIONS: usize = 16 * 1024;
/// What one direction of a stream holds at most.
const BUFFER: usize = 16 * 1024;
/// When no connection can be accepted (no descriptors are left), the next try waits.
const BREATH: Duration = Duration::from_millis(100);

type Stream = TlsStream<TcpStream>;

/// Serves the nodes of one worker to clients that hold the cluster's secret.
#[derive(derive_more::Debug)]
pub struct StreamServer {
    name: WorkerName,
    #[debug(skip)]
    nodes: Arc<dyn NodeLink>,
    #[debug(skip)]
    usages: Arc<dyn Usages>,
    #[debug(skip)]
    acceptor: TlsAcceptor,
    pub(super) strangers: Arc<Strangers>,
    pub(super) greeting: Duration,
    connections: Semaphore,
}

impl StreamServer {
    pub fn new(
        name: WorkerName,
        nodes: Arc<dyn NodeLink>,
        usages: Arc<dyn Usages>,
        credentials: &Credentials,
    ) -> Result<Self, CredentialsError> {
        let acceptor = TlsAcceptor::from(Arc::new(credentials.server(&name)?));
        let (strangers, connections) = (Strangers::new(MOST_STRANGERS), Semaphore::new(MOST_CONNECTIONS));
        Ok(Self { name, nodes, usages, acceptor, strangers: Arc::new(strangers), greeting: GREETING, connections })
    }

    /// Serves until `end` is cancelled; then every connection is cut. Terminals live in the nodes and go on.
    pub async fn run(self, listener: TcpListener, end: CancellationToken) {
        let (server, tasks) = (Arc::new(self), TaskTracker::new());
        loop {
            let accepted = tokio::select! {
                () = end.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((tcp, _)) => server.admit(tcp, &tasks, &end),
                Err(error) => {
                    tracing::warn!(%error, "a connection to the worker stream cannot be accepted");
                    tokio::time::sleep(BREATH).await;
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    fn admit(self: &Arc<Self>, tcp: TcpStream, tasks: &TaskTracker, end: &CancellationToken) {
        let stranger = self.strangers.admit();
        let (server, end) = (Arc::clone(self), end.clone());
        tasks.spawn(async move {
            let connection = async {
                let greeted = tokio::select! {
                    greeted = timeout(server.greeting, server.greet(tcp)) => greeted,
                    () = stranger.is_shown_out() => return Err(io::ErrorKind::ConnectionAborted.into()),
                };
                drop(stranger);
                let (stream, request) = greeted.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
                server.answer(stream, request).await
            };
            tokio::select! {
                () = end.cancelled() => {}
                // Large because of all the requests there are.
                done = Box::pin(connection) => if let Err(error) = done {
                    tracing::debug!(%error, "a connection of the worker stream has ended early");
                },
            }
        });
    }

    /// Nothing is read of a request before its sender has proved itself.
    async fn greet(&self, tcp: TcpStream) -> io::Result<(Stream, Request)> {
        socket::set_up(&tcp)?;
        let mut stream = self.acceptor.accept(tcp).await?;
        let request = message::read(&mut stream, LONGEST_REQUEST).await;
        match request {
            Ok(request) => Ok((stream, request)),
            Err(error) => {
                // A client newer than this worker is told so.
                if error.kind() == io::ErrorKind::InvalidData {
                    let refusal =
                        NodeError::Refused(format!("its worker {} does not understand the request", self.name));
                    reply(&mut stream, &Answer::<()>::Err(refusal)).await?;
                }
                Err(error)
            }
        }
    }

    async fn answer(&self, mut stream: Stream, request: Request) -> io::Result<()> {
        let Ok(_counted) = self.connections.try_acquire() else {
            tracing::warn!("the worker stream has as many connections as it may have; one is refused");
            let refusal = NodeError::Unreachable("its host has too many connections; try again".into());
            return reply(&mut stream, &Answer::<()>::Err(refusal)).await;
        };
        let nodes = &self.nodes;
        match request {
            Request::Ping(name) => reply(&mut stream, &self.pong(&name)).await,
            Request::Terminals(node) => reply(&mut stream, &nodes.terminals(&node).await).await,
            Request::OpenTerminal(node, open) => reply(&mut stream, &nodes.open_terminal(&node, &open).await).await,
            Request::CloseTerminal(node, id) => reply(&mut stream, &nodes.close_terminal(&node, &id).await).await,
            Request::Attach(node, attach) => carry(stream, nodes.attach(&node, &attach).await).await,
            Request::Dial(node, port) => {
                socket::lasts(stream.get_ref().0)?;
                carry(stream, nodes.dial(&node, port).await).await
            }
            Request::DialUdp(node, port) => {
                socket::lasts(stream.get_ref().0)?;
                carry(stream, nodes.dial_udp(&node, port).await).await
            }
            Request::Exec(node, command) => {
                socket::lasts(stream.get_ref().0)?;
                carry(stream, nodes.exec(&node, &command).await).await
            }
            Request::AuthorizeKey(node, key) => reply(&mut stream, &nodes.authorize_key(&node, &key).await).await,
            Request::WatchPorts(node) => tell(stream, nodes.watch_ports(&node).await).await,
            Request::Services(node) => reply(&mut stream, &nodes.services(&node).await).await,
            Request::StartService(node, name) => reply(&mut stream, &nodes.start_service(&node, &name).await).await,
            Request::ServiceLog(node, name) => reply(&mut stream, &nodes.service_log(&node, &name).await).await,
            Request::ReadFile(node, read) => hand_over(stream, nodes.read_file(&node, &read).await).await,
            Request::Disk(worker) => reply(&mut stream, &self.usages.disk(&worker).await).await,
            Request::Samples(nodes, since) => reply(&mut stream, &self.usages.samples(&nodes, since).await).await,
        }
    }

    fn pong(&self, asked: &WorkerName) -> Answer<()> {
        let other = || NodeError::Unreachable(format!("this is the worker {}, not {asked}", self.name));
        (*asked == self.name).then_some(()).ok_or_else(other)
    }
}

async fn reply<T: Serialize>(stream: &mut Stream, answer: &T) -> io::Result<()> {
    timeout(ANSWER, message::write(stream, answer)).await?
}

async fn hand_over(mut stream: Stream, part: Answer<FilePart>) -> io::Result<()> {
    let (answer, bytes) = match part {
        Ok(FilePart { size, bytes }) => (Ok((size, bytes.len() as u64)), bytes),
        Err(error) => (Err(error), Vec::new()),
    };
    reply(&mut stream, &answer).await?;
    let sent = async {
        stream.write_all(&bytes).await?;
        stream.flush().await
    };
    timeout(ANSWER, sent).await?
}

/// From here on the stream is what the node made of it; either side may close its direction first.
async fn carry(mut stream: Stream, node: Answer<Box<dyn Duplex>>) -> io::Result<()> {
    let (answer, node) = match node {
        Ok(node) => (Ok(()), Some(node)),
        Err(error) => (Err(error), None),
    };
    reply(&mut stream, &answer).await?;
    if let Some(mut node) = node {
        copy_bidirectional_with_sizes(&mut stream, &mut node, BUFFER, BUFFER).await?;
    }
    Ok(())
}

async fn tell(mut stream: Stream, ports: Answer<BoxStream<'static, Answer<Vec<ListeningPort>>>>) -> io::Result<()> {
    let mut ports = match ports {
        Ok(ports) => ports,
        Err(error) => return reply(&mut stream, &Answer::<()>::Err(error)).await,
    };
    reply(&mut stream, &Answer::Ok(())).await?;
    loop {
        let list = tokio::select! {
            list = ports.next() => list,
            // Nothing follows the request: when this read returns, the client has gone.
            _ = stream.read_u8() => return Ok(()),
        };
        let Some(list) = list else { return Ok(()) };
        reply(&mut stream, &list).await?;
    }
}
