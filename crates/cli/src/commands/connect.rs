//! A node's ports for other programs: `connect` as OpenSSH's ProxyCommand, and `port-forward`.

use std::{
    io,
    net::SocketAddr,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Method;
use rustix::{fd::BorrowedFd, stdio};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UdpSocket, unix::pipe},
    sync::mpsc,
    time::Instant,
};
use wire::vcluster::Vcluster;

use super::{
    named::{self, in_path},
    ssh_config,
};
use crate::{
    client::Client,
    datagrams::{self, Peers, Way},
    failure::{Failure, Kind},
    output::Output,
    relay::{self, Until},
};

/// Where sshd listens.
const SSH: u16 = 22;
/// How long sshd may take to listen in a node that was just started.
const STARTING: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// When the server could not be reached any more.
const AGAIN: &str = "What was being copied is not complete: copy again; rsync --partial goes on where it stopped.";

/// Standard input and output become the connection. For ssh, the key is let in first and the node's host key is written down,
/// so that ssh has nothing to ask.
pub(super) async fn connect(client: &Client, host: &str, port: u16) -> Result<(), Failure> {
    let (vcluster, node) = named::node_or_first(client, &ssh_config::target(host)).await?;
    let path = format!("/vclusters/{}/nodes/{}", in_path(&vcluster.id), in_path(&node));
    let deadline = Instant::now() + STARTING;
    let socket = loop {
        let opened = async {
            if port == SSH {
                ssh_config::prepare(client, &path, host).await?;
            }
            relay::open(client, &format!("{path}/ports/{port}")).await
        };
        match opened.await {
            // A node runs before its sshd does.
            Err(failure) if port == SSH && is_early(&failure) && Instant::now() < deadline => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            opened => break opened?,
        }
    };
    let (input, output) = streams();
    relay::carry(socket, input, output, Until::NodeEnded).await.map_err(|failure| failure.with_advice(AGAIN))
}

/// Standard input and output. ssh gives us pipes, which are read and written here without a thread of their own. Setting them not
/// to block changes nothing for ssh: no other process holds these ends. Each is looked at by itself, since one that does not block
/// cannot be read or written by a thread any more.
fn streams() -> (Box<dyn AsyncRead + Unpin>, Box<dyn AsyncWrite + Unpin>) {
    let own = |stream: BorrowedFd<'_>| stream.try_clone_to_owned();
    let input: Box<dyn AsyncRead + Unpin> = match own(stdio::stdin()).and_then(pipe::Receiver::from_owned_fd) {
        Ok(input) => Box::new(input),
        Err(_) => Box::new(tokio::io::stdin()),
    };
    let output: Box<dyn AsyncWrite + Unpin> = match own(stdio::stdout()).and_then(pipe::Sender::from_owned_fd) {
        Ok(output) => Box::new(output),
        Err(_) => Box::new(tokio::io::stdout()),
    };
    (input, output)
}

fn is_early(failure: &Failure) -> bool {
    matches!(failure.problem_code(), Some("not_ready" | "port_closed"))
}

/// Listens until it is ended.
pub(super) async fn forward(
    client: Client,
    target: &str,
    forwards: &[Forward],
    output: &Output,
) -> Result<(), Failure> {
    let client = Arc::new(client);
    let (vcluster, node) = named::node_or_first(&client, target).await?;
    let path = format!("/vclusters/{}/nodes/{}", in_path(&vcluster.id), in_path(&node));
    can_work(&client, &vcluster, &node, &path).await?;
    let (fail, mut failed) = mpsc::channel(16);
    let mut listening = Vec::new();
    // All of them, before any is announced.
    for forward in forwards {
        let taken = |fault| Failure::new(Kind::Conflict, format!("Nothing can listen on {}: {fault}", forward.local));
        listening.push((forward, Local::open(forward).await.map_err(taken)?));
    }
    let peers = Arc::new(Mutex::new(Peers::default()));
    for (forward, local) in listening {
        let (address, remote, protocol) = (local.address()?, forward.remote, forward.protocol);
        output.line(
            &serde_json::json!({"local": address, "node": node, "port": remote, "protocol": protocol.name()}),
            &format!("{address} -> {}/{node}:{remote}{}", vcluster.name, protocol.suffix()),
        )?;
        let (client, path, fail) = (client.clone(), format!("{path}/ports/{remote}"), fail.clone());
        match local {
            Local::Tcp(listener) => drop(tokio::spawn(accept(client, path, listener, fail))),
            Local::Udp(socket) => {
                let (path, peers) = (format!("{path}?protocol=udp"), peers.clone());
                let way = Way { client, path, socket, local: address, fail, peers };
                drop(tokio::spawn(datagrams::forward(way)));
            }
        }
    }
    drop(fail);
    // One connection that fails is no reason to end the others, unless none can be made any more.
    while let Some(failure) = failed.recv().await {
        if failure.kind == Kind::NotSignedIn {
            return Err(failure);
        }
        output.say(&format!("docklet: {failure}"));
    }
    Ok(())
}

