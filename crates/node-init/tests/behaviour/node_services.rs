//! Supervised services: started, watched, started again, and honest about what does not run.

use std::process::{Command, ExitStatus, Stdio};

use crate::support::{Node, PATIENCE, binary, eventually};
use node_init::client::{ClientError, NodeClient};
use node_init::protocol::{ErrorCode, Exit, ServiceState, ServiceStatus, TaskResult};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn service(client: &NodeClient, name: &str) -> ServiceStatus {
    let status = client.status().await.expect("the node answers");
    status.services.into_iter().find(|service| service.name == name).expect("the service is listed")
}

/// A port that is free now. Another process may take it before the test does; then the test fails loudly.
fn free_port() -> u16 {
    let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    socket.local_addr().expect("its address").port()
}

const SERVER: &str = r#"
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ('hello from ' + os.environ['WHO'] + ' in ' + os.getcwd()).encode()
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *args): pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
"#;

#[tokio::test]
async fn a_service_runs_once_its_port_is_open_and_can_be_dialled() {
    let port = free_port();
    let services = serde_json::json!([{
        "name": "web", "command": ["python3", "-c", SERVER, port.to_string()],
        "env": {"WHO": "web"}, "cwd": "/tmp", "health": {"tcp": port},
    }]);
    let node = Node::start(&[("DOCKLET_SERVICES", &services.to_string())]).await;
    eventually("the service", async || service(&node.client, "web").await.state == ServiceState::Running).await;
    let mut stream = node.client.dial(port).await.expect("the port is open");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.expect("the request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("the answer comes");
    assert!(answer.ends_with("hello from web in /tmp"), "{answer}");
    let ports = node.client.ports().await.expect("the ports");
    let found = ports.iter().find(|listening| listening.port == port).expect("the port is listed");
    assert!(found.loopback_only);
    assert_eq!(found.process.as_deref(), Some("python3"));
    assert_eq!(found.pid, service(&node.client, "web").await.pid);
}

#[tokio::test]
async fn a_service_that_ends_is_started_again_and_the_reason_is_told() {
    let services = r#"[{"name": "flaky", "command": ["sh", "-c", "exit 9"]}]"#;
    let node = Node::start(&[("DOCKLET_SERVICES", services)]).await;
    eventually("two restarts", async || service(&node.client, "flaky").await.restarts >= 2).await;
    let told = service(&node.client, "flaky").await;
    assert!(told.reason.is_some_and(|reason| reason.contains("code 9")));
}

#[tokio::test]
async fn a_service_that_cannot_be_started_says_so_and_the_node_is_ready() {
    let services = r#"[{"name": "missing", "command": ["no-such-program"]}]"#;
    let node = Node::start(&[("DOCKLET_SERVICES", services)]).await;
    eventually("the attempt", async || service(&node.client, "missing").await.restarts >= 1).await;
    let told = service(&node.client, "missing").await;
    assert_eq!(told.state, ServiceState::BackingOff);
    assert!(told.reason.is_some_and(|reason| reason.contains("no-such-program")));
}

#[tokio::test]
async fn services_that_cannot_be_read_do_not_stop_the_node() {
    for (json, why) in [("[{]", "cannot be read"), (r#"[{"name":"x","command":[]}]"#, "no command")] {
        let node = Node::start(&[("DOCKLET_SERVICES", json)]).await;
        let told = service(&node.client, "services").await;
        assert_eq!(told.state, ServiceState::Unavailable);
        assert!(told.reason.is_some_and(|reason| reason.contains(why)));
    }
}

#[tokio::test]
async fn a_service_can_be_stopped_like_any_program() {
    let services = r#"[{"name": "s", "command": ["sleep", "1000"]}]"#;
    let node = Node::start(&[("DOCKLET_SERVICES", services)]).await;
    eventually("the service", async || service(&node.client, "s").await.pid.is_some()).await;
    let pid = service(&node.client, "s").await.pid.expect("its process");
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the signal is sent");
    eventually("its restart", async || service(&node.client, "s").await.restarts == 1).await;
}

#[tokio::test]
async fn a_port_nobody_listens_on_is_closed() {
    let node = Node::start(&[]).await;
    match node.client.dial(free_port()).await {
        Err(ClientError::Node { code: ErrorCode::PortClosed, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_node_that_was_made_without_sshd_lets_no_key_in() {
    let node = Node::start(&[]).await;
    match node.client.authorize_key(testkit::HOST_KEY.parse().expect("a key")).await {
        Err(ClientError::Node { code: ErrorCode::NoSsh, message }) => assert!(message.contains("without"), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn activity_tells_who_types_and_what_runs() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["cat"]).await;
    let before = node.client.activity().await.expect("the activity");
    assert_eq!(before.terminals[0].last_input_ms, None, "our own questions are not activity");
    let mut viewer = crate::support::Viewer::attach(&node.client, &id).await;
    viewer.send("x\n").await;
    viewer.sees("x\r\nx").await;
    let after = node.client.activity().await.expect("the activity");
    assert_eq!(after.terminals[0].process, "cat");
    assert!(after.terminals[0].last_input_ms.is_some());
    assert!(after.cpu_ms.is_some() && after.memory_bytes.is_some());
}

/// docklet-init with a service that runs once; when `tell`, told to end once that runs. How it ended itself, and what it wrote
/// down of the service.
async fn once(command: &[&str], tell: bool) -> (ExitStatus, TaskResult) {
    let run_dir = tempfile::TempDir::new().expect("a temporary directory");
    let services = serde_json::json!([{"name": "task", "start": "once", "command": command}]);
    let mut init = Command::new("env");
    init.arg("--default-signal").arg(binary()).env("DOCKLET_RUN_DIR", run_dir.path());
    let init = init.env("DOCKLET_SERVICES", services.to_string()).stdin(Stdio::null()).stderr(Stdio::piped());
    let child = init.spawn().expect("docklet-init starts");
    if tell {
        let client = NodeClient::new(run_dir.path().to_owned());
        client.wait_ready(PATIENCE).await.expect("docklet-init gets ready");
        eventually("the service", async || service(&client, "task").await.state == ServiceState::Running).await;
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("the signal is sent");
    }
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("its end");
    let log = String::from_utf8_lossy(&output.stderr);
    (output.status, TaskResult::last_in(&log).unwrap_or_else(|| panic!("no result in {log:?}")))
}

#[tokio::test]
async fn a_service_that_runs_once_takes_the_node_with_it_and_how_it_ended_is_written_down() {
    for (command, status, exit) in [
        (["sh", "-c", "exit 0"].as_slice(), 0, Exit::Code(0)),
        (&["sh", "-c", "sleep 1000 & exit 3"], 3, Exit::Code(3)),
        (&["sh", "-c", "kill -9 $$"], 137, Exit::Signal(9)),
        (&["sh", "-c", "exit 137"], 137, Exit::Code(137)),
        (&["no-such-program"], 127, Exit::Code(127)),
    ] {
        let (ended, result) = once(command, false).await;
        assert_eq!((ended.code(), result.outcome.exit, result.told), (Some(status), exit, false), "{command:?}");
    }
}

#[tokio::test]
async fn a_service_that_was_told_to_end_is_told_from_one_that_had_ended() {
    let (_, result) = once(&["sleep", "1000"], true).await;
    assert_eq!((result.outcome.exit, result.told), (Exit::Signal(15), true));
    let (_, result) = once(&["sh", "-c", "trap 'exit 4' TERM; while :; do sleep 0.05; done"], true).await;
    assert_eq!((result.outcome.exit, result.told), (Exit::Code(4), true));
}
