//! `docklet`, the command line, against a real daemon: what people and scripts see of it, and OpenSSH's own programs through it.

use std::{
    net::{Ipv4Addr, TcpListener},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::eventually;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr},
};

use crate::common::{
    PROMPTLY, app,
    authority::Authority,
    client::{Client, send},
    daemon::{Daemon, Options},
    person::{Person, feed, noise, text},
};

#[tokio::test]
async fn a_vcluster_from_signing_in_to_its_deletion() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    assert!(person.prints(&["whoami", "-o", "csv"]).await.starts_with("name,server,"));
    assert_eq!(person.prints(&["whoami", "-o", "name"]).await, "admin\n");

    let small = ["--cpus", "0.5", "--memory", "256"];
    let made = person.prints(&[&["vc", "create", "lab", "--nodes", "2", "--wait"], &small[..]].concat()).await;
    assert!(made.contains("lab/node-1") && made.contains("running"), "{made}");
    let shown: Value = serde_json::from_str(&person.prints(&["vc", "show", "lab", "-o", "json"]).await).expect("JSON");
    assert_eq!((&shown["state"], shown["nodes"].as_array().map(Vec::len)), (&Value::from("running"), Some(2)));
    assert_eq!(person.prints(&["vc", "ls", "-o", "name"]).await, "lab\n");
    let by_id = shown["id"].as_str().expect("an id");
    assert_eq!(person.prints(&["vc", "show", by_id, "-o", "name"]).await, "lab/node-0\nlab/node-1\n");

    let program = person.run(&["ssh", "lab/node-1", "--", "sh", "-c", "hostname; exit 7"]).await;
    assert_eq!((program.status.code(), text(&program.stdout).trim()), (Some(7), "node-1"), "{program:?}");
    let killed = person.run(&["ssh", "lab", "--", "sh", "-c", "kill -TERM $$"]).await;
    assert_eq!(killed.status.code(), Some(128 + 15), "{killed:?}");
    assert!(person.prints(&["app", "ls", "lab"]).await.contains("JupyterLab"));

    person.prints(&["vc", "rm-node", "lab/node-1", "--wait"]).await;
    person.prints(&["vc", "stop", "lab", "--wait"]).await;
    assert!(person.prints(&["vc", "ls"]).await.contains("stopped"));
    assert!(person.prints(&["activity", "lab"]).await.contains("remove_node"));
    person.prints(&["vc", "rm", "lab", "--wait"]).await;
    assert_eq!(person.prints(&["vc", "ls"]).await, "");
    let (code, why) = person.refused(&["vc", "show", "lab"]).await;
    assert!(code == 5 && why.contains("no vcluster 'lab'"), "{code} {why}");
}

/// `docklet login`, and the code that it shows.
async fn logging_in(daemon: &Daemon, person: &Person) -> (Child, Lines<BufReader<ChildStderr>>, String) {
    let mut command = person.command(Person::program());
    let mut child = command
        .args(["login", &daemon.url(), "--scope", "ssh,vclusters"])
        .stdin(Stdio::null())
        .spawn()
        .expect("docklet");
    let mut lines = BufReader::new(child.stderr.take().expect("its words")).lines();
    let line =
        tokio::time::timeout(PROMPTLY, lines.next_line()).await.expect("in time").expect("text").expect("a line");
    assert!(line.contains(&format!("{}/device", daemon.url())), "{line}");
    let code = line.rsplit(' ').next().expect("its last word").to_owned();
    (child, lines, code)
}

