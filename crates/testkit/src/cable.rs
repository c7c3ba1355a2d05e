//! The wire between a client and a server on this host, as a test wants it: whole, silent, cut, or cut at a given word.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// How the wire is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    Whole,
    /// Nothing arrives, and neither side is told: a cable that was pulled out, a firewall that drops.
    Silent,
    /// Connections end, new ones too.
    Cut,
    /// The connection that says this word is cut before it arrives.
    CutBefore(&'static str),
    /// The wire is cut when the server has done this word, before its answer arrives.
    CutBehind(&'static str),
}

/// A TCP port in front of a server's socket. Ends when it is dropped.
#[derive(Debug)]
pub struct Cable {
    address: SocketAddr,
    wire: Arc<watch::Sender<Wire>>,
    task: JoinHandle<()>,
}

impl Cable {
    /// # Panics
    /// When no port can be had.
    pub async fn to(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let wire = Arc::new(watch::Sender::new(Wire::Whole));
        let (socket, wires) = (socket.to_owned(), wire.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, socket.clone(), wires.clone()));
            }
        });
        Self { address, wire, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }

    /// Waits until a word has cut it.
    ///
    /// # Panics
    /// Never: the sender is ours.
    pub async fn until_cut(&self) {
        self.wire.subscribe().wait_for(|wire| *wire == Wire::Cut).await.expect("our own sender");
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries one connection until either end, or the wire, ends it.
async fn carry(mut client: TcpStream, socket: PathBuf, wire: Arc<watch::Sender<Wire>>) {
    let mut state = wire.subscribe();
    // A server that does not listen is a connection that ends.
    let Ok(mut server) = UnixStream::connect(&socket).await else { return };
    let (mut said, mut answered) = (vec![0; 16 * 1024], vec![0; 16 * 1024]);
    let mut is_the_word = false;
    loop {
        let now = *state.borrow_and_update();
        if now == Wire::Cut {
            return;
        }
        let carries = now != Wire::Silent;
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            read = client.read(&mut said), if carries => {
                let Some(said) = some(read, &said) else { return };
                match now {
                    Wire::CutBefore(word) if says(said, word) => return,
                    Wire::CutBehind(word) if says(said, word) => is_the_word = true,
                    _ => {}
                }
                if server.write_all(said).await.is_err() { return }
            }
            read = server.read(&mut answered), if carries => {
                let Some(answer) = some(read, &answered) else { return };
                if is_the_word {
                    wire.send_replace(Wire::Cut);
                    return;
                }
                if client.write_all(answer).await.is_err() { return }
            }
        }
    }
}

fn some(read: std::io::Result<usize>, buffer: &[u8]) -> Option<&[u8]> {
    read.ok().filter(|count| *count > 0).map(|count| &buffer[..count])
}

fn says(said: &[u8], word: &str) -> bool {
    said.windows(word.len()).any(|window| window == word.as_bytes())
}
