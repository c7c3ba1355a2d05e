//! `docklet` where something is wrong: with the server or what answers in its place, with the way there, with this machine.

use std::{
    fs::File,
    process::{Output, Stdio},
    time::{Duration, SystemTime},
};

use futures::future::join_all;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use testkit::eventually;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::common::{
    PROMPTLY,
    authority::{Authority, Issued},
    daemon::{Daemon, Options},
    elsewhere::Elsewhere,
    person::{Person, feed, noise, text},
    pty::Pty,
};

const PROXIES: [&str; 8] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// `docklet` with these variables, and no proxy of the machine that runs the tests.
async fn run(person: &Person, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let mut command = person.command(Person::program());
    for name in PROXIES {
        command.env_remove(name);
    }
    feed(command.args(arguments).envs(variables.iter().copied()), input.as_bytes()).await
}

#[track_caller]
fn assert_said(done: &Output, code: i32, part: &str) {
    assert!(done.status.code() == Some(code) && text(&done.stderr).contains(part), "{code} {part:?}: {done:?}");
}

/// An answer of a server that says this version.
fn answer(status: &str, kind: &str, version: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ndocklet-version: {version}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
}

/// A list of one vcluster, as a server of any version may send it.
fn list(state: &str) -> String {
    let at = "2026-01-01T00:00:00Z";
    let operation = json!({"id": "o", "kind": "create", "state": "succeeded", "reason": null, "started_at": at,
        "finished_at": at, "host": null});
    let node = json!({"name": "node-0", "state": "running", "reason": null, "ip": "172.20.0.2", "worker": "hera",
        "running_since": at, "of_next_year": 1});
    let vcluster = json!({"id": "v", "name": "lab", "owner": "ada", "image": "docklet/base", "state": state, "reason": null,
        "resources": {"cpus": 1.0, "memory_mib": 512}, "subnet": "172.20.0.0/27", "nodes": [node], "operation": operation,
        "created_at": at, "autostart": true, "of_next_year": {"colour": "green"}});
    json!({"items": [vcluster], "of_next_year": []}).to_string()
}