#[tokio::test]
async fn a_person_signs_in_through_the_browser_or_denies_it() {
    let daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let answer = async |action: &str, code: &str| {
        let fields = [("code", code), ("days", "7"), ("vclusters", "true"), ("ssh", "true")];
        send(browser.request(reqwest::Method::POST, &format!("/actions/{action}")).form(&fields)).await.ok(200);
    };
    let person = Person::new();
    let (mut child, mut lines, code) = logging_in(&daemon, &person).await;
    answer("approve-device", &code).await;
    let said = tokio::time::timeout(PROMPTLY, lines.next_line()).await.expect("in time").expect("text");
    assert!(said.as_deref().is_some_and(|said| said.starts_with("Signed in as admin")), "{said:?}");
    assert_eq!(child.wait().await.expect("a status").code(), Some(0));
    assert_eq!(person.prints(&["whoami", "-o", "name"]).await, "admin\n");
    assert!(person.prints(&["whoami", "-o", "csv"]).await.contains(",read vclusters ssh,"));
    let (code, why) = person.refused(&["login", &daemon.url(), "--scope", "root"]).await;
    assert!(code == 2 && why.contains("vclusters"), "{code} {why}");

    let (mut child, mut lines, code) = logging_in(&daemon, &person).await;
    answer("deny-device", &code).await;
    let said = tokio::time::timeout(PROMPTLY, lines.next_line()).await.expect("in time").expect("text");
    assert_eq!(said.as_deref(), Some("docklet: The sign-in was denied."));
    assert_eq!(child.wait().await.expect("a status").code(), Some(4));

    let (mut child, ..) = logging_in(&daemon, &person).await;
    let pid = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("a pid");
    kill_process(pid, Signal::INT).expect("a signal");
    assert_eq!(child.wait().await.expect("a status").code(), Some(130), "it ends by itself");
}

#[tokio::test]
async fn what_is_refused_has_a_code_for_scripts_and_a_sentence_for_people() {
    let daemon = Daemon::start_usual().await;
    let nobody = Person::new();
    let refused = async |person: &Person, arguments: &[&str], code: i32, part: &str| {
        let (found, why) = person.refused(arguments).await;
        assert!(found == code && why.contains(part), "{arguments:?}: {found} {why}");
    };
    refused(&nobody, &["vc", "ls"], 3, "docklet login").await;
    refused(&nobody, &["vc", "list-them"], 2, "unrecognized subcommand").await;
    let wrong = nobody.run_with(&["login", &daemon.url(), "--token-stdin"], "dkl_wrong").await;
    assert_eq!(wrong.status.code(), Some(3), "{wrong:?}");
    refused(&nobody, &["login", "ftp://x"], 2, "is not an address").await;
    refused(&nobody, &["login", "http://docklet.example"], 4, "not encrypted").await;
    let secure = daemon.url().replace("http://", "https://");
    let plain = nobody.run_with(&["login", &secure, "--token-stdin"], "dkl_wrong").await;
    let why = text(&plain.stderr);
    assert!(plain.status.code() == Some(7) && why.contains(&daemon.url()) && why.contains("without TLS"), "{why}");

    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    refused(&person, &["vc", "create", "NO SPACES"], 2, "name").await;
    refused(&person, &["vc", "create", "many", "--nodes", "99"], 2, "nodes").await;
    refused(&person, &["vc", "start", "none"], 5, "no vcluster").await;
    refused(&person, &["--context", "none", "whoami"], 5, "no context").await;
    person.prints(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"]).await;
    refused(&person, &["vc", "create", "lab"], 6, "").await;
    refused(&person, &["ssh", "lab/node-7", "--", "true"], 5, "no node 'node-7'").await;
    refused(&person, &["ssh", "lab", "--", "no-such-program"], 127, "no-such-program").await;
    refused(&person, &["ssh", "lab"], 2, "docklet exec").await;
    let fed = person.run_with(&["ssh", "lab", "--", "cat"], "what a terminal would change").await;
    assert!(fed.status.code() == Some(2) && text(&fed.stderr).contains("docklet exec"), "{fed:?}");
    refused(&person, &["connect", "lab/node-0", "81"], 1, "").await;
    let (_, problem) = person.refused(&["vc", "create", "lab", "-o", "json"]).await;
    let problem: Value = serde_json::from_str(&problem).expect("a problem");
    assert_eq!(problem["code"], "name_taken");

    let file = person.home.path().join(".config/docklet/contexts.toml");
    let mode = |mode: u32| {
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("a mode");
    };
    mode(0o644);
    refused(&person, &["whoami"], 4, "chmod 600").await;
    mode(0o600);
    person.prints(&["logout"]).await;
    refused(&person, &["whoami"], 3, "docklet login").await;
}

#[tokio::test]
async fn what_is_no_docklet_is_told_apart_from_one_that_does_not_answer() {
    let person = Person::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    let login = ["login", &format!("http://{address}"), "--token-stdin"];
    let portal =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<h1>Hi!</h1>\n";
    let moved =
        "HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (answer, part) in [(portal, "answers as no Docklet"), (moved, "leads to https://elsewhere.example/")] {
        let serving = listener.try_clone().expect("the same port");
        let served = tokio::task::spawn_blocking(move || {
            let (mut stream, _) = serving.accept().expect("a connection");
            std::io::Read::read(&mut stream, &mut [0; 4096]).expect("a request");
            std::io::Write::write_all(&mut stream, answer.as_bytes()).expect("an answer");
        });
        let done = person.run_with(&login, "dkl_x").await;
        served.await.expect("no panic");
        assert!(done.status.code() == Some(7) && text(&done.stderr).contains(part), "{done:?}");
    }
    drop(listener);
    let done = person.run_with(&login, "dkl_x").await;
    assert!(done.status.code() == Some(7) && text(&done.stderr).contains("cannot be reached"), "{done:?}");
}

