//! The worker stream over loopback, before nodes in memory: what comes through, and which clients do not.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use chrono::DateTime;
use control::ports::{
    coordination::{WorkerCoordination, WorkerInfo},
    node::{FilePart, NodeAddress, NodeError, NodeLink, ReadFile, ServiceState},
    usage::{DiskSample, Sample, Usages},
};
use domain::{NodeId, SshPublicKey};
use futures::StreamExt;
use testkit::{FakeNodes, HOST_KEY, MemoryCoordination, build};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, DigitallySignedStruct, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::ring,
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use tokio_util::sync::CancellationToken;

use super::{Credentials, RemoteNodes, StreamServer, credentials::server_name, ping, strangers::Strangers};

const SECRET: &[u8] = b"the secret of this test's cluster";
const OTHER: &[u8] = b"the secret of some other cluster!";
const SOON: Duration = Duration::from_secs(10);
/// In place of the server's own limit, for clients that say nothing.
const SHORT: Duration = Duration::from_secs(2);

/// A worker's stream and what stands behind it.
struct Host {
    nodes: FakeNodes,
    address: SocketAddr,
    end: CancellationToken,
    running: JoinHandle<()>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Host {
    async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    async fn start_with(change: impl FnOnce(&mut StreamServer)) -> Self {
        let (nodes, end) = (FakeNodes::default(), CancellationToken::new());
        let (link, usages) = (Arc::new(nodes.clone()), Arc::new(nodes.clone()));
        let mut server = StreamServer::new(build::worker("here"), link, usages, &credentials(SECRET)).expect("TLS");
        change(&mut server);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let running = tokio::spawn(server.run(listener, end.clone()));
        Self { nodes, address, end, running }
    }

    /// As the portal does: by what the worker has said about itself.
    async fn asked_with(&self, secret: &[u8]) -> RemoteNodes {
        RemoteNodes::new(Arc::new(told(&self.address.to_string()).await), &credentials(secret)).expect("TLS")
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("it listens")
    }

    async fn tls(&self, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
        let name = server_name(&build::worker("here")).expect("a name");
        TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await
    }
}

/// Coordination that knows one worker, here.
async fn told(stream: &str) -> MemoryCoordination {
    let coordination = MemoryCoordination::default();
    let info = WorkerInfo { stream: Some(stream.to_owned()), ..build::worker_info("here") };
    coordination.announce(&info).await.expect("it is told");
    coordination
}

fn credentials(secret: &[u8]) -> Credentials {
    Credentials::derive(secret).expect("a good secret")
}

fn node() -> NodeAddress {
    let node = "00000000-0000-0000-0000-00000000000a".parse::<NodeId>().expect("an id");
    NodeAddress { node, worker: build::worker("here") }
}

/// The other side closes, without an answer.
async fn closes(mut stream: impl AsyncReadExt + Unpin) {
    let mut answer = Vec::new();
    // With an end or with an error: both are no answer.
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("it is closed in time");
    assert!(answer.is_empty(), "{answer:?}");
}

#[tokio::test]
async fn what_is_asked_of_a_node_is_answered_as_if_the_worker_were_in_this_process() {
    let host = Host::start().await;
    let (remote, node) = (host.asked_with(SECRET).await, node());
    host.nodes.service(node.node, "jupyter", ServiceState::Stopped, Some("nobody asked"));
    host.nodes.log(node.node, "jupyter", "a line\n");
    let here = host.nodes.services(&node).await;
    assert_eq!(remote.services(&node).await, here);
    assert_eq!(remote.start_service(&node, "jupyter").await.expect("it is there").state, ServiceState::Starting);
    assert_eq!(remote.start_service(&node, "x").await, Err(NodeError::NoSuchService("x".into())));
    assert_eq!(remote.service_log(&node, "jupyter").await.as_deref(), Ok("a line\n"));
    assert_eq!(remote.dial(&node, 9).await.err(), Some(NodeError::PortClosed(9)));
    assert_eq!(remote.terminals(&node).await, host.nodes.terminals(&node).await);
    let mut datagrams = remote.dial_udp(&node, 53).await.expect("it is there");
    datagrams.write_all(b"\0\0\0\x01x").await.expect("it echoes");
    datagrams.flush().await.expect("it is sent");
    let mut echoed = [0; 5];
    timeout(SOON, datagrams.read_exact(&mut echoed)).await.expect("in time").expect("it echoes");
    assert_eq!(&echoed, b"\0\0\0\x01x");
    let mut command = remote.exec(&node, &["cat".to_owned()]).await.expect("it is started");
    command.write_all(b"hello").await.expect("it echoes");
    command.flush().await.expect("it is sent");
    let mut echoed = [0; 5];
    timeout(SOON, command.read_exact(&mut echoed)).await.expect("in time").expect("it echoes");
    assert_eq!((&echoed, host.nodes.ran(node.node)), (b"hello", vec![vec!["cat".to_owned()]]));
    let key: SshPublicKey = HOST_KEY.parse().expect("a key");
    assert_eq!(remote.authorize_key(&node, &key).await, host.nodes.authorize_key(&node, &key).await);
    assert_eq!(host.nodes.let_in(node.node), [key.to_string()], "once");
    host.nodes.service(node.node, "sshd", ServiceState::Unavailable, Some("not in this image"));
    assert_eq!(remote.authorize_key(&node, &key).await, Err(NodeError::NoSsh("not in this image".into())));
    let at = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    host.nodes.sample(node.node, Sample { at, cpu_milli: 7, memory_bytes: 1 << 40 });
    let nodes = [node];
    assert_eq!(remote.samples(&nodes, None).await, host.nodes.samples(&nodes, None).await);
    assert_eq!(remote.samples(&nodes, Some(at)).await, host.nodes.samples(&nodes, Some(at)).await);
    let worker = &nodes[0].worker;
    assert_eq!(remote.disk(worker).await, Ok(None));
    host.nodes.set_disk(worker, Some(DiskSample { at, owners: Vec::new() }));
    assert_eq!(remote.disk(worker).await, host.nodes.disk(worker).await);
}

#[tokio::test]
async fn a_piece_of_a_file_comes_whole_and_is_waited_for() {
    let host = Host::start().await;
    let (remote, node) = (host.asked_with(SECRET).await, node());
    let read = |from, most, wait_ms| ReadFile { path: "/root/log".to_owned(), from, most, wait_ms };
    assert!(matches!(remote.read_file(&node, &read(0, 10, 0)).await, Err(NodeError::NoFile(_))));
    let written: Vec<u8> = (0..2_000_000_u32).map(|n| n as u8).collect();
    host.nodes.write(node.node, "/root/log", &written);
    for (from, most) in [(0, 1 << 20), (1_999_998, 10), (2_000_000, 10), (3_000_000, 10)] {
        let part = remote.read_file(&node, &read(from, most, 0)).await;
        assert_eq!(part, host.nodes.read_file(&node, &read(from, most, 0)).await);
        assert_eq!(part.expect("it is there").size, 2_000_000);
    }
    let waits = read(2_000_000, 10, 60_000);
    let written = async {
        testkit::eventually("it is asked for", SOON, || async { host.nodes.asked() == 10 }).await;
        host.nodes.write(node.node, "/root/log", b"more");
    };
    let (part, ()) = tokio::join!(remote.read_file(&node, &waits), written);
    assert_eq!(part, Ok(FilePart { size: 2_000_004, bytes: b"more".to_vec() }));
}

#[tokio::test]
async fn ports_are_told_as_they_change_and_nobody_watches_once_the_asker_is_gone() {
    let host = Host::start().await;
    let (remote, node) = (host.asked_with(SECRET).await, node());
    host.nodes.listen(node.node, 8888, "jupyter");
    let mut lists = remote.watch_ports(&node).await.expect("a watch");
    let next = async |lists: &mut futures::stream::BoxStream<'static, _>| {
        let list: Result<Vec<control::ports::node::ListeningPort>, NodeError> =
            timeout(SOON, lists.next()).await.expect("in time").expect("a list");
        list.map(|list| list.into_iter().map(|port| port.port).collect::<Vec<_>>())
    };
    assert_eq!(next(&mut lists).await, Ok(vec![8888]));
    host.nodes.listen(node.node, 8050, "dash");
    assert_eq!(next(&mut lists).await, Ok(vec![8050, 8888]));
    drop(lists);
    testkit::eventually("the watch ends", SOON, || async { host.nodes.watches(node.node) == 0 }).await;
    let mut lists = remote.watch_ports(&node).await.expect("a watch");
    next(&mut lists).await.expect("the list of now");
    host.nodes.cut(node.node);
    assert!(matches!(next(&mut lists).await, Err(NodeError::Unreachable(_))));
    assert!(lists.next().await.is_none());
}