/// What `docklet` does with a server that answers so.
async fn with_server(arguments: &[&str], answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Output {
    let server = Elsewhere::answering(answer).await;
    run(&Person::new(), arguments, &[("DOCKLET_URL", &server.url()), ("DOCKLET_TOKEN", "dkl_x")], "").await
}

#[tokio::test]
async fn a_server_of_another_version_is_used_as_far_as_it_is_understood() {
    const JSON: &str = "application/json";
    const OURS: &str = env!("CARGO_PKG_VERSION");
    let newer = with_server(&["vc", "ls", "-o", "name"], |_| answer("200 OK", JSON, "99.0.0", &list("running"))).await;
    assert_eq!((newer.status.code(), text(&newer.stdout).as_str()), (Some(0), "lab\n"), "{newer:?}");
    let newer = with_server(&["vc", "ls"], |_| answer("200 OK", JSON, "99.0.0", &list("hibernating"))).await;
    assert_said(&newer, 7, "answers as no Docklet of this version does");
    assert_said(&newer, 7, &format!("is Docklet 99.0.0, this docklet is {OURS}. Its own: http://"));

    // It has no programs for scripts yet, and says so as any server does.
    let without_exec = |version: &'static str| {
        move |line: &str| {
            let problem = json!({"type": "about:blank", "title": "Not found", "status": 404, "code": "not_found",
                "detail": "There is nothing at this address."});
            match line.contains("/exec ") {
                true => answer("404 Not Found", "application/problem+json", version, &problem.to_string()),
                false => answer("200 OK", JSON, version, &list("running")),
            }
        }
    };
    let older = with_server(&["exec", "lab", "true"], without_exec("0.0.1")).await;
    assert_said(&older, 5, "There is nothing at this address.\n");
    assert_said(&older, 5, "is Docklet 0.0.1, this docklet is");
    let same = with_server(&["exec", "lab", "true"], without_exec(OURS)).await;
    assert!(same.status.code() == Some(5) && !text(&same.stderr).contains("this docklet is"), "{same:?}");
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_or_of_a_websocket_is_no_docklet() {
    const PAGE: &str = "<h1>Sign in to this network</h1>";
    let page = |status: &str| format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{PAGE}", PAGE.len());
    let missing = with_server(&["vc", "ls"], move |_| page("404 Not Found")).await;
    assert_said(&missing, 7, "does not answer as a Docklet server does (status 404");
    // It lets short requests pass, and no WebSockets.
    let half = move |line: &str| match line.contains("/vclusters?") {
        true => answer("200 OK", "application/json", env!("CARGO_PKG_VERSION"), &list("running")),
        false => page("200 OK"),
    };
    for arguments in [&["exec", "lab", "true"][..], &["connect", "lab/node-0", "80"]] {
        assert_said(&with_server(arguments, half).await, 7, "did not open a WebSocket");
    }
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_not_trusted() {
    let authority = Authority::new();
    let of_another_host = authority.issue_but(|parameters| {
        *parameters = CertificateParams::new(["elsewhere.example".to_owned()]).expect("a name");
    });
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(["localhost".to_owned()]).expect("a name").self_signed(&key);
    let signed_by_itself = Issued { certificate: own.expect("a certificate").pem(), key: key.serialize_pem() };
    let root = authority.root_file();
    for pair in [of_another_host, signed_by_itself] {
        authority.put(&pair);
        let mut daemon = Options::default().with_tls(&authority).prepare();
        daemon.start_unready().await;
        let trusted = [("SSL_CERT_FILE", root.to_str().expect("text"))];
        let done = run(&Person::new(), &["login", &daemon.url(), "--token-stdin"], &trusted, "dkl_x").await;
        assert_said(&done, 7, "is not trusted");
    }
}

#[tokio::test]
async fn everything_goes_through_the_proxy_that_is_set() {
    let authority = Authority::new();
    authority.put(&authority.issue());
    let daemon = Options::default().with_tls(&authority).start().await;
    let (url, token) = (daemon.url(), daemon.admin().token.expect("a token"));
    let (person, root) = (Person::new(), authority.root_file());
    let proxy = Elsewhere::proxying(daemon.address()).await;
    let through = async |proxy: &str, direct: &str, arguments: &[&str], input: &str| {
        let root = root.to_str().expect("text");
        let variables = [("HTTPS_PROXY", proxy), ("NO_PROXY", direct), ("SSL_CERT_FILE", root)];
        run(&person, arguments, &variables, input).await
    };
    let begins = format!("CONNECT localhost:{} HTTP/1.1", daemon.address().port());
    let create = ["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"];
    for (arguments, input, output) in [
        (&["login", &url, "--token-stdin"][..], token.as_str(), ""),
        (&create, "", "lab/node-0"),
        (&["exec", "lab", "cat"], "over a WebSocket", "over a WebSocket"),
        (&["connect", "lab/node-0"], "no ssh at all\r\n", "SSH-2.0-"),
    ] {
        let done = through(&proxy.url(), "", arguments, input).await;
        assert!(text(&done.stdout).contains(output), "{arguments:?}: {done:?}");
        let asked = proxy.asked();
        assert!(!asked.is_empty() && asked.iter().all(|line| *line == begins), "{arguments:?}: {asked:?}");
    }
    let direct = through(&proxy.url(), "localhost", &["exec", "lab", "true"], "").await;
    assert!(direct.status.success() && proxy.asked().is_empty(), "{direct:?}");

    for status in ["403 Forbidden", "407 Proxy Authentication Required"] {
        let refusing = Elsewhere::answering(move |_| format!("HTTP/1.1 {status}\r\n\r\n")).await;
        assert_said(&through(&refusing.url(), "", &["whoami"], "").await, 7, "The proxy that HTTPS_PROXY");
    }
    let gone = proxy.url();
    drop(proxy);
    let address = gone.trim_start_matches("http://");
    eventually("it listens no more", PROMPTLY, || async { TcpStream::connect(address).await.is_err() }).await;
    assert_said(&through(&gone, "", &["whoami"], "").await, 7, "The proxy that HTTPS_PROXY");
}

#[tokio::test]
async fn a_proxy_gets_no_token_that_is_for_this_machine() {
    let daemon = Daemon::start_usual().await;
    let (url, token) = (daemon.url(), daemon.admin().token.expect("a token"));
    let (person, proxy) = (Person::new(), Elsewhere::proxying(daemon.address()).await);
    let proxy_url = proxy.url();
    let through = [("HTTP_PROXY", proxy_url.as_str())];
    let here = run(&person, &["login", &url, "--token-stdin"], &through, &token).await;
    assert!(here.status.success() && proxy.asked().is_empty(), "{here:?}");
    // What was allowed to travel without encryption travels as the person's network wants it.
    let far = ["login", "http://docklet.example", "--plain-http", "--token-stdin"];
    let far = run(&person, &far, &through, &token).await;
    assert!(far.status.success(), "{far:?}");
    assert_eq!(proxy.asked(), ["GET http://docklet.example/api/v1/session HTTP/1.1"]);
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_matters_to_certificates_alone() {
    let authority = Authority::new();
    let since = SystemTime::now() - Duration::from_secs(300);
    authority.put(&authority.issue_but(|parameters| parameters.not_before = since.into()));
    let secure = Options::default().with_tls(&authority).start().await;
    let plain = Daemon::start_usual().await;
    let signs_in = async |daemon: &Daemon, off: &str| {
        let (person, token) = (Person::new(), daemon.admin().token.expect("a token"));
        let mut command = person.command("faketime");
        command.args(["--exclude-monotonic", "-f", off]).arg(Person::program());
        command.args(["login", &daemon.url(), "--token-stdin"]).env("SSL_CERT_FILE", authority.root_file());
        feed(&mut command, token.as_bytes()).await
    };
    for (daemon, off) in [(&plain, "-1h"), (&plain, "+1h"), (&secure, "+1h")] {
        assert_said(&signs_in(daemon, off).await, 0, "Signed in as admin");
    }
    let early = signs_in(&secure, "-1h").await;
    assert_said(&early, 7, "Is the clock of this machine right?");
}

#[tokio::test]
async fn tokens_are_kept_on_a_full_disk_and_when_many_sign_in_at_once() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let (person, url, token) = (Person::new(), daemon.url(), client.token.expect("a token"));
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let login = |name: &'static str| {
        let (person, url, token) = (&person, &url, &token);
        async move { person.run_with(&["login", url, "--name", name, "--token-stdin"], token).await }
    };
    for done in join_all(names.map(login)).await {
        assert!(done.status.success(), "{done:?}");
    }
    assert_eq!(person.prints(&["context", "ls", "-o", "name"]).await, names.map(|name| format!("{name}\n")).concat());

    let folder = person.home.path().join(".config/docklet");
    let kept = person.home.path().join("kept");
    std::fs::copy(folder.join("contexts.toml"), &kept).expect("a file");
    // A file system of 16 KiB that only this command sees, full but for what it has.
    let script = "mount -t tmpfs -o size=16k none \"$2\" && install -m 600 \"$3\" \"$2/contexts.toml\" || exit 99
        head -c 64k /dev/zero >\"$2/fill\" 2>/dev/null
        \"$0\" login \"$1\" --name new --token-stdin; code=$?
        cmp \"$3\" \"$2/contexts.toml\" && ls -A \"$2\"; exit $code";
    let mut command = person.command("unshare");
    // Root needs no other users to mount something, and some systems forbid them.
    command.args((!rustix::process::geteuid().is_root()).then_some("--map-root-user"));
    command.args(["--mount", "sh", "-c", script]).arg(Person::program()).arg(&url);
    let done = feed(command.arg(&folder).arg(&kept), token.as_bytes()).await;
    assert_said(&done, 1, "No space left on device");
    assert_eq!(text(&done.stdout), "contexts.lock\ncontexts.toml\nfill\n", "as it was, with nothing half-written");

    let mut command = person.command(Person::program());
    let full = File::options().write(true).open("/dev/full").expect("a file that is full");
    assert_said(&feed(command.arg("whoami").stdout(full), b"").await, 1, "There is no room");
    let mut command = person.command(Person::program());
    let mut child = command.args(["vc", "ls", "-o", "json"]).spawn().expect("docklet");
    drop(child.stdout.take());
    let ended = child.wait_with_output().await.expect("its end");
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(141), 0), "{ended:?}");
}

