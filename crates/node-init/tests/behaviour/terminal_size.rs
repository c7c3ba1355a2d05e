//! Which viewer's window decides the size, and sizes that are none.

use crate::support::{Node, Viewer, client_id};
use node_init::client::ClientError;
use node_init::protocol::{Attach, ErrorCode, OpenTerminal, Resume};
use wire::terminal::{ClientFrame, Size};

fn size(cols: u16, rows: u16) -> Size {
    Size::new(cols, rows).expect("a size")
}

async fn viewer(node: &Node, cols: u16, rows: u16) -> Viewer {
    let id = "t1".parse().expect("an id");
    Viewer::attach_as(&node.client, &id, client_id(), Resume::Offset(0), cols, rows).await
}

#[tokio::test]
async fn the_size_is_that_of_who_typed_or_resized_last() {
    let node = Node::start(&[]).await;
    node.open("t1", &["bash", "--norc", "-i"]).await;
    let mut wide = viewer(&node, 132, 43).await;
    wide.until("its size", |viewer| viewer.sizes.last() == Some(&size(132, 43))).await;
    let mut small = viewer(&node, 60, 20).await;
    small.until("the size there is", |viewer| viewer.sizes.last() == Some(&size(132, 43))).await;
    small.send("stty size\n").await;
    small.sees("20 60").await;
    wide.until("the other's size", |viewer| viewer.sizes.last() == Some(&size(60, 20))).await;
    wide.frame(ClientFrame::Resize { cols: 100, rows: 30 }).await;
    small.until("the new size", |viewer| viewer.sizes.last() == Some(&size(100, 30))).await;
    drop(wide);
    small.send("stty size\n").await;
    small.until("its own size again", |viewer| viewer.text().matches("20 60").count() == 2).await;
}

#[tokio::test]
async fn sizes_that_are_none_are_answered_and_change_nothing() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["bash", "--norc", "-i"]).await;
    let mut viewer = viewer(&node, 80, 24).await;
    for (cols, rows) in [(0, 0), (65535, 65535), (1001, 24), (80, 501)] {
        viewer.frame(ClientFrame::Resize { cols, rows }).await;
    }
    viewer.until("four errors", |viewer| viewer.errors.len() == 4).await;
    assert!(viewer.errors.iter().all(|code| code == "bad_size"));
    viewer.send("stty size\n").await;
    viewer.sees("24 80").await;
    viewer.frame(ClientFrame::Resize { cols: 1000, rows: 500 }).await;
    viewer.send("stty size\n").await;
    viewer.sees("500 1000").await;
    let attach =
        Attach { id: id.clone(), client: client_id(), from: Resume::Snapshot, cols: 0, rows: 24, input_from: None };
    assert!(matches!(node.client.attach(attach).await, Err(ClientError::Node { code: ErrorCode::BadSize, .. })));
    let open = OpenTerminal { id: "t2".parse().expect("an id"), cols: 80, rows: 0, command: Vec::new() };
    let refused = node.client.open_terminal(open).await;
    assert!(matches!(refused, Err(ClientError::Node { code: ErrorCode::BadSize, .. })));
}
