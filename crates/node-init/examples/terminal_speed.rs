//! A terminal of docklet-init beside a raw pseudo-terminal, through the same kind of client: output and keystroke echo.
//! `terminal_speed PATH-OF-DOCKLET-INIT [yes|cat]…`

use std::error::Error;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use node_init::client::{FrameReader, NodeClient, NodeStream, write_frame};
use node_init::protocol::{Attach, ClientId, OpenTerminal, Resume, TerminalId};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use tokio::io::{ReadHalf, WriteHalf};
use wire::terminal::{ClientFrame, NodeFrame};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BYTES: usize = 256 << 20;
const KEYS: usize = 2_000;
const ECHO: [&str; 3] = ["sh", "-c", "stty raw -echo; printf ready; exec cat"];

/// Kills a process at the end.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let binary = std::env::args().nth(1).ok_or("usage: terminal_speed PATH-OF-DOCKLET-INIT")?;
    let mut out = std::io::stdout();
    let dir = tempfile::tempdir()?;
    let big = dir.path().join("big");
    std::fs::write(
        &big,
        "the quick brown fox jumps over the lazy dog and comes back to do it again....\n".repeat(4 << 20),
    )?;
    let big = big.to_str().ok_or("the temporary directory is not UTF-8")?;
    let wanted: Vec<String> = std::env::args().skip(2).collect();
    for (name, command) in [("yes", ["yes", "y"]), ("cat", ["cat", big])] {
        if !wanted.is_empty() && !wanted.iter().any(|word| word == name) {
            continue;
        }
        let (raw, ours) = (raw_output(&command)?, our_output(Path::new(&binary), &command).await?);
        writeln!(out, "output of {name}: raw pty {raw:.0} MB/s, docklet-init {ours:.0} MB/s, ratio {:.2}", ours / raw)?;
    }
    let (raw, ours) = (raw_echo()?, our_echo(Path::new(&binary)).await?);
    for (name, at) in [("p50", KEYS / 2), ("p99", KEYS * 99 / 100)] {
        writeln!(
            out,
            "echo {name}: raw pty {:?}, docklet-init {:?}, + {:?}",
            raw[at],
            ours[at],
            ours[at].saturating_sub(raw[at])
        )?;
    }
    Ok(())
}

fn raw_pty(command: &[&str]) -> Result<(std::fs::File, Running)> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let master = openpt(flags)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let user = ioctl_tiocgptpeer(&master, flags)?;
    let child = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::from(user.try_clone()?))
        .stdout(Stdio::from(user.try_clone()?))
        .stderr(Stdio::from(user))
        .spawn()?;
    Ok((master.into(), Running(child)))
}

fn raw_output(command: &[&str]) -> Result<f64> {
    let (mut master, _child) = raw_pty(command)?;
    let mut buffer = vec![0; 64 * 1024];
    let (start, mut total) = (Instant::now(), 0);
    while total < BYTES {
        total += master.read(&mut buffer)?;
    }
    Ok(total as f64 / start.elapsed().as_secs_f64() / 1e6)
}

fn raw_echo() -> Result<Vec<Duration>> {
    let (mut master, _child) = raw_pty(&ECHO)?;
    let mut buffer = [0; 64];
    while master.read(&mut buffer)? == 0 {}
    let mut times = Vec::with_capacity(KEYS);
    for _ in 0..KEYS {
        let start = Instant::now();
        master.write_all(b"k")?;
        master.read_exact(&mut buffer[..1])?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times)
}

struct Ours {
    reader: FrameReader<ReadHalf<NodeStream>>,
    writer: WriteHalf<NodeStream>,
    _init: Running,
    _dir: tempfile::TempDir,
}

async fn ours(binary: &Path, command: &[&str]) -> Result<Ours> {
    let dir = tempfile::tempdir()?;
    let init = Running(Command::new(binary).env("DOCKLET_RUN_DIR", dir.path()).stdin(Stdio::null()).spawn()?);
    let client = NodeClient::new(dir.path().to_owned());
    client.wait_ready(Duration::from_secs(5)).await?;
    let id: TerminalId = "speed".parse()?;
    let command = command.iter().map(|&word| word.to_owned()).collect();
    client.open_terminal(OpenTerminal { id: id.clone(), cols: 80, rows: 24, command }).await?;
    let request =
        Attach { id, client: ClientId::new([7; 16]), from: Resume::Offset(0), cols: 80, rows: 24, input_from: None };
    let (_, stream) = client.attach(request).await?;
    let (read, writer) = tokio::io::split(stream);
    Ok(Ours { reader: FrameReader::new(read), writer, _init: init, _dir: dir })
}

impl Ours {
    /// Waits for output and acknowledges it; returns how much came.
    async fn output(&mut self) -> Result<usize> {
        loop {
            let frame = self.reader.next().await?.ok_or("the terminal ended")?;
            if let NodeFrame::Output { offset, bytes } = NodeFrame::decode(frame)? {
                let (length, mut ack) = (bytes.len(), Vec::new());
                ClientFrame::Ack { offset: offset + length as u64 }.encode(&mut ack);
                write_frame(&mut self.writer, &ack).await?;
                return Ok(length);
            }
        }
    }
}

async fn our_output(binary: &Path, command: &[&str]) -> Result<f64> {
    let mut ours = ours(binary, command).await?;
    let (start, mut total) = (Instant::now(), 0);
    while total < BYTES {
        total += ours.output().await?;
    }
    Ok(total as f64 / start.elapsed().as_secs_f64() / 1e6)
}

async fn our_echo(binary: &Path) -> Result<Vec<Duration>> {
    let mut ours = ours(binary, &ECHO).await?;
    ours.output().await?;
    let mut times = Vec::with_capacity(KEYS);
    for seq in 0..KEYS as u64 {
        let mut key = Vec::new();
        ClientFrame::Input { seq, bytes: b"k" }.encode(&mut key);
        let start = Instant::now();
        write_frame(&mut ours.writer, &key).await?;
        ours.output().await?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times)
}
