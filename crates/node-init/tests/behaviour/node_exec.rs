//! Commands without a terminal: their streams apart and whole, their end told, and nothing left of them when the client has gone.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{Node, PATIENCE, eventually};
use node_init::client::{ClientError, NodeStream, write_frame};
use node_init::protocol::{ErrorCode, MAX_EXECS};
use rustix::process::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};
use wire::exec::{ClientFrame, MAX_DATA, MAX_NODE_FRAME, NodeFrame};
use wire::terminal::Exit;

/// A command and its client.
struct Exec {
    reader: ReadHalf<NodeStream>,
    writer: WriteHalf<NodeStream>,
}

/// All that a command wrote, and how it ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit: Option<Exit>,
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

async fn start(node: &Node, command: &[&str]) -> Exec {
    let stream = node.client.exec(words(command)).await.expect("it is started");
    let (reader, writer) = tokio::io::split(stream);
    Exec { reader, writer }
}

async fn refused(node: &Node, command: &[&str]) -> (ErrorCode, String) {
    match node.client.exec(words(command)).await {
        Err(ClientError::Node { code, message }) => (code, message),
        other => panic!("{other:?}"),
    }
}

async fn send(writer: &mut WriteHalf<NodeStream>, frame: ClientFrame<'_>) -> Result<(), ClientError> {
    let mut bytes = Vec::new();
    frame.encode(&mut bytes);
    write_frame(writer, &bytes).await
}

/// The next frame; `None` at the end.
async fn next(reader: &mut ReadHalf<NodeStream>) -> Option<Vec<u8>> {
    let length = reader.read_u32().await.ok()? as usize;
    assert!((1..=MAX_NODE_FRAME).contains(&length), "{length}");
    let mut frame = vec![0; length];
    reader.read_exact(&mut frame).await.expect("the whole frame");
    Some(frame)
}

/// Takes frames until the last.
async fn outcome(reader: &mut ReadHalf<NodeStream>) -> Outcome {
    let mut outcome = Outcome::default();
    let read = async {
        while let Some(frame) = next(reader).await {
            assert_eq!(outcome.exit, None, "nothing follows the exit");
            match NodeFrame::decode(&frame).expect("a frame") {
                NodeFrame::Stdout(bytes) => outcome.stdout.extend_from_slice(bytes),
                NodeFrame::Stderr(bytes) => outcome.stderr.extend_from_slice(bytes),
                NodeFrame::Exit(exit) => outcome.exit = Some(exit),
                NodeFrame::Alive => {}
                NodeFrame::Error { code, message } => panic!("{code}: {message}"),
            }
        }
    };
    timeout(PATIENCE, read).await.expect("the command ends");
    outcome
}

