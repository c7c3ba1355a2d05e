//! A node is in its tenant's hands: what its docklet-init says may be anything.

use std::path::PathBuf;

use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
};

use crate::{
    common::{daemon::Daemon, stream, terminal},
    vcluster_lifecycle::settled,
};

/// Where the daemon reaches the only node.
fn socket(daemon: &Daemon) -> PathBuf {
    let nodes = std::fs::read_dir(daemon.data.join("nodes")).expect("the nodes' directory");
    nodes.flatten().map(|entry| entry.path().join("init.sock")).find(|path| path.exists()).expect("the node's socket")
}

/// Answers every connection with these bytes.
fn answer_with(path: PathBuf, bytes: &'static [u8]) -> tokio::task::JoinHandle<()> {
    std::fs::remove_file(&path).expect("the old socket");
    let listener = UnixListener::bind(path).expect("a socket in its place");
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // The other side may hang up in the middle of it, and should.
            let _ = connection.write_all(bytes).await;
            let _ = connection.read(&mut [0; 1024]).await;
        }
    })
}

#[tokio::test]
async fn nonsense_from_docklet_init_is_a_clear_answer_and_harms_nobody() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    settled(&client, &id, "running").await;
    let path = terminal::open(&client, &id, "node-0").await;
    let list = format!("/api/v1/vclusters/{id}/nodes/node-0/terminals");
    let socket = socket(&daemon);
    let garbage: [&[u8]; 4] = [b"HTTP/1.1 200 OK\r\n\r\n", &[0xff; 4096], b"\0\0\0\x02{}", b"\0\0\0\x0b{\"ok\":nope}"];
    for bytes in garbage {
        let tenant = answer_with(socket.clone(), bytes);
        client.get(&list).await.problem(502, "node_unreachable");
        let attach = terminal::request(&client, &path, &format!("client={}", terminal::VIEWER));
        let (status, body) = stream::refused(attach).await;
        assert!(status == 502 && body.contains("node_unreachable"), "{status} {body}");
        tenant.abort();
    }
    client.delete(&format!("/api/v1/vclusters/{id}")).await.ok(202);
    eventually("the vcluster is gone all the same", stream::PATIENCE, || async {
        client.vcluster(&id).await.status == 404
    })
    .await;
    daemon.anonymous().get("/readyz").await.ok(200);
}
