//! A door in front of the engine's socket: it can be shut, as when the engine is away; it counts how often everything is
//! listed; and it can answer in the engine's place, as the engine would on a host that is in trouble.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{UnixListener, UnixStream},
    task::JoinSet,
};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) struct Door {
    path: PathBuf,
    engine: PathBuf,
    watch: Arc<Watch>,
    open: Option<DropGuard>,
}

/// What the door does with requests.
#[derive(Default)]
struct Watch {
    requests: AtomicUsize,
    hold: Mutex<Option<Hold>>,
    lists: AtomicUsize,
    answers: Mutex<Vec<Answer>>,
}

/// One request that gets no further.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    /// The how manieth from the beginning.
    request: usize,
    /// With the engine's answer, instead of before the engine has heard of it.
    answered: bool,
    pub(crate) held: CancellationToken,
}

/// An answer to the next request whose first line contains `to`.
pub(crate) struct Answer {
    pub(crate) to: &'static str,
    pub(crate) status: u16,
    pub(crate) body: &'static str,
    /// The answer is not over until this is cancelled.
    pub(crate) over: CancellationToken,
}

impl Answer {
    /// A refusal, at once.
    pub(crate) fn refusal(to: &'static str, status: u16, body: &'static str) -> Self {
        let over = CancellationToken::new();
        over.cancel();
        Self { to, status, body, over }
    }

    async fn give(self, client: &mut UnixStream) {
        let Self { status, body, over, .. } = self;
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{body}");
        // A client that has gone has no use for the answer.
        let _ = client.write_all(head.as_bytes()).await;
        over.cancelled().await;
        let _ = client.shutdown().await;
        // The rest of the request: closing with something unread would take the answer back.
        let _ = tokio::io::copy(client, &mut tokio::io::sink()).await;
    }
}

impl Door {
    /// Open, in front of the engine with this socket.
    pub(crate) fn new(dir: &Path, engine: &Path) -> Self {
        let (path, engine) = (dir.join("engine.sock"), engine.to_owned());
        let mut door = Self { path, engine, watch: Arc::default(), open: None };
        door.open();
        door
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How often the engine was asked anything.
    pub(crate) fn requests(&self) -> usize {
        self.watch.requests.load(Ordering::Relaxed)
    }

    /// How often all containers were listed.
    pub(crate) fn lists(&self) -> usize {
        self.watch.lists.load(Ordering::Relaxed)
    }

    /// Holds the request that comes after so many others from now.
    pub(crate) fn hold(&self, after: usize, answered: bool) -> Hold {
        let hold = Hold { request: self.requests() + after + 1, answered, held: CancellationToken::new() };
        *self.watch.hold.lock() = Some(hold.clone());
        hold
    }

    /// Holds nothing any more.
    pub(crate) fn let_go(&self) {
        *self.watch.hold.lock() = None;
    }

    pub(crate) fn open(&mut self) {
        // What is left of an earlier opening; the first time there is nothing.
        let _ = std::fs::remove_file(&self.path);
        let listener = UnixListener::bind(&self.path).expect("bound");
        let shut = CancellationToken::new();
        self.open = Some(shut.clone().drop_guard());
        let (watch, engine) = (Arc::clone(&self.watch), self.engine.clone());
        tokio::spawn(async move {
            let mut passing = JoinSet::new();
            loop {
                tokio::select! {
                    // Dropping the set cuts every connection.
                    () = shut.cancelled() => return,
                    accepted = listener.accept() => {
                        let (client, _) = accepted.expect("accepted");
                        passing.spawn(pass(client, engine.clone(), Arc::clone(&watch)));
                    }
                    _ = passing.join_next(), if !passing.is_empty() => {}
                }
            }
        });
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.watch.answers.lock().push(answer);
    }

    /// Answers that no request has taken yet.
    pub(crate) fn unused(&self) -> usize {
        self.watch.answers.lock().len()
    }

    /// Lets no connection through, and cuts off those inside.
    pub(crate) fn shut(&mut self) {
        self.open = None;
        std::fs::remove_file(&self.path).expect("removed");
    }
}

async fn pass(mut client: UnixStream, engine: PathBuf, watch: Arc<Watch>) {
    let mut first = [0; 256];
    let Ok(read) = client.read(&mut first).await else { return };
    let request = String::from_utf8_lossy(&first[..read]).into_owned();
    let line = request.lines().next().unwrap_or_default();
    let number = watch.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let hold = watch.hold.lock().clone().filter(|hold| hold.request == number);
    if line.contains("/containers/json") {
        watch.lists.fetch_add(1, Ordering::Relaxed);
    }
    let answer = {
        let mut answers = watch.answers.lock();
        answers.iter().position(|answer| line.contains(answer.to)).map(|at| answers.remove(at))
    };
    if let Some(answer) = answer {
        return answer.give(&mut client).await;
    }
    // Without an engine behind it, the door does not answer either.
    let Ok(mut engine) = UnixStream::connect(engine).await else { return };
    if let Some(Hold { answered, held, .. }) = hold {
        if answered {
            let mut answer = [0; 1];
            // However the engine takes it, it has taken it.
            let _ = engine.write_all(&first[..read]).await;
            rest_of(&mut client, &mut engine, &mut answer).await;
        }
        held.cancel();
        // Until the client has gone.
        let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
        return;
    }
    if engine.write_all(&first[..read]).await.is_ok() {
        // However it ends, it has ended.
        let _ = copy_bidirectional(&mut client, &mut engine).await;
    }
}

/// Passes the rest of a request on, until the engine begins to answer.
async fn rest_of(client: &mut UnixStream, engine: &mut UnixStream, answer: &mut [u8; 1]) {
    let mut more = [0; 4096];
    loop {
        tokio::select! {
            _ = engine.read(answer) => return,
            read = client.read(&mut more) => match read {
                Ok(read) if read > 0 => {
                    let _ = engine.write_all(&more[..read]).await;
                }
                _ => return,
            },
        }
    }
}