#[tokio::test]
async fn names_that_nothing_can_have_are_refused_with_the_rule() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    for name in ["my lab", "übung", "实验", "lab\u{202e}", "a/b", "lab\u{1b}[2J", ""] {
        for (arguments, code, part) in [
            (&["vc", "create", name][..], 2, "\n  name must"),
            (&["vc", "show", name], 5, "no vcluster"),
            (&["ssh", name, "--", "true"], 5, "no vcluster"),
            (&["exec", name, "true"], 5, "no vcluster"),
            (&["connect", &format!("node-0.{name}.docklet")], 5, "no vcluster"),
        ] {
            let done = person.run(arguments).await;
            assert_said(&done, code, part);
            assert!(!text(&done.stderr).contains('\u{1b}'), "{arguments:?}: {done:?}");
        }
    }
    let token = daemon.admin().token.expect("a token");
    let done = person.run_with(&["login", &daemon.url(), "--name", "my sérver", "--token-stdin"], &token).await;
    assert_said(&done, 2, "is no name for a context");
}

#[tokio::test]
async fn ctrl_c_at_a_prompt_gives_the_terminal_back() {
    let person = Person::new();
    // The shell stays, so that it is not the end of the terminal's session that puts it right.
    let script = "trap : INT; \"$0\" login http://localhost:1 --token; echo \"ended $?\"; read _";
    let mut command = person.command("setsid");
    command.args(["--ctty", "sh", "-c", script]).arg(Person::program());
    let terminal = Pty::start(command, (24, 80));
    terminal.shows("paste it here: ").await;
    eventually("what is typed is not shown", PROMPTLY, || async { !terminal.echoes() }).await;
    terminal.types(b"\x03");
    terminal.shows("ended 130").await;
    assert!(terminal.echoes());
}

