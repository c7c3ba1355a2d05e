//! `docklet` and streams into nodes, against a real daemon: terminals that are open already, UDP ports, and a network that is lost
//! without a word.

use std::{
    net::SocketAddr,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream, UdpSocket},
    process::Child,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::common::{
    PROMPTLY, app,
    client::Client,
    daemon::Daemon,
    datagrams,
    person::{Person, text},
    pty::Pty,
    terminal::{self, Viewer},
};

/// Longer than a silent connection may last, and shorter than anybody would wait.
const NOTICED: Duration = Duration::from_secs(40);

async fn signed_in() -> (Daemon, Client, Person, String) {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let id = app::vcluster(&client, "lab").await;
    (daemon, client, person, id)
}

fn attach(person: &Person, arguments: &[&str]) -> Pty {
    let mut command = person.command(Person::program());
    command.arg("attach").args(arguments);
    Pty::start(command, (24, 80))
}

#[tokio::test]
async fn a_terminal_that_is_open_in_the_browser_is_shown_here_too_and_left_as_it_is() {
    let (_daemon, client, person, id) = signed_in().await;
    let (code, why) = person.refused(&["attach", "lab"]).await;
    assert!(code == 5 && why.contains("No terminal is open on lab/node-0"), "{code} {why}");
    let path = terminal::open(&client, &id, "node-0").await;
    let mut browser = Viewer::attach(&client, &path).await;
    browser.type_in("echo bef\"\"ore\n").await;
    browser.until("before").await;
    assert_eq!(person.refused(&["attach", "lab"]).await.0, 2, "here is no terminal to show it in");

    let mut here = attach(&person, &["lab"]);
    here.shows("before").await;
    here.types(b"echo fr\"\"om here\r");
    browser.until("from here").await;
    browser.type_in("echo fr\"\"om there\n").await;
    here.shows("from there").await;
    here.types(b"\r~.");
    assert_eq!(here.ended().await, Some(0), "{}", here.text());
    browser.type_in("echo still \"\"here\n").await;
    browser.until("still here").await;

    let mut again = attach(&person, &["lab/node-0"]);
    again.shows("still here").await;
    again.types(b"exit 7\r");
    assert_eq!(again.ended().await, Some(7), "{}", again.text());
}

#[tokio::test]
async fn of_several_open_terminals_one_is_named() {
    let (_daemon, client, person, id) = signed_in().await;
    let ids = [terminal::open(&client, &id, "node-0").await, terminal::open(&client, &id, "node-0").await]
        .map(|path| path.rsplit('/').next().expect("an id").to_owned());
    let (code, why) = person.refused(&["attach", "lab"]).await;
    assert!(code == 2 && why.contains("Several terminals are open"), "{code} {why}");
    let listed = person.prints(&["attach", "--list", "lab", "-o", "name"]).await;
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    let mut expected = ids.clone();
    expected.sort_unstable();
    assert_eq!(listed, expected);
    // The beginning of an id is the time it was made.
    let named = (1..=32).find(|&end| !ids[0].starts_with(&ids[1][..end])).expect("two ids");
    let mut here = attach(&person, &["lab", &ids[1][..named]]);
    // A repaint begins so.
    here.shows("\x1bc").await;
    here.types(b"echo the $((1 + 1))nd\r");
    here.shows("the 2nd").await;
    let mut second =
        Viewer::attach(&client, &format!("/api/v1/vclusters/{id}/nodes/node-0/terminals/{}", ids[1])).await;
    second.until("the 2nd").await;
    here.types(b"\r~.");
    assert_eq!(here.ended().await, Some(0), "{}", here.text());
    let (code, why) = person.refused(&["attach", "lab", "nobody"]).await;
    assert!(code == 5 && why.contains("No terminal 'nobody'"), "{code} {why}");
}

/// A local program that asks again and again, since datagrams may be lost, and who does not listen yet hears none.
struct Peer {
    socket: UdpSocket,
    name: &'static str,
    asked: u32,
}

impl Peer {
    async fn new(name: &'static str) -> Self {
        Self { socket: UdpSocket::bind("127.0.0.1:0").await.expect("a port"), name, asked: 0 }
    }

    async fn is_answered(&mut self, forwarded: &str) {
        let answered = async {
            let mut answer = [0; 100];
            loop {
                self.asked += 1;
                let question = format!("{} {}", self.name, self.asked);
                self.socket.send_to(question.as_bytes(), forwarded).await.expect("it is sent");
                let heard = timeout(Duration::from_millis(200), self.socket.recv_from(&mut answer)).await;
                let Ok(heard) = heard else { continue };
                let answer = text(&answer[..heard.expect("a datagram").0]);
                assert!(answer.starts_with(self.name), "another's answer: {answer}");
                if answer == question {
                    return;
                }
            }
        };
        timeout(PROMPTLY * 3, answered).await.expect("it is answered");
    }
}