/// What cannot work is not announced: a token without the scope, a node that does not run. What listens there may come later.
async fn can_work(client: &Client, vcluster: &Vcluster, node: &str, path: &str) -> Result<(), Failure> {
    // Wants the scope that ports want, and changes nothing.
    client.send(Method::GET, &format!("{path}/terminals")).await?;
    let name = &vcluster.name;
    match vcluster.nodes.iter().find(|there| there.name == node).map(|there| there.state.as_str()) {
        None | Some("running") => Ok(()),
        Some(state) => {
            let what = format!("{name}/{node} is {state}; its ports are there while it runs: docklet vc start {name}");
            Err(Failure::new(Kind::Conflict, what))
        }
    }
}

/// The end of a forward on this machine.
enum Local {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

impl Local {
    async fn open(forward: &Forward) -> io::Result<Self> {
        match forward.protocol {
            Protocol::Tcp => TcpListener::bind(forward.local).await.map(Self::Tcp),
            Protocol::Udp => UdpSocket::bind(forward.local).await.map(Self::Udp),
        }
    }

    fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr(),
            Self::Udp(socket) => socket.local_addr(),
        }
    }
}

async fn accept(client: Arc<Client>, path: String, listener: TcpListener, fail: mpsc::Sender<Failure>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(one(client.clone(), path.clone(), stream, fail.clone()))),
            // No descriptors are left; they come back when connections end.
            Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

async fn one(client: Arc<Client>, path: String, mut stream: TcpStream, fail: mpsc::Sender<Failure>) {
    let carried = async {
        let socket = relay::open(&client, &path).await?;
        let (reader, writer) = stream.split();
        relay::carry(socket, reader, writer, Until::BothEnded).await
    };
    if let Err(failure) = carried.await {
        // An orderly end would make what is cut off look complete.
        let _ = stream.set_zero_linger();
        let _ = fail.send(failure).await;
    }
}

/// `[ADDRESS:]LOCAL:REMOTE[/udp]`, or one port for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forward {
    local: SocketAddr,
    remote: u16,
    protocol: Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }

    const fn suffix(self) -> &'static str {
        match self {
            Self::Tcp => "",
            Self::Udp => "/udp",
        }
    }
}

impl FromStr for Forward {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const RULE: &str = "write LOCAL:REMOTE, such as 8080:80, 5353:53/udp for UDP, or ADDRESS:LOCAL:REMOTE";
        const ADDRESS: &str = "ADDRESS must be an IP address, such as 127.0.0.1 or [::1], and no name";
        let (text, protocol) = match text.split_once('/') {
            None => (text, Protocol::Tcp),
            Some((text, "tcp")) => (text, Protocol::Tcp),
            Some((text, "udp")) => (text, Protocol::Udp),
            Some(_) => return Err(RULE),
        };
        let (local, remote) = text.rsplit_once(':').unwrap_or((text, text));
        let remote = remote.parse().ok().filter(|port| *port != 0).ok_or(RULE)?;
        // Others on this machine's network are let in only where that is asked for.
        let local = if local.contains(':') { local.to_owned() } else { format!("127.0.0.1:{local}") };
        // Not even localhost: it may be two addresses.
        let is_port = local.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let rule = if is_port { ADDRESS } else { RULE };
        Ok(Self { local: local.parse().map_err(|_| rule)?, remote, protocol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forward_listens_on_this_machine_alone_unless_an_address_is_given() {
        for (text, local, remote, protocol) in [
            ("8080:80", "127.0.0.1:8080", 80, Protocol::Tcp),
            ("8080:80/tcp", "127.0.0.1:8080", 80, Protocol::Tcp),
            ("5353:53/udp", "127.0.0.1:5353", 53, Protocol::Udp),
            ("8888", "127.0.0.1:8888", 8888, Protocol::Tcp),
            ("53/udp", "127.0.0.1:53", 53, Protocol::Udp),
            ("0:80", "127.0.0.1:0", 80, Protocol::Tcp),
            ("0.0.0.0:8080:80", "0.0.0.0:8080", 80, Protocol::Tcp),
            ("[::1]:5353:53/udp", "[::1]:5353", 53, Protocol::Udp),
        ] {
            let local = local.parse().expect("an address");
            assert_eq!(text.parse(), Ok(Forward { local, remote, protocol }), "{text}");
        }
        for text in
            ["", "80:", ":80", "8080:0", "70000:80", "x:80", "8080:80:", "a:b:c", "80/sctp", "80/", "80/udp/udp"]
        {
            assert!(text.parse::<Forward>().is_err_and(|rule| rule.starts_with("write")), "{text}");
        }
        for text in ["localhost:8081:8000", "::1:8081:8000/udp", ":8081:8000"] {
            assert!(text.parse::<Forward>().is_err_and(|rule| rule.contains("IP address")), "{text}");
        }
    }
}
