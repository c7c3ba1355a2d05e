//! Continuing: every byte of output once, every byte of input once, whatever happens to the connections.

use crate::support::{Node, Viewer, client_id};
use node_init::client::ClientError;
use node_init::protocol::{Attach, ErrorCode, Resume};
use wire::terminal::ClientFrame;

#[tokio::test]
async fn a_viewer_that_comes_back_continues_at_its_offset() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; cat"]).await;
    let mut shown = Vec::new();
    let mut offset = 0;
    for round in 1..=15 {
        let mut viewer = Viewer::attach_as(&node.client, &id, client_id(), Resume::Offset(offset), 80, 24).await;
        assert_eq!(viewer.reply.start_offset, offset);
        let enough = round * 2000;
        let before = shown.len();
        viewer.until("some lines", |viewer| before + viewer.output.len() >= enough).await;
        shown.extend_from_slice(&viewer.output);
        offset = viewer.offset;
    }
    let mut viewer = Viewer::attach_as(&node.client, &id, client_id(), Resume::Offset(offset), 80, 24).await;
    let expected: String = (1..=3000).map(|n| format!("line {n}\r\n")).collect();
    viewer.until("the last line", |viewer| viewer.offset == expected.len() as u64).await;
    shown.extend_from_slice(&viewer.output);
    assert_eq!(String::from_utf8_lossy(&shown), expected);
    assert_eq!(viewer.snapshots, 0);
}

#[tokio::test]
async fn an_offset_that_is_gone_gets_a_snapshot() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "seq 1 200000; cat"]).await;
    let mut first = Viewer::attach(&node.client, &id).await;
    first.until("the flood", |viewer| viewer.ends_with("\n200000\r\n")).await;
    let mut viewer = Viewer::attach_as(&node.client, &id, client_id(), Resume::Offset(10), 80, 24).await;
    viewer.until("a snapshot", |viewer| viewer.snapshots == 1 && viewer.offset == first.offset).await;
    assert_eq!(viewer.reply.start_offset, first.offset);
    let text = String::from_utf8_lossy(&viewer.snapshot).into_owned();
    assert!(text.contains("\r\n199999\r\n200000"), "the snapshot ends with the last lines");
    assert!(text.contains("\r\n190100\r\n"), "the snapshot has scrollback");
    assert!(!text.contains("\r\n180000\r\n"), "the scrollback is bounded");
    viewer.send("after\n").await;
    viewer.sees("after").await;
}

#[tokio::test]
async fn an_offset_beyond_the_end_is_refused() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let request = Attach { id, client: client_id(), from: Resume::Offset(1), cols: 80, rows: 24, input_from: None };
    match node.client.attach(request).await {
        Err(ClientError::Node { code: ErrorCode::OffsetBeyondEnd, .. }) => {}
        other => panic!("the node should have refused: {other:?}"),
    }
}

#[tokio::test]
async fn input_sent_twice_is_taken_once() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "stty raw -echo; echo ready; exec cat"]).await;
    let name = client_id();
    let mut viewer = Viewer::attach_as(&node.client, &id, name, Resume::Offset(0), 80, 24).await;
    viewer.sees("ready").await;
    viewer.send("hello ").await;
    viewer.sees("hello ").await;
    viewer.until("the acknowledgement", |viewer| viewer.input_acked == 6).await;
    drop(viewer);
    let mut viewer = Viewer::attach_as(&node.client, &id, name, Resume::Snapshot, 80, 24).await;
    assert_eq!(viewer.reply.input_offset, 6);
    viewer.frame(ClientFrame::Input { seq: 0, bytes: b"hello wor" }).await;
    viewer.frame(ClientFrame::Input { seq: 3, bytes: b"lo world!" }).await;
    viewer.sees("world!").await;
    assert_eq!(viewer.text(), "world!");
    viewer.until("the acknowledgement", |viewer| viewer.input_acked == 12).await;
}

#[tokio::test]
async fn missing_input_is_an_error_and_ends_the_stream() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.send("x").await;
    viewer.frame(ClientFrame::Input { seq: 5, bytes: b"x" }).await;
    viewer.until("the end", |viewer| viewer.closed).await;
    assert_eq!(viewer.errors, ["input_gap"]);
    assert_eq!(node.client.terminals().await.expect("the list")[0].exited, None);
}

#[tokio::test]
async fn a_client_the_node_has_forgotten_says_where_its_input_continues() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let request =
        Attach { id, client: client_id(), from: Resume::Snapshot, cols: 80, rows: 24, input_from: Some(1000) };
    let (reply, _stream) = node.client.attach(request).await.expect("the viewer attaches");
    assert_eq!(reply.input_offset, 1000);
}

#[tokio::test]
async fn an_acknowledgement_of_what_was_never_sent_ends_the_stream() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.frame(ClientFrame::Ack { offset: 1 }).await;
    viewer.until("the end", |viewer| viewer.closed).await;
    assert_eq!(viewer.errors, ["bad_ack"]);
}

#[tokio::test]
async fn a_ping_is_answered_with_its_nonce() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.frame(ClientFrame::Ping { nonce: u64::MAX }).await;
    viewer.frame(ClientFrame::Ping { nonce: 7 }).await;
    viewer.until("the answers", |viewer| viewer.pongs == [u64::MAX, 7]).await;
}
