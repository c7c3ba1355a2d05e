//! What stands behind apps: services on demand, ports as they open, and a docklet-init that is old or in a tenant's hands.

use std::{io::Write as _, os::unix::net::UnixListener, time::Duration};

use control::ports::node::{ListeningPort, NodeAddress, NodeError, NodeLink, ReadFile, ServiceState, ServiceStatus};
use domain::NodeId;
use futures::StreamExt;
use testkit::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::lab::{Lab, SOON, address};

const JUPYTER: &str = "jupyter";

async fn jupyter(lab: &Lab, node: &NodeAddress) -> ServiceStatus {
    let services = lab.worker().services(node).await.expect("the node answers");
    services.into_iter().find(|service| service.name == JUPYTER).expect("it is there")
}

async fn get(lab: &Lab, node: &NodeAddress, path: &str) -> String {
    let mut web = lab.worker().dial(node, 8888).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.0\r\nHost: q7k2m9xw3p.localhost:8000\r\n\r\n");
    web.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    web.read_to_string(&mut answer).await.expect("answered");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn jupyter_runs_in_the_first_node_when_somebody_asks_for_it() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    let (first, second) = (address(&nodes[0]), address(&nodes[1]));
    let link = lab.worker();
    assert_eq!(jupyter(&lab, &first).await.state, ServiceState::Stopped);
    assert_eq!(link.start_service(&second, JUPYTER).await, Err(NodeError::NoSuchService(JUPYTER.into())));
    assert_eq!(link.dial(&first, 8888).await.err(), Some(NodeError::PortClosed(8888)));
    let mut ports = link.watch_ports(&first).await.expect("ports are watched");
    let started = link.start_service(&first, JUPYTER).await.expect("it is started");
    assert_eq!(started.state, ServiceState::Starting);
    let opened = tokio::time::timeout(SOON, async {
        loop {
            let ports: Vec<ListeningPort> = ports.next().await.expect("the watch goes on").expect("ports");
            if let Some(found) = ports.into_iter().find(|listening| listening.port == 8888) {
                return found;
            }
        }
    });
    let opened = opened.await.expect("JupyterLab listens");
    assert!(opened.loopback_only && opened.process.is_some(), "{opened:?}");
    let lab_page = get(&lab, &first, "/lab").await;
    assert!(lab_page.starts_with("HTTP/1.1 200") && lab_page.contains("jupyter-config-data"), "{lab_page}");
    eventually("it counts as running", SOON, || async { jupyter(&lab, &first).await.state == ServiceState::Running })
        .await;
    assert_eq!(link.start_service(&first, JUPYTER).await.expect("again").restarts, 0);
    let log = link.service_log(&first, JUPYTER).await.expect("its log");
    assert!(log.contains("is running at") && !log.contains("token="), "{log}");
    // Its files are the user's home, its secrets are not in there.
    lab.shell(&nodes[0], "echo shared > /root/seen.txt").expect("written");
    assert!(get(&lab, &first, "/api/contents/seen.txt").await.contains("shared"));
    lab.shell(&nodes[0], "test -d /run/jupyter && ! test -e /root/.local/share/jupyter/runtime").expect("in the node");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_without_jupyter_says_what_to_do() {
    let lab = Lab::started().await;
    let mut nodes = lab.vcluster(1);
    nodes[0].image = "debian:bookworm".parse().expect("an image");
    lab.run(&nodes).await;
    let node = address(&nodes[0]);
    let told = jupyter(&lab, &node).await;
    assert_eq!(told.state, ServiceState::Unavailable);
    let reason = told.reason.expect("a reason");
    assert!(reason.contains("no JupyterLab in this image") && reason.contains("docklet/base"), "{reason}");
    let asked = lab.worker().start_service(&node, JUPYTER).await.expect("an answer");
    assert_eq!(asked.state, ServiceState::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_ends_with_its_node() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let mut ports = lab.worker().watch_ports(&address(&nodes[0])).await.expect("ports are watched");
    assert!(ports.next().await.expect("the present ports").is_ok());
    lab.remove(&nodes).await;
    let end = tokio::time::timeout(SOON, async {
        while let Some(Ok(_)) = ports.next().await {}
        ports.next().await.is_none()
    });
    assert!(end.await.expect("the watch ends"), "and after its error there is nothing more");
}

/// A node that answers every request with the same bytes, over and over if it floods.
fn pretend(lab: &Lab, answer: &'static str, floods: bool) -> NodeAddress {
    let node = NodeId::new(Uuid::new_v4());
    let dir = lab.run_dir(node.into());
    std::fs::create_dir(&dir).expect("its directory");
    let listener = UnixListener::bind(dir.join("init.sock")).expect("its socket");
    std::thread::spawn(move || {
        // Ends with the test program; the directory is gone before.
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            std::thread::spawn(move || {
                let mut message = u32::try_from(answer.len()).expect("short").to_be_bytes().to_vec();
                message.extend(answer.as_bytes());
                while stream.write_all(&message).is_ok() && floods {}
                let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            });
        }
    });
    NodeAddress { node, worker: lab.config.name.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_older_than_dockletd_says_so() {
    let mut lab = Lab::new();
    lab.start();
    let old = pretend(
        &lab,
        r#"{"error":{"code":"unknown_request","message":"docklet-init does not know this request"}}"#,
        false,
    );
    let link = lab.worker();
    assert_eq!(link.watch_ports(&old).await.err(), Some(NodeError::Outdated));
    assert_eq!(link.start_service(&old, JUPYTER).await.err(), Some(NodeError::Outdated));
    assert_eq!(link.service_log(&old, JUPYTER).await.err(), Some(NodeError::Outdated));
    let key = testkit::HOST_KEY.parse().expect("a key");
    assert_eq!(link.authorize_key(&old, &key).await.err(), Some(NodeError::Outdated));
    assert_eq!(link.exec(&old, &["true".to_owned()]).await.err(), Some(NodeError::Outdated));
    let read = ReadFile { path: "/root/log".to_owned(), from: 0, most: 10, wait_ms: 0 };
    assert_eq!(link.read_file(&old, &read).await.err(), Some(NodeError::Outdated));
    assert_eq!(
        NodeError::Outdated.to_string(),
        "this node was created by an older version of Docklet and cannot do this; add a new node and remove this one"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_nodes_words_are_bounded_cleaned_and_cut_off() {
    let mut lab = Lab::new();
    lab.start();
    let link = lab.worker();
    let flood = pretend(&lab, r#"{"ok":[{"port":80,"loopback_only":true,"pid":null,"process":"a\u001b[2J"}]}"#, true);
    let mut ports = link.watch_ports(&flood).await.expect("it begins well");
    let mut lists = 0;
    let fault = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            match ports.next().await.expect("it ends with an error") {
                Ok(list) => assert_eq!(list[0].process.as_deref(), Some("a[2J")),
                Err(fault) => return fault,
            }
            lists += 1;
        }
    });
    assert!(matches!(fault.await.expect("it is ended"), NodeError::Garbage(_)));
    assert!(lists < 200, "{lists}");
    let strange = pretend(
        &lab,
        r#"{"ok":{"name":"jupyter\u0000","state":"levitating","pid":1,"restarts":0,"reason":"x"}}"#,
        false,
    );
    let told = link.start_service(&strange, JUPYTER).await.expect("an answer");
    assert_eq!((told.name.as_str(), told.state), ("jupyter", ServiceState::Unavailable));
    let log = pretend(&lab, r#"{"ok":{"text":"\u001b[31mred\u001b[0m\u0007\nnext\u202e"}}"#, false);
    assert_eq!(link.service_log(&log, JUPYTER).await.as_deref(), Ok("red\nnext"));
    let no_keys = pretend(&lab, r#"{"ok":{"host_keys":["ssh-ed25519 AAAA","-oProxyCommand=sh"]}}"#, false);
    let key = testkit::HOST_KEY.parse().expect("a key");
    assert!(matches!(link.authorize_key(&no_keys, &key).await, Err(NodeError::Garbage(_))));
    for node in [flood, strange, log] {
        assert!(matches!(link.services(&node).await, Err(NodeError::Garbage(_))));
    }
}
