//! Services that run on demand: how they are asked for, how they end, what they leave to be read.

use std::time::{Duration, Instant};

use crate::support::{Node, eventually};
use node_init::client::{ClientError, NodeClient};
use node_init::protocol::{ErrorCode, SERVICE_LOG, ServiceState, ServiceStatus};

async fn service(client: &NodeClient) -> ServiceStatus {
    let status = client.status().await.expect("the node answers");
    status.services.into_iter().find(|service| service.name == "app").expect("the service is listed")
}

async fn until(node: &Node, state: ServiceState) -> ServiceStatus {
    eventually(&format!("{state:?}"), async || service(&node.client).await.state == state).await;
    service(&node.client).await
}

/// A node with one service on demand; more of its specification in `with`.
async fn node(command: &[&str], with: serde_json::Value) -> Node {
    let mut spec = serde_json::json!({"name": "app", "start": "on_demand", "command": command});
    let fields = with.as_object().expect("fields").clone();
    spec.as_object_mut().expect("an object").extend(fields);
    Node::start(&[("DOCKLET_SERVICES", &serde_json::json!([spec]).to_string())]).await
}

fn none() -> serde_json::Value {
    serde_json::json!({})
}

#[tokio::test]
async fn it_waits_to_be_asked_for_and_asking_again_changes_nothing() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let server = "import http.server, sys\nhttp.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()";
    let node = node(&["python3", "-c", server, &port.to_string()], serde_json::json!({"health": {"tcp": port}})).await;
    assert_eq!(service(&node.client).await.state, ServiceState::Stopped);
    assert!(node.client.dial(port).await.is_err(), "nothing is started before");
    let started = node.client.start_service("app").await.expect("it is started");
    assert_eq!(started.state, ServiceState::Starting);
    let running = until(&node, ServiceState::Running).await;
    node.client.dial(port).await.expect("it listens");
    let again = node.client.start_service("app").await.expect("it runs already");
    assert_eq!((again.state, again.pid, again.restarts), (ServiceState::Running, running.pid, 0));
}

#[tokio::test]
async fn what_ends_with_success_stays_down_until_somebody_asks() {
    let node = node(&["sh", "-c", "echo done for now"], none()).await;
    for run in 1..=2 {
        node.client.start_service("app").await.expect("it is started");
        eventually("its end", async || {
            let log = node.client.service_log("app").await.expect("its log");
            log.matches("docklet: it ended").count() == run
        })
        .await;
        assert_eq!(service(&node.client).await.state, ServiceState::Stopped);
    }
    let log = node.client.service_log("app").await.expect("its log");
    assert_eq!(log, "done for now\ndocklet: it ended\ndone for now\ndocklet: it ended\n");
}

#[tokio::test]
async fn failing_again_and_again_ends_in_failed_with_its_last_words_and_asking_tries_at_once() {
    let node =
        node(&["sh", "-c", "echo starting; echo 'no such module: \u{1b}[31mred\u{1b}[0m' >&2; exit 3"], none()).await;
    node.client.start_service("app").await.expect("it is started");
    let failed = until(&node, ServiceState::Failed).await;
    let reason = failed.reason.expect("a reason");
    let told = "it ended with code 3, 3 times in a row; its last output: no such module: ";
    assert!(reason.starts_with(told), "{reason}");
    let log = node.client.service_log("app").await.expect("its log");
    assert_eq!(log.matches("starting\nno such module: red\ndocklet: it ended with code 3\n").count(), 3, "{log}");
    let asked = Instant::now();
    let again = node.client.start_service("app").await.expect("it is tried again");
    assert_eq!(again.state, ServiceState::Running, "it has no port to wait for");
    eventually("another run", async || {
        node.client.service_log("app").await.expect("its log").matches("starting").count() >= 4
    })
    .await;
    assert!(asked.elapsed() < Duration::from_secs(5), "it does not wait out an old pause");
    until(&node, ServiceState::Failed).await;
}

#[tokio::test]
async fn without_its_program_it_is_unavailable_with_the_given_reason_until_it_is_installed() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let program = dir.path().join("later");
    let path = program.to_str().expect("a path");
    let node = node(&[path], serde_json::json!({"missing": "install it"})).await;
    let told = service(&node.client).await;
    assert_eq!((told.state, told.reason.as_deref()), (ServiceState::Unavailable, Some("install it")));
    let asked = node.client.start_service("app").await.expect("an answer");
    assert_eq!(asked.state, ServiceState::Unavailable);
    std::os::unix::fs::symlink("/bin/true", &program).expect("installed");
    assert_eq!(service(&node.client).await.state, ServiceState::Stopped);
    node.client.start_service("app").await.expect("it is started");
    eventually("its run", async || node.client.service_log("app").await.expect("its log").contains("it ended")).await;
}

#[tokio::test]
async fn a_log_is_bounded_and_a_flood_of_it_holds_nobody_up() {
    let node = node(&["sh", "-c", "yes 'a line of a flood'"], none()).await;
    node.client.start_service("app").await.expect("it is started");
    eventually("a full log", async || node.client.service_log("app").await.expect("its log").len() > SERVICE_LOG - 100)
        .await;
    for _ in 0..20 {
        let asked = Instant::now();
        let log = node.client.service_log("app").await.expect("its log");
        assert!(log.len() <= SERVICE_LOG && log.lines().all(|line| line == "a line of a flood"));
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn a_service_has_the_variables_of_its_user() {
    let node = node(
        &["sh", "-c", "echo $HOME $USER $SHELL; echo ${DOCKLET_SERVICES:-kept} $EXTRA"],
        serde_json::json!({"env": {"EXTRA": "given"}}),
    )
    .await;
    node.client.start_service("app").await.expect("it is started");
    eventually("its end", async || service(&node.client).await.state == ServiceState::Stopped).await;
    let log = node.client.service_log("app").await.expect("its log");
    assert!(log.starts_with("/root root /bin/bash\nkept given\n"), "{log}");
}

#[tokio::test]
async fn a_service_nobody_knows_is_an_error_of_its_own() {
    let node = node(&["true"], none()).await;
    for answer in [node.client.start_service("other").await.err(), node.client.service_log("other").await.err()] {
        match answer {
            Some(ClientError::Node { code: ErrorCode::UnknownService, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}