#[tokio::test]
async fn ssh_reaches_a_node_without_a_question_and_carries_every_byte() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    person.prints(&["vc", "create", "lab", "--cpus", "1", "--memory", "512", "--wait"]).await;
    person.installs_ssh().await;
    // Twice changes nothing.
    person.installs_ssh().await;

    let said = feed(person.openssh("ssh").args(["node-0.lab.docklet", "hostname; exit 5"]), b"").await;
    assert_eq!((said.status.code(), text(&said.stdout).as_str()), (Some(5), "node-0\n"), "{said:?}");

    let sent = noise(8_000_000);
    let back = feed(person.openssh("ssh").args(["node-0.lab.docklet", "cat"]), &sent).await;
    assert!(
        back.status.success() && back.stdout == sent,
        "{} bytes of {}: {}",
        back.stdout.len(),
        sent.len(),
        text(&back.stderr)
    );

    let file = person.home.path().join("a file, with ümlaut");
    std::fs::write(&file, &sent).expect("a file");
    let copied = feed(person.openssh("scp").arg(&file).arg("node-0.lab.docklet:/root/there"), b"").await;
    assert!(copied.status.success(), "{copied:?}");
    let size = feed(person.openssh("ssh").args(["lab.docklet", "stat -c %s /root/there"]), b"").await;
    assert_eq!(text(&size.stdout).trim(), sent.len().to_string(), "{size:?}");
    let missing = feed(person.openssh("ssh").args(["node-3.lab.docklet", "true"]), b"").await;
    assert!(missing.status.code() == Some(255) && text(&missing.stderr).contains("no node 'node-3'"), "{missing:?}");
}

#[tokio::test]
async fn all_of_it_goes_through_tls_with_an_authority_that_is_trusted() {
    let authority = Authority::new();
    authority.put(&authority.issue());
    let daemon = Options::default().with_tls(&authority).start().await;
    let client = daemon.admin();
    let person = Person::new();
    let (url, token) = (daemon.url(), client.token.clone().expect("a token"));
    let login = ["login", &url, "--token-stdin"];
    let stranger = person.run_with(&login, &token).await;
    assert!(stranger.status.code() == Some(7) && text(&stranger.stderr).contains("is not trusted"), "{stranger:?}");
    let trusting = async |arguments: &[&str], input: &str| {
        let mut command = person.command(Person::program());
        feed(command.args(arguments).env("SSL_CERT_FILE", authority.root_file()), input.as_bytes()).await
    };
    let done = trusting(&login, &token).await;
    assert!(done.status.success(), "{done:?}");
    let made = trusting(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"], "").await;
    assert!(made.status.success(), "{made:?}");
    let said = trusting(&["ssh", "lab", "--", "sh", "-c", "exit 7"], "").await;
    assert_eq!(said.status.code(), Some(7), "{said:?}");
    let banner = trusting(&["connect", "lab/node-0"], "no ssh at all\r\n").await;
    assert!(text(&banner.stdout).starts_with("SSH-2.0-"), "{banner:?}");
}

#[tokio::test]
async fn what_a_revoked_token_has_opened_ends_at_once() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    person.prints(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"]).await;
    person.installs_ssh().await;
    let mut ssh =
        person.openssh("ssh").args(["lab.docklet", "echo in; cat"]).stdin(Stdio::piped()).spawn().expect("ssh");
    let mut first = [0; 3];
    ssh.stdout.as_mut().expect("its output").read_exact(&mut first).await.expect("a line");
    // Held, so that it is not the end of its input that ends it.
    let _input = ssh.stdin.take();
    let listed = daemon.cli(&["token", "list", "--user", "admin"]);
    let token = listed.split_whitespace().next().expect("the id of the only one");
    daemon.cli(&["token", "revoke", "--user", "admin", token]);
    let ended = tokio::time::timeout(PROMPTLY, ssh.wait()).await.expect("it ends").expect("a status");
    assert_eq!(ended.code(), Some(255));
}

/// A forward of any free port, and where it listens.
async fn forwarded(person: &Person, target: &str, port: u16) -> (Child, String) {
    let mut command = person.command(Person::program());
    let mut child = command.args(["port-forward", target, &format!("0:{port}")]).spawn().expect("docklet");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).await.expect("a line");
    let (local, _) = line.split_once(" -> ").unwrap_or_else(|| panic!("{line}"));
    (child, local.to_owned())
}

