//! Reaching into nodes: terminals and ports of a running node, and clear answers where there is none.

use control::ports::node::{Attach, AttachFrom, NodeError, NodeLink, OpenTerminal, TerminalId, TerminalSize};
use domain::name::WorkerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::lab::{Lab, address};

const SIZE: TerminalSize = TerminalSize { cols: 80, rows: 24 };

fn open(name: &str, command: &[&str]) -> OpenTerminal {
    let id = name.parse().expect("an id");
    OpenTerminal { id, size: SIZE, command: command.iter().map(|word| (*word).to_owned()).collect() }
}

#[tokio::test(flavor = "multi_thread")]
async fn terminals_outlive_the_worker_and_ports_are_dialled() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let node = address(&nodes[0]);
    let shell = open("shell", &[]);
    let opened = lab.worker().open_terminal(&node, &shell).await.expect("opened");
    assert_eq!((&opened.id, opened.size, &opened.exited), (&shell.id, SIZE, &None));
    lab.kill();
    lab.start();
    let again = lab.worker().open_terminal(&node, &shell).await.expect("still there");
    assert_eq!(again.created_at, opened.created_at);
    let attach = Attach { terminal: shell.id.clone(), viewer: [7; 16], from: AttachFrom::Snapshot, size: SIZE };
    let mut stream = lab.worker().attach(&node, &attach).await.expect("attached");
    assert!(stream.read_u32().await.expect("a frame") > 0);
    lab.shell(&nodes[0], "nohup python3 -m http.server 8888 --bind 127.0.0.1 >/dev/null 2>&1 &").expect("a server");
    let mut web = testkit::obtain("the server is dialled", crate::lab::SOON, || async {
        lab.worker().dial(&node, 8888).await.ok()
    })
    .await;
    web.write_all(b"GET / HTTP/1.0\r\n\r\n").await.expect("sent");
    let mut answer = String::new();
    web.read_to_string(&mut answer).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    lab.worker().close_terminal(&node, &shell.id).await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_in_the_ports_words() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let (node, link) = (address(&nodes[0]), lab.worker());
    let none: TerminalId = "none".parse().expect("an id");
    let attach = Attach { terminal: none.clone(), viewer: [0; 16], from: AttachFrom::Offset(0), size: SIZE };
    assert_eq!(link.attach(&node, &attach).await.err(), Some(NodeError::NoSuchTerminal("none".into())));
    assert_eq!(link.dial(&node, 9).await.err(), Some(NodeError::PortClosed(9)));
    link.open_terminal(&node, &open("sleeper", &["sleep", "600"])).await.expect("opened");
    let terminal: TerminalId = "sleeper".parse().expect("an id");
    let beyond = Attach { terminal, viewer: [0; 16], from: AttachFrom::Offset(1 << 40), size: SIZE };
    assert!(matches!(link.attach(&node, &beyond).await.err(), Some(NodeError::OffsetBeyondEnd(_))));
    let elsewhere: WorkerName = "elsewhere".parse().expect("a name");
    let address = control::ports::node::NodeAddress { worker: elsewhere, ..node.clone() };
    assert!(matches!(link.terminals(&address).await, Err(NodeError::Unreachable(_))));
    lab.remove(&nodes).await;
    assert!(matches!(link.terminals(&node).await, Err(NodeError::Unreachable(_))));
}