#[tokio::test]
async fn bytes_go_both_ways_and_one_direction_may_end_before_the_other() {
    let host = Host::start().await;
    let (remote, node) = (host.asked_with(SECRET).await, node());
    host.nodes.listen(node.node, 8888, "echo");
    let stream = remote.dial(&node, 8888).await.expect("it listens");
    let (mut read, mut write) = tokio::io::split(stream);
    let sent: Vec<u8> = (0..4_000_000_u32).map(|n| n as u8).collect();
    let all = sent.clone();
    let writing = tokio::spawn(async move {
        write.write_all(&all).await.expect("it takes all");
        write.shutdown().await.expect("it takes the end");
    });
    let mut echoed = Vec::new();
    timeout(SOON, read.read_to_end(&mut echoed)).await.expect("in time").expect("an orderly end");
    writing.await.expect("written");
    assert!(echoed == sent, "{} of {} bytes came back", echoed.len(), sent.len());
}

#[tokio::test]
async fn whoever_has_another_secret_is_refused_by_both_sides() {
    let host = Host::start().await;
    let fault = host.asked_with(OTHER).await.services(&node()).await.expect_err("must be refused").to_string();
    assert!(fault.contains("its host here cannot be reached"), "{fault}");
    // The portal sends nothing to such a worker; the worker must also refuse a client that trusts every server.
    let mut config = credentials(OTHER).client().expect("TLS");
    config.dangerous().set_certificate_verifier(Arc::new(TrustsEverybody));
    if let Ok(mut stream) = host.tls(config).await {
        let _ = stream.write_all(&greeting()).await;
        closes(stream).await;
    }
    assert_eq!(host.nodes.asked(), 0);
}