#[tokio::test]
async fn what_breaks_between_here_and_a_node_is_borne_or_said() {
    let mut daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    person.prints(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"]).await;

    let script = "stty size; until [ \"$(stty size)\" = '40 100' ]; do sleep 0.1; done; echo it fits";
    let mut command = person.command("setsid");
    command.arg("--ctty").arg(Person::program()).args(["ssh", "lab", "--", "sh", "-c", script]);
    let mut terminal = Pty::start(command, (0, 0));
    terminal.shows("24 80").await;
    terminal.resize(40, 100);
    terminal.shows("it fits").await;
    assert_eq!(terminal.ended().await, Some(0));

    let mut command = person.command(Person::program());
    let full = File::options().write(true).open("/dev/full").expect("a file that is full");
    let done = feed(command.args(["exec", "lab", "cat", "/etc/passwd"]).stdout(full), b"").await;
    assert_said(&done, 1, "There is no room");

    let mut command = person.command(Person::program());
    command.args(["exec", "lab", "--", "sh", "-c", "echo up; cat >there"]).stdin(Stdio::piped());
    let mut child = command.spawn().expect("docklet");
    let (mut stdin, mut first) = (child.stdin.take().expect("its input"), [0; 3]);
    child.stdout.as_mut().expect("its output").read_exact(&mut first).await.expect("a line");
    stdin.write_all(&noise(1 << 20)).await.expect("it reads");
    daemon.kill();
    let ended = tokio::time::timeout(PROMPTLY, child.wait_with_output()).await.expect("it ends").expect("its end");
    assert_said(&ended, 7, "broke off");
    assert_said(&person.run(&["vc", "ls"]).await, 7, "cannot be reached");
}