#[tokio::test]
async fn a_forwarded_port_is_the_nodes_until_the_forward_ends() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let id = app::vcluster(&client, "lab").await;
    app::serve(&client, &id, 8080).await;
    let (mut child, local) = forwarded(&person, "lab/node-0", 8080).await;
    let answers =
        async || reqwest::get(format!("http://{local}/")).await.is_ok_and(|answer| answer.status().is_success());
    eventually("the server of the node answers", PROMPTLY * 3, &answers).await;
    let pid = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("a pid");
    kill_process(pid, Signal::TERM).expect("a signal");
    child.wait().await.expect("it ends");
    assert!(!answers().await);
}

#[tokio::test]
async fn a_forward_that_cannot_work_is_not_announced_and_one_without_its_token_ends() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let id = app::vcluster(&client, "lab").await;
    let refused = async |person: &Person, code: i32| {
        let done = person.run(&["port-forward", "lab", "0:8080"]).await;
        assert!(done.status.code() == Some(code) && done.stdout.is_empty(), "{code}: {done:?}");
    };
    let token = daemon.cli(&["token", "create", "--user", "admin", "--expires", "1h", "--scope", "read,vclusters"]);
    let without_ssh = Client { token: Some(token.trim().to_owned()), ..daemon.anonymous() };
    refused(&Person::signed_in(&daemon, &without_ssh).await, 4).await;

    app::serve(&client, &id, 8080).await;
    let (mut child, local) = forwarded(&person, "lab", 8080).await;
    eventually("the server of the node answers", PROMPTLY * 3, || async {
        reqwest::get(format!("http://{local}/")).await.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    assert_eq!(daemon.sqlite3("DELETE FROM tokens"), "");
    let _connection = TcpStream::connect(&local).await.expect("it listens");
    let ended = tokio::time::timeout(PROMPTLY, child.wait()).await.expect("it ends").expect("a status");
    assert_eq!(ended.code(), Some(3));

    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    person.prints(&["vc", "stop", "lab", "--wait"]).await;
    refused(&person, 6).await;
}

#[tokio::test]
async fn a_terminal_goes_on_at_the_same_byte_after_the_daemon_was_killed() {
    let mut daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    person.prints(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"]).await;
    let program = "for i in $(seq 100000 100400); do echo line-$i; sleep 0.01; done; exit 3";
    let mut command = person.command(Person::program());
    let mut ssh =
        command.args(["ssh", "lab", "--", "sh", "-c", program]).stdin(Stdio::null()).spawn().expect("docklet");
    let mut lines = BufReader::new(ssh.stdout.take().expect("its output")).lines();
    let mut seen = Vec::new();
    while let Some(line) = lines.next_line().await.expect("text") {
        let line = line.trim().to_owned();
        if line == "line-100050" {
            daemon.kill();
            daemon.start().await;
        }
        seen.push(line);
    }
    let expected: Vec<String> = (100_000..=100_400).map(|i| format!("line-{i}")).collect();
    assert_eq!(seen, expected, "every line once, in order");
    assert_eq!(ssh.wait().await.expect("a status").code(), Some(3));
}
