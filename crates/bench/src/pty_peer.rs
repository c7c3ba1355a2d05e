//! The peer of our terminals: a raw PTY behind a WebSocket, with nothing in between. No resume, no credit, no sign-in.
//!
//! Speaks just enough of `docklet.terminal.v1` for the same client to read it: input in, output with offsets out.

use std::{os::fd::OwnedFd, process::Stdio};

use anyhow::Result;
use axum::{
    Router,
    extract::ws::{Message, WebSocket, WebSocketUpgrade},
    routing::get,
};
use nix::pty::openpty;
use tokio::{
    io::{Interest, unix::AsyncFd},
    net::TcpListener,
    process::Command,
};
use wire::terminal::{ClientFrame, MAX_OUTPUT, NodeFrame, SUBPROTOCOL};

/// Serves `command` on a PTY of its own for each connection; the address to connect to.
pub(crate) async fn serve(command: &'static [&'static str]) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let upgrade = move |upgrade: WebSocketUpgrade| async move {
        upgrade.protocols([SUBPROTOCOL]).on_upgrade(move |socket| async move {
            // A peer that fails shows as a client whose stream ends.
            let _ = bridge(socket, command).await;
        })
    };
    let app = Router::new().route("/", get(upgrade));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(format!("ws://{address}/"))
}

async fn bridge(mut socket: WebSocket, command: &[&str]) -> Result<()> {
    let pty = openpty(None, None)?;
    let terminal = |fd: &OwnedFd| Ok::<_, std::io::Error>(Stdio::from(fd.try_clone()?));
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .stdin(terminal(&pty.slave)?)
        .stdout(terminal(&pty.slave)?)
        .stderr(terminal(&pty.slave)?)
        .kill_on_drop(true)
        .spawn()?;
    drop(pty.slave);
    let flags = nix::fcntl::OFlag::O_NONBLOCK;
    nix::fcntl::fcntl(&pty.master, nix::fcntl::FcntlArg::F_SETFL(flags))?;
    #[expect(
        deprecated,
        reason = "its replacement is unsafe; we own the descriptor until the end, which is what it asks for"
    )]
    let master = AsyncFd::with_interest(pty.master, Interest::READABLE)?;
    let (mut offset, mut buffer, mut frame) = (0u64, vec![0; MAX_OUTPUT], Vec::new());
    loop {
        tokio::select! {
            message = socket.recv() => {
                let Some(Ok(message)) = message else { break };
                if let Message::Binary(bytes) = message
                    && let Ok(ClientFrame::Input { bytes, .. }) = ClientFrame::decode(&bytes)
                {
                    nix::unistd::write(master.get_ref(), bytes)?;
                }
            }
            ready = master.readable() => {
                let mut ready = ready?;
                let Ok(read) = ready.try_io(|fd| Ok(nix::unistd::read(fd.get_ref(), &mut buffer)?)) else { continue };
                let Ok(length @ 1..) = read else { break };
                frame.clear();
                NodeFrame::Output { offset, bytes: &buffer[..length] }.encode(&mut frame);
                offset += length as u64;
                socket.send(Message::Binary(frame.clone().into())).await?;
            }
        }
    }
    child.kill().await?;
    Ok(())
}
