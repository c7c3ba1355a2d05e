//! `docklet exec`: a program of a node as if it ran here, for scripts. It has no terminal; `docklet.exec.v1` keeps its streams
//! apart (crates/wire/src/exec.rs).

use std::{io, process::ExitCode, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use wire::{
    exec::{ClientFrame, ExecOrder, MAX_DATA, NodeFrame, SUBPROTOCOL},
    terminal::Exit,
};

use super::named::{self, in_path};
use crate::{
    client::Client,
    failure::{Failure, Kind},
    relay::broken_off,
    websocket::{Ended, Received, Receiver, Sender, WebSocket, pings},
};

/// How long a signal may wait behind input that the program does not read. Then we hang up, which ends it as well.
const PATIENCE: Duration = Duration::from_secs(1);

/// When the server could not be reached any more.
const AGAIN: &str = "The program is ended in the node, too, as soon as the server notices; then run it again.";

/// Runs the program and is it until it has ended.
pub(super) async fn run(client: &Client, target: &str, command: Vec<String>) -> Result<ExitCode, Failure> {
    let (vcluster, node) = named::node_or_first(client, target).await?;
    let path = format!("/vclusters/{}/nodes/{}/exec", in_path(&vcluster.id), in_path(&node));
    let order = serde_json::to_string(&ExecOrder { command }).map_err(io::Error::from)?;
    let (mut sender, receiver) = WebSocket::open(client, &path, SUBPROTOCOL).await?.split();
    // Before the program is there: none of them ends us while it runs.
    let signals = Signals::catch()?;
    // A connection that has ended says how when it is read.
    let _ = sender.send_text(order).await;
    tokio::select! {
        end = down(receiver) => end,
        end = up(sender, signals) => end,
    }
}

/// What a program is asked to end with.
struct Signals([(u8, Signal); 3]);

impl Signals {
    fn catch() -> io::Result<Self> {
        let caught = |kind: SignalKind| -> io::Result<(u8, Signal)> {
            let number = u8::try_from(kind.as_raw_value()).map_err(io::Error::other)?;
            Ok((number, signal(kind)?))
        };
        let kinds = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()];
        let [hangup, interrupt, terminate] = kinds.map(caught);
        Ok(Self([hangup?, interrupt?, terminate?]))
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        let [(hangup, hung_up), (interrupt, interrupted), (terminate, terminated)] = &mut self.0;
        tokio::select! {
            _ = hung_up.recv() => *hangup,
            _ = interrupted.recv() => *interrupt,
            _ = terminated.recv() => *terminate,
        }
    }
}

/// Input, signals and pings. Ends where we hang up; how the connection ends is told in the other direction.
async fn up(mut sender: Sender, mut signals: Signals) -> Result<ExitCode, Failure> {
    let mut pings = pings();
    let (mut stdin, mut buffer, mut open) = (tokio::io::stdin(), vec![0; MAX_DATA], true);
    loop {
        let sent = tokio::select! {
            count = stdin.read(&mut buffer), if open => {
                let bytes = buffer.get(..count?).unwrap_or_default();
                open = !bytes.is_empty();
                let frame = if open { ClientFrame::Stdin(bytes) } else { ClientFrame::StdinEnd };
                deliver(&mut sender, &frame, &mut signals).await
            }
            signal = signals.next() => deliver(&mut sender, &ClientFrame::Signal(signal), &mut signals).await,
            _ = pings.tick() => sender.ping().await.map_err(Undelivered::from),
        };
        match sent {
            Ok(()) => {}
            // How it ended is told in the other direction; Ctrl-C ends us as long as that is waited for.
            Err(Undelivered::Ended) => return Ok(ended_by(signals.next().await)),
            Err(Undelivered::Signal(signal)) => return Ok(ended_by(signal)),
        }
    }
}

/// Why a frame was not sent.
enum Undelivered {
    /// The connection has ended.
    Ended,
    /// This signal came, and could not be passed on either.
    Signal(u8),
}

impl From<Ended> for Undelivered {
    fn from(_: Ended) -> Self {
        Self::Ended
    }
}

/// Sends a frame, and the signal that came while it waited.
async fn deliver(sender: &mut Sender, frame: &ClientFrame<'_>, signals: &mut Signals) -> Result<(), Undelivered> {
    let signal = {
        let mut sending = std::pin::pin!(sender.send(encoded(frame)));
        let signal = tokio::select! {
            biased;
            sent = &mut sending => return sent.map_err(Undelivered::from),
            signal = signals.next() => signal,
        };
        tokio::select! {
            sent = &mut sending => sent?,
            () = sleep(PATIENCE) => return Err(Undelivered::Signal(signal)),
        }
        signal
    };
    tokio::select! {
        sent = sender.send(encoded(&ClientFrame::Signal(signal))) => sent.map_err(Undelivered::from),
        () = sleep(PATIENCE) => Err(Undelivered::Signal(signal)),
    }
}

fn encoded(frame: &ClientFrame<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    bytes
}

/// What the program writes, and how it ends.
async fn down(mut receiver: Receiver) -> Result<ExitCode, Failure> {
    let (mut stdout, mut stderr) = (tokio::io::stdout(), tokio::io::stderr());
    loop {
        let bytes = match receiver.receive().await {
            Received::Bytes(bytes) => bytes,
            Received::Closed(code) => return Err(broken_off(code).with_advice(AGAIN)),
        };
        match NodeFrame::decode(&bytes) {
            Ok(NodeFrame::Stdout(bytes)) => write(&mut stdout, bytes).await?,
            // A closed standard error is no reason to end the program.
            Ok(NodeFrame::Stderr(bytes)) => drop(write(&mut stderr, bytes).await),
            Ok(NodeFrame::Alive) => {}
            Ok(NodeFrame::Exit(Exit::Code(code))) => return Ok(ExitCode::from(code)),
            Ok(NodeFrame::Exit(Exit::Signal(signal))) => return Ok(ended_by(signal)),
            Ok(NodeFrame::Error { code, message }) => return Err(Failure::of_stream(code, message)),
            Err(fault) => {
                let what = format!("The server sent what this docklet does not understand ({fault}).");
                return Err(Failure::new(Kind::Unreachable, what));
            }
        }
    }
}

async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes).await?;
    to.flush().await
}

/// As shells say it.
pub(super) fn ended_by(signal: u8) -> ExitCode {
    ExitCode::from(128u8.saturating_add(signal))
}
