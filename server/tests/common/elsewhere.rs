//! What a client may find in a server's place, or before it: another program, and a proxy.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::task::AbortOnDropHandle;

/// Listens on a port of its own until it is dropped.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _listening: AbortOnDropHandle<()>,
}

/// What it does with a connection.
enum Role {
    /// Answers by the first line of the request, and closes.
    Answers(Box<dyn Fn(&str) -> String + Send + Sync>),
    /// Leads there, wherever it was to lead.
    Proxies(SocketAddr),
}

impl Elsewhere {
    pub(crate) async fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::listen(Role::Answers(Box::new(answer))).await
    }

    pub(crate) async fn proxying(to: SocketAddr) -> Self {
        Self::listen(Role::Proxies(to)).await
    }

    async fn listen(role: Role) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (role, asked) = (Arc::new(role), Arc::new(Mutex::new(Vec::new())));
        let heard = asked.clone();
        let listening = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (role, heard) = (role.clone(), heard.clone());
                // Clients leave as they like.
                connections.spawn(async move { drop(serve(stream, &role, &heard).await) });
            }
        });
        Self { address, asked, _listening: AbortOnDropHandle::new(listening) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The first lines of the requests that came since this was last asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("nothing panics in here"))
    }
}

async fn serve(mut stream: TcpStream, role: &Role, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head);
    let line = text.lines().next().unwrap_or_default();
    asked.lock().expect("nothing panics in here").push(line.to_owned());
    match role {
        Role::Answers(answer) => {
            stream.write_all(answer(line).as_bytes()).await?;
            stream.shutdown().await
        }
        Role::Proxies(to) => {
            let mut there = TcpStream::connect(to).await?;
            if line.starts_with("CONNECT ") {
                stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            } else {
                there.write_all(&head).await?;
            }
            copy_bidirectional(&mut stream, &mut there).await.map(drop)
        }
    }
}