#[tokio::test]
async fn tcp_and_udp_ports_are_forwarded_side_by_side_and_go_on_when_the_node_comes_back() {
    let (_daemon, client, person, id) = signed_in().await;
    app::serve(&client, &id, 8080).await;
    datagrams::echo(&client, &id, 5353).await;
    let mut command = person.command(Person::program());
    let mut child = command.args(["port-forward", "lab", "0:8080", "0:5353/udp"]).spawn().expect("docklet");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut local = async |remote: &str| {
        let line = lines.next_line().await.expect("text").expect("a line");
        let (local, to) = line.split_once(" -> ").unwrap_or_else(|| panic!("{line}"));
        assert_eq!(to, format!("lab/node-0:{remote}"));
        local.to_owned()
    };
    let (tcp, udp) = (local("8080").await, local("5353/udp").await);
    let (mut one, mut other) = (Peer::new("one").await, Peer::new("another").await);
    for _ in 0..20 {
        one.is_answered(&udp).await;
        other.is_answered(&udp).await;
    }
    testkit::eventually("the server of the node answers", PROMPTLY * 3, || async {
        reqwest::get(format!("http://{tcp}/")).await.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    person.prints(&["vc", "restart", "lab", "--wait"]).await;
    datagrams::echo(&client, &id, 5353).await;
    one.is_answered(&udp).await;
}

/// A way to the daemon that can be lost: then nothing is passed on any more, and nobody is told.
struct Way {
    address: SocketAddr,
    lost: CancellationToken,
}

impl Way {
    async fn to(daemon: &Daemon) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let way = Self { address: listener.local_addr().expect("its address"), lost: CancellationToken::new() };
        let (to, lost) = (daemon.address(), way.lost.clone());
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let lost = lost.clone();
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(to).await.expect("dockletd listens");
                    tokio::select! {
                        // How it ends is known at its ends.
                        _ = copy_bidirectional(&mut from, &mut to) => {}
                        () = lost.cancelled() => std::future::pending().await,
                    }
                });
            }
        });
        way
    }

    /// Starts `docklet` over it, and waits until it has printed something.
    async fn run(&self, person: &Person, token: &str, arguments: &[&str]) -> Child {
        let mut command = person.command(Person::program());
        command.env("DOCKLET_URL", format!("http://{}", self.address)).env("DOCKLET_TOKEN", token);
        let mut child = command.args(arguments).stdin(Stdio::piped()).spawn().expect("docklet");
        let first = child.stdout.as_mut().expect("its output").read_u8();
        timeout(PROMPTLY, first).await.expect("in time").expect("a byte");
        child
    }
}

/// How it ended, while more and more is given to it.
async fn ended(mut child: Child) -> Output {
    let mut input = child.stdin.take().expect("its input");
    let feeding = tokio::spawn(async move { while input.write_all(&[0; 4096]).await.is_ok() {} });
    let output = timeout(NOTICED, child.wait_with_output()).await.expect("it notices").expect("its output");
    feeding.abort();
    output
}

/// Serves one connection to port 9000 of the node in Python, as `c`.
async fn serve(client: &Client, person: &Person, vcluster: &str, serving: &str) {
    let program = format!("import socket; s = socket.create_server(('127.0.0.1', 9000)); c, _ = s.accept(); {serving}");
    let terminals = format!("/api/v1/vclusters/{vcluster}/nodes/node-0/terminals");
    client.post(&terminals, &json!({"command": ["python3", "-c", program]})).await.ok(201);
    testkit::eventually("it listens", PROMPTLY, || async {
        // 9000 in hexadecimal digits.
        let listens = ["exec", "lab", "grep", "-q", ":2328 ", "/proc/net/tcp"];
        person.command(Person::program()).args(listens).status().await.is_ok_and(|status| status.success())
    })
    .await;
}

#[tokio::test]
async fn a_pipe_that_has_nothing_yet_is_waited_for_where_the_output_goes_to_a_file() {
    let (_daemon, client, person, id) = signed_in().await;
    serve(&client, &person, &id, "c.sendall(b'up\\n'); c.sendall(c.makefile().readline().upper().encode())").await;
    let path = person.home.path().join("got");
    let file = std::fs::File::create(&path).expect("a file");
    let mut command = person.command(Person::program());
    let mut child =
        command.args(["connect", "lab", "9000"]).stdin(Stdio::piped()).stdout(file).spawn().expect("docklet");
    let got = || std::fs::read_to_string(&path).expect("our file");
    testkit::eventually("it is connected", PROMPTLY, || async { got() == "up\n" }).await;
    child.stdin.take().expect("its input").write_all(b"hello\n").await.expect("it reads");
    let ended = timeout(PROMPTLY, child.wait_with_output()).await.expect("it ends").expect("its end");
    assert!(ended.status.success() && got() == "up\nHELLO\n", "{ended:?} {}", got());
}

#[tokio::test]
async fn a_copy_whose_network_is_lost_without_a_word_ends_and_says_what_to_do() {
    let (daemon, client, person, id) = signed_in().await;
    let way = Way::to(&daemon).await;
    let token = client.token.as_deref().expect("a token");
    // Takes everything, and is no ssh.
    serve(&client, &person, &id, "c.sendall(b'!'); [0 for _ in iter(lambda: c.recv(65536), b'')]").await;
    let copy = way.run(&person, token, &["connect", "lab/node-0", "9000"]).await;
    let program = way.run(&person, token, &["exec", "lab", "--", "sh", "-c", "echo up; cat > /dev/null"]).await;
    way.lost.cancel();
    let (copy, program) = tokio::join!(ended(copy), ended(program));
    for (output, advice) in [(copy, "rsync --partial"), (program, "run it again")] {
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(7) && said.contains("broke off") && said.contains(advice), "{output:?}");
    }
}