#[tokio::test]
async fn whoever_shows_no_certificate_or_a_workers_is_refused() {
    let host = Host::start().await;
    let trusting = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(TrustsEverybody));
    let worker = credentials(SECRET).issued_for_server(&build::worker("here")).expect("a certificate");
    let as_worker = trusting.clone().with_client_auth_cert(worker.0, worker.1).expect("a pair");
    for config in [trusting.with_no_client_auth(), as_worker] {
        // In TLS 1.3 the client hears of it only when it reads.
        if let Ok(mut stream) = host.tls(config).await {
            let _ = stream.write_all(&greeting()).await;
            closes(stream).await;
        }
    }
    assert_eq!(host.nodes.asked(), 0);
}

#[tokio::test]
async fn a_worker_of_another_name_is_not_taken_for_the_one_that_was_meant() {
    let host = Host::start().await;
    let (address, credentials) = (host.address.to_string(), credentials(SECRET));
    ping(&address, &build::worker("here"), &credentials).await.expect("it is there");
    assert!(ping(&address, &build::worker("there"), &credentials).await.is_err());
}

#[tokio::test]
async fn what_is_no_request_is_not_waited_for_nor_kept() {
    let host = Host::start_with(|server| server.greeting = SHORT).await;
    let authentic = async || host.tls(credentials(SECRET).client().expect("TLS")).await.expect("a handshake");
    // No TLS, nothing at all, half a length, an endless message, half a message.
    let mut plain = host.tcp().await;
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("it is taken");
    let mut said = Vec::new();
    let _ = timeout(SOON, plain.read_to_end(&mut said)).await.expect("it is closed in time");
    assert!(said.len() < 16, "a TLS alert and no more: {said:?}");
    closes(host.tcp().await).await;
    for bytes in [&[0, 0][..], &[0, 0, 1, 0, b'{']] {
        let mut stream = authentic().await;
        stream.write_all(bytes).await.expect("it is taken");
        closes(stream).await;
    }
    for bytes in [&[0xff, 0xff, 0xff, 0xff][..], b"\0\0\0\x07garbage", b"\0\0\0\x12{\"Invented\":[1,2]}"] {
        let mut stream = authentic().await;
        stream.write_all(bytes).await.expect("it is taken");
        let mut said = Vec::new();
        let _ = timeout(SOON, stream.read_to_end(&mut said)).await.expect("it is closed in time");
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("does not understand the request"), "{said}");
    }
    assert_eq!(host.nodes.asked(), 0);
    host.asked_with(SECRET).await.services(&node()).await.expect("others are served");
}

