//! How many connections the nodes of one vcluster may have begun at a time.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use control::ports::coordination::Assignment;
use testkit::build::OfNode as _;
use testkit::{eventually, obtain};
use worker::FirewallConfig;

use crate::{
    lab::{Lab, SOON, docker},
    walled::{connects, limited, port, reached, remark, tcp},
};

const MOST: u32 = 20;

/// Opens connections and keeps them, until it gets no more or has three times as many as it may have; then says how many.
const GREEDY: &str = "import socket, sys, time
held = []
try:
    while len(held) < 60:
        held.append(socket.create_connection((sys.argv[1], int(sys.argv[2])), 3))
except OSError:
    pass
print(len(held), flush=True)
time.sleep(600)
";

/// A service of the host that keeps a connection until the other side ends it.
fn patient() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").expect("bound");
    let port = port(&listener);
    std::thread::spawn(move || {
        for accepted in listener.incoming() {
            let mut connection = accepted.expect("accepted");
            // However it ends, it has ended.
            std::thread::spawn(move || connection.read_to_end(&mut Vec::new()));
        }
    });
    port
}

/// How many connections the node has when it gets no more. It keeps them.
async fn takes_all(lab: &Lab, node: &Assignment, host: &str, port: u16) -> u32 {
    let line = format!("cat > /tmp/greedy.py; nohup python3 /tmp/greedy.py {host} {port} > /tmp/held 2>&1 &");
    let mut shell = std::process::Command::new("docker")
        .args(["exec", "--interactive", &lab.name(node), "sh", "-c", &line])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .expect("docker can be run");
    shell.stdin.take().expect("its input").write_all(GREEDY.as_bytes()).expect("written");
    assert!(shell.wait().expect("it ends").success());
    let held = || async { lab.shell(node, "cat /tmp/held").ok().filter(|text| !text.is_empty()) };
    obtain("it gets no more", SOON, held).await.parse().expect("a number")
}

/// Waits until the helper has compared the rules with what they should be, once from the beginning to the end: at each look
/// it reads a file first.
async fn compared(lab: &Lab) {
    let helper = lab.cleanup.helper().expect("a helper");
    let pid = docker(&["inspect", "--format", "{{.State.Pid}}", &helper]).expect("it runs");
    let reads = || {
        let counted = std::fs::read_to_string(format!("/proc/{pid}/io")).expect("root may look at it");
        let line = counted.lines().find_map(|line| line.strip_prefix("syscr: ")).expect("a line for it").to_owned();
        line.parse::<u64>().expect("a number")
    };
    for _ in 0..2 {
        let before = reads();
        eventually("the helper looks", SOON, || async { reads() > before }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vcluster_that_has_all_its_connections_begins_no_more_and_others_and_the_host_still_do() {
    let mut lab = Lab::new();
    let (mine, theirs, port) = (lab.vcluster(2), lab.vcluster(1), patient());
    let net = "10.128.0.0/9".parse().expect("all the lab's subnets");
    limited(&mut lab, FirewallConfig { net, connections: MOST, open: vec![tcp(port)] }).await;
    lab.run(&mine).await;
    lab.run(&theirs).await;
    lab.shell(&mine[1], "nohup python3 -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &").expect("a server");
    lab.shell(&mine[1], "until ss -ltn | grep -q :8000; do sleep 0.05; done").expect("it listens");
    let gateway = |node: &Assignment| domain::subnet::gateway(node.place().subnet).to_string();
    let held = takes_all(&lab, &mine[0], &gateway(&mine[0]), port).await;
    assert_eq!(held, MOST);
    for node in &mine {
        assert!(!connects(&lab, node, &gateway(node), port), "{} is of the same vcluster", node.place().name);
    }
    reached(&lab, &theirs[0], &gateway(&theirs[0]), port).await;
    TcpStream::connect(("127.0.0.1", port)).expect("the host's own");
    let mut host = TcpStream::connect((mine[1].place().ip, 8000)).expect("what the host begins");
    host.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    host.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("sent");
    assert_eq!(host.read(&mut [0; 8]).expect("answered"), 8);
    // What is counted is no change of the rules: were they set anew, the count would begin anew as well.
    compared(&lab).await;
    assert_eq!(remark(&lab), "");
    assert!(!connects(&lab, &mine[1], &gateway(&mine[1]), port));
    lab.shell(&mine[0], "pkill -f '[g]reedy'").expect("ended");
    reached(&lab, &mine[1], &gateway(&mine[1]), port).await;
}