/// Runs a command with this input to its end.
async fn run(node: &Node, command: &[&str], input: &[u8]) -> Outcome {
    let Exec { mut reader, mut writer } = start(node, command).await;
    for bytes in input.chunks(MAX_DATA) {
        send(&mut writer, ClientFrame::Stdin(bytes)).await.expect("it is taken");
    }
    send(&mut writer, ClientFrame::StdinEnd).await.expect("it is taken");
    outcome(&mut reader).await
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first line a command writes, a process id.
async fn pid(exec: &mut Exec) -> String {
    let frame = timeout(PATIENCE, next(&mut exec.reader)).await.expect("in time").expect("a frame");
    match NodeFrame::decode(&frame) {
        Ok(NodeFrame::Stdout(bytes)) => text(bytes).trim().to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn gone(pid: &str) {
    eventually("the process to be gone", async || !Path::new("/proc").join(pid).exists()).await;
}

#[tokio::test]
async fn streams_are_apart_and_the_exit_code_is_told() {
    let node = Node::start(&[]).await;
    let ended = run(&node, &["sh", "-c", "cat; echo wrong >&2; exit 3"], b"in\0\xff\n").await;
    let expected = Outcome { stdout: b"in\0\xff\n".to_vec(), stderr: b"wrong\n".to_vec(), exit: Some(Exit::Code(3)) };
    assert_eq!(ended, expected);
    let ended = run(&node, &["true"], b"").await;
    assert_eq!(ended, Outcome { exit: Some(Exit::Code(0)), ..Outcome::default() });
    assert_eq!(run(&node, &["sh", "-c", "kill -9 $$"], b"").await.exit, Some(Exit::Signal(9)));
}

#[tokio::test]
async fn a_command_has_what_a_login_shell_has_but_a_terminal() {
    let node = Node::start(&[("DOCKLET_SECRET", "s"), ("KEPT", "yes"), ("TERM", "xterm")]).await;
    let environment = text(&run(&node, &["env"], b"").await.stdout);
    for line in ["HOME=/root", "USER=root", "KEPT=yes"] {
        assert!(environment.lines().any(|found| found == line), "{line}: {environment}");
    }
    assert!(!environment.contains("DOCKLET") && !environment.contains("TERM="), "{environment}");
    assert_eq!(text(&run(&node, &["pwd"], b"").await.stdout), "/root\n");
    let masks = text(&run(&node, &["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"], b"").await.stdout);
    let none =
        |line: &str| u64::from_str_radix(line.split('\t').nth(1).unwrap_or("x"), 16).map(|mask| mask & 0x7fff_ffff);
    assert!(masks.lines().count() == 2 && masks.lines().all(|line| none(line) == Ok(0)), "{masks}");
}

#[tokio::test]
async fn what_cannot_be_run_is_told_from_what_is_not_there() {
    let node = Node::start(&[]).await;
    for missing in ["no-such-program", "/no/such/program", "./no-such-program"] {
        let (code, message) = refused(&node, &[missing]).await;
        assert!(code == ErrorCode::CommandNotFound && message.contains(missing), "{message}");
    }
    assert_eq!(refused(&node, &[]).await.0, ErrorCode::BadRequest);
    let ended = run(&node, &["/etc/passwd"], b"").await;
    assert_eq!(ended.exit, Some(Exit::Code(126)));
    let said = text(&ended.stderr);
    assert!(said.starts_with("docklet: The node cannot run \"/etc/passwd\": Permission denied"), "{said}");
}

#[tokio::test]
async fn a_hundred_megabytes_come_back_byte_for_byte() {
    const SENT: usize = 100 << 20;
    let node = Node::start(&[]).await;
    let Exec { mut reader, mut writer } = start(&node, &["cat"]).await;
    // A prime length, so that no border of a frame or a pipe is one of these, too.
    let block: Vec<u8> = (0..1_048_573_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let sending = async {
        let mut left = SENT;
        while left > 0 {
            for bytes in block[..left.min(block.len())].chunks(MAX_DATA) {
                send(&mut writer, ClientFrame::Stdin(bytes)).await.expect("it is taken");
            }
            left = left.saturating_sub(block.len());
        }
        send(&mut writer, ClientFrame::StdinEnd).await.expect("it is taken");
    };
    let receiving = async {
        let mut got = 0;
        while let Some(frame) = next(&mut reader).await {
            let mut bytes = match NodeFrame::decode(&frame).expect("a frame") {
                NodeFrame::Stdout(bytes) => bytes,
                NodeFrame::Exit(exit) => return (got, exit),
                NodeFrame::Alive => continue,
                other => panic!("{other:?}"),
            };
            while !bytes.is_empty() {
                let expected = &block[got % block.len()..];
                let (now, rest) = bytes.split_at(bytes.len().min(expected.len()));
                assert!(now == &expected[..now.len()], "other bytes than were sent, behind byte {got}");
                (got, bytes) = (got + now.len(), rest);
            }
        }
        panic!("the stream ended without an exit");
    };
    let ((), received) = timeout(3 * PATIENCE, async { tokio::join!(sending, receiving) }).await.expect("in time");
    assert_eq!(received, (SENT, Exit::Code(0)));
}

#[tokio::test]
async fn a_command_that_never_reads_is_heard_all_the_same() {
    let node = Node::start(&[]).await;
    let Exec { mut reader, mut writer } = start(&node, &["sh", "-c", "sleep 0.3; seq 1 20000; exit 4"]).await;
    let flood = async {
        let bytes = vec![b'x'; MAX_DATA];
        while send(&mut writer, ClientFrame::Stdin(&bytes)).await.is_ok() {}
        std::future::pending::<Outcome>().await
    };
    let ended = tokio::select! {
        ended = outcome(&mut reader) => ended,
        never = flood => never,
    };
    let expected: String = (1..=20000).map(|n| format!("{n}\n")).collect();
    assert_eq!((text(&ended.stdout), ended.exit), (expected, Some(Exit::Code(4))));
}

#[tokio::test]
async fn a_client_that_reads_late_loses_nothing() {
    let node = Node::start(&[]).await;
    let Exec { mut reader, writer } = start(&node, &["sh", "-c", "head -c 300000 /dev/zero; exit 2"]).await;
    // Longer than others could hold the output.
    sleep(Duration::from_millis(2500)).await;
    let ended = outcome(&mut reader).await;
    assert_eq!((ended.stdout.len(), ended.exit), (300_000, Some(Exit::Code(2))));
    drop(writer);
}

#[tokio::test]
async fn signals_reach_the_command_and_what_it_has_started() {
    let node = Node::start(&[]).await;
    let mut exec = start(&node, &["sh", "-c", "sleep 1000 & echo $!; wait"]).await;
    let child = pid(&mut exec).await;
    send(&mut exec.writer, ClientFrame::Signal(15)).await.expect("it is taken");
    assert_eq!(outcome(&mut exec.reader).await.exit, Some(Exit::Signal(15)));
    gone(&child).await;
}

#[tokio::test]
async fn who_holds_the_output_of_a_command_that_has_ended_is_not_waited_for() {
    let node = Node::start(&[]).await;
    for script in ["sleep 1000 & echo out; exit 5", "(while :; do echo x; sleep 0.01; done) & exit 5"] {
        let begun = Instant::now();
        let Exec { mut reader, writer } = start(&node, &["sh", "-c", script]).await;
        assert_eq!(outcome(&mut reader).await.exit, Some(Exit::Code(5)), "{script}");
        assert!(begun.elapsed() > Duration::from_millis(900), "others have a second to say their last words");
        drop(writer);
    }
}

#[tokio::test]
async fn when_the_client_goes_the_command_is_told_and_then_killed() {
    let node = Node::start(&[]).await;
    let marker = node.run_dir.path().join("told");
    let polite = format!("trap 'touch {}; exit' HUP; echo $$; while :; do sleep 0.05; done", marker.display());
    let stubborn = "trap '' HUP TERM; echo $$; while :; do sleep 0.05; done";
    for script in [&*polite, stubborn, "echo $$; exec cat"] {
        let mut exec = start(&node, &["sh", "-c", script]).await;
        let command = pid(&mut exec).await;
        drop(exec);
        gone(&command).await;
    }
    assert!(marker.exists());
    // Also while nothing more is taken from it, and after what is no frame.
    let mut exec = start(&node, &["sh", "-c", "echo $$; exec sleep 1000"]).await;
    let command = pid(&mut exec).await;
    let bytes = vec![b'x'; MAX_DATA];
    let flood = async { while send(&mut exec.writer, ClientFrame::Stdin(&bytes)).await.is_ok() {} };
    assert!(timeout(Duration::from_millis(300), flood).await.is_err(), "it is not taken without end");
    let said = timeout(PATIENCE, next(&mut exec.reader)).await.expect("in time").expect("a frame");
    assert_eq!(NodeFrame::decode(&said), Ok(NodeFrame::Alive));
    drop(exec);
    gone(&command).await;
    let mut exec = start(&node, &["sh", "-c", "echo $$; exec sleep 1000"]).await;
    let command = pid(&mut exec).await;
    exec.writer.write_all(&u32::MAX.to_be_bytes()).await.expect("it is taken");
    gone(&command).await;
}

#[tokio::test]
async fn a_node_that_stops_ends_its_commands_and_says_how() {
    let mut node = Node::start(&[]).await;
    let mut exec = start(&node, &["sh", "-c", "trap 'exit 7' TERM; echo $$; while :; do sleep 0.05; done"]).await;
    pid(&mut exec).await;
    node.signal(Signal::TERM);
    assert_eq!(outcome(&mut exec.reader).await.exit, Some(Exit::Code(7)));
    drop(exec);
    assert_eq!(node.wait().code(), Some(0));
}

#[tokio::test]
async fn a_node_runs_as_many_as_may_be_and_one_more_when_one_has_ended() {
    let node = Node::start(&[]).await;
    let mut all = Vec::new();
    for _ in 0..MAX_EXECS {
        all.push(start(&node, &["sleep", "1000"]).await);
    }
    assert_eq!(refused(&node, &["true"]).await.0, ErrorCode::TooManyExecs);
    all.pop();
    eventually("room for one more", async || node.client.exec(words(&["true"])).await.is_ok()).await;
}