#[tokio::test]
async fn silent_strangers_keep_nobody_out_and_the_oldest_go_first() {
    // With a limit this long, no client is dropped for its silence alone.
    let host = Host::start_with(|server| {
        (server.greeting, server.strangers) = (SOON * 10, Arc::new(Strangers::new(2)));
    })
    .await;
    let remote = host.asked_with(SECRET).await;
    let (first, mut second) = (host.tcp().await, host.tcp().await);
    // Accepted in order, so there is no room but the first one's.
    remote.services(&node()).await.expect("the portal is let in");
    closes(first).await;
    let still = timeout(Duration::from_millis(200), second.read(&mut [0])).await;
    assert!(still.is_err(), "the younger one stays: {still:?}");
}

#[tokio::test]
async fn a_stranger_that_proves_nothing_is_sent_away_in_time() {
    let host = Host::start_with(|server| server.greeting = SHORT).await;
    closes(host.tcp().await).await;
}

#[tokio::test]
async fn a_worker_that_ends_cuts_its_streams_and_is_found_again_elsewhere() {
    let host = Host::start().await;
    host.nodes.listen(node().node, 8888, "echo");
    let coordination = told(&host.address.to_string()).await;
    let remote = RemoteNodes::new(Arc::new(coordination.clone()), &credentials(SECRET)).expect("TLS");
    let mut stream = remote.dial(&node(), 8888).await.expect("it listens");
    host.end.cancel();
    let mut rest = [0];
    assert!(matches!(timeout(SOON, stream.read(&mut rest)).await.expect("in time"), Ok(0) | Err(_)));
    testkit::eventually("it has ended", SOON, || async { host.running.is_finished() }).await;
    assert!(matches!(remote.services(&node()).await, Err(NodeError::Unreachable(_))));
    let other = Host::start().await;
    let info = WorkerInfo { stream: Some(other.address.to_string()), ..build::worker_info("here") };
    coordination.announce(&info).await.expect("it is told");
    remote.services(&node()).await.expect("it is found");
    assert_eq!(other.nodes.asked(), 1);
}

#[tokio::test]
async fn a_worker_nobody_knows_of_or_without_a_stream_is_said_to_be_so() {
    let coordination = MemoryCoordination::default();
    let remote = RemoteNodes::new(Arc::new(coordination.clone()), &credentials(SECRET)).expect("TLS");
    let fault = remote.services(&node()).await.expect_err("no worker is there").to_string();
    assert!(fault.contains("its host here does not answer"), "{fault}");
    coordination.announce(&build::worker_info("here")).await.expect("it is told");
    let fault = remote.services(&node()).await.expect_err("it has no stream").to_string();
    assert!(fault.contains("has no worker stream"), "{fault}");
}

/// A request that would be answered.
fn greeting() -> Vec<u8> {
    let request = serde_json::to_vec(&super::message::Request::Services(node())).expect("JSON");
    [&u32::try_from(request.len()).expect("short").to_be_bytes()[..], &request].concat()
}

#[derive(Debug)]
struct TrustsEverybody;

impl ServerCertVerifier for TrustsEverybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
