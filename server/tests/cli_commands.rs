//! The commands of `docklet` that ask and change, each against a real daemon; and what a terminal and a shell have of them.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt as _,
};

use serde_json::{Value, json};
use testkit::eventually;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    time::timeout,
};

use crate::{
    common::{
        PROMPTLY, app,
        daemon::Daemon,
        person::{Person, feed, text},
        pty::Pty,
    },
    vcluster_lifecycle::settled,
};

pub(crate) async fn json_of(person: &Person, words: &[&str]) -> Value {
    let printed = person.prints(&[words, &["-o", "json"]].concat()).await;
    serde_json::from_str(&printed).unwrap_or_else(|fault| panic!("{words:?}: {fault}: {printed}"))
}

pub(crate) async fn refused(person: &Person, words: &[&str], code: i32, part: &str) {
    let (found, why) = person.refused(words).await;
    assert!(found == code && why.contains(part), "{words:?}: {found} {why}");
}

/// The search path with this folder before all others.
fn path_with(folder: &std::path::Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a search path"))
}

#[tokio::test]
async fn an_app_is_named_switched_off_and_opened() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    app::vcluster(&client, "lab").await;
    person.prints(&["app", "add", "lab", "8050"]).await;
    refused(&person, &["app", "ls", "lab/node-0"], 2, "lab/node-0 is a node; name its vcluster: lab").await;
    let set = async |words: &[&str]| json_of(&person, &[&["app", "set", "lab"], words].concat()).await;
    person.prints(&["app", "publish", "lab/node-0", "8051", "--name", "node-0:8050"]).await;
    assert_eq!(set(&["node-0:8050", "--name", "Dashboard"]).await["port"], 8050, "whatever another is called");
    let off = set(&["Dashboard", "--off", "--unpin"]).await;
    assert_eq!((&off["enabled"], &off["pinned"]), (&json!(false), &json!(false)));
    let on = set(&["Dashboard", "--on", "--pin", "--no-name"]).await;
    assert_eq!((&on["enabled"], &on["pinned"], &on["name"]), (&json!(true), &json!(true), &Value::Null));
    refused(&person, &["app", "set", "lab", "8050"], 2, "--no-name").await;
    refused(&person, &["app", "set", "lab", "8050", "--on", "--off"], 2, "cannot be used with").await;
    refused(&person, &["open", "lab", "Dashboard"], 5, "no app 'Dashboard'").await;

    assert_eq!(person.prints(&["open"]).await, format!("{}\n", daemon.url()));
    assert_eq!(person.prints(&["open", "lab", "8050"]).await.trim(), on["url"]);
    let jupyter = person.prints(&["open", "lab"]).await;
    assert!(jupyter.starts_with("http://") && jupyter.trim() != on["url"], "{jupyter}");
    let folder = tempfile::tempdir().expect("a directory");
    let (browser, seen) = (folder.path().join("xdg-open"), folder.path().join("seen"));
    fs::write(&browser, "#!/bin/sh\necho \"$1${DOCKLET_TOKEN+ and a token}\" > \"$SEEN\"\n").expect("a file");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut command = person.command(Person::program());
    command.args(["open", "lab"]).env("DISPLAY", ":7").env("SEEN", &seen).env("PATH", path_with(folder.path()));
    command.env("DOCKLET_URL", daemon.url()).env("DOCKLET_TOKEN", client.token.as_deref().expect("a token"));
    let opened = feed(&mut command, b"").await;
    assert_eq!(text(&opened.stdout), jupyter, "{opened:?}");
    eventually("the browser has the address", PROMPTLY, || async {
        fs::read_to_string(&seen).is_ok_and(|address| address == jupyter)
    })
    .await;
}

#[tokio::test]
async fn events_are_rows_for_programs() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let mut command = person.command(Person::program());
    let mut child = command.args(["events", "-o", "csv"]).spawn().expect("docklet");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line =
        async || timeout(PROMPTLY, lines.next_line()).await.expect("in time").expect("text").expect("a line");
    assert_eq!(line().await, "vcluster,state,reason,when", "told when the connection stands");
    client.create("lab", 1).await;
    let first = line().await;
    assert!(first.starts_with("lab,") && first.split(',').count() >= 4, "{first}");
}

#[tokio::test]
async fn a_token_is_seen_and_revoked() {
    let daemon = Daemon::start_usual().await;
    let (client, other) = (daemon.admin(), daemon.admin());
    let person = Person::signed_in(&daemon, &client).await;
    let tokens = json_of(&person, &["token", "ls"]).await;
    let secret = other.token.clone().expect("a token");
    let prefixes = tokens.as_array().expect("a list").iter().map(|token| token["prefix"].as_str().expect("a text"));
    let prefix = prefixes.clone().find(|prefix| secret.starts_with(prefix)).expect("it is listed");
    assert_eq!(prefixes.count(), 2);
    other.get("/api/v1/session").await.ok(200);
    person.prints(&["token", "revoke", prefix]).await;
    other.get("/api/v1/session").await.problem(401, "bad_token");
    assert!(person.prints(&["token", "ls"]).await.contains("revoked"));
    refused(&person, &["token", "revoke", prefix], 5, "no good token").await;
    refused(&person, &["token", "create"], 2, "unrecognized subcommand").await;
}

#[tokio::test]
async fn an_administrator_adds_people_changes_them_and_signs_them_out() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    let added = json_of(&person, &["admin", "users", "add", "ada"]).await;
    daemon.browser().sign_in("ada", added["password"].as_str().expect("a password")).await.ok(200);
    assert_eq!(person.prints(&["admin", "users", "ls", "-o", "name"]).await, "ada\nadmin\n");
    assert_eq!(person.prints(&["admin", "users", "ls", "adm", "-o", "name"]).await, "admin\n");
    let change = async |words: &[&str]| json_of(&person, &[&["admin", "users", "change", "ada"], words].concat()).await;
    assert_eq!(change(&["--lock"]).await["locked"], true);
    assert_eq!(change(&["--unlock"]).await["locked"], false);
    change(&["--nodes", "3"]).await;
    let limits = change(&["--cpus", "1.5"]).await["own_limits"].clone();
    assert_eq!((&limits["nodes"], &limits["cpus"], &limits["vclusters"]), (&json!(3), &json!(1.5), &Value::Null));
    let limits = change(&["--usual-limits", "--vclusters", "2"]).await["own_limits"].clone();
    assert_eq!((&limits["nodes"], &limits["vclusters"]), (&Value::Null, &json!(2)));
    refused(&person, &["admin", "users", "change", "ada"], 2, "--unlock").await;
    refused(&person, &["admin", "users", "change", "ada", "--nodes", "-1"], 2, "limits.nodes").await;
    refused(&person, &["admin", "users", "change", "ada", "--role", "root"], 2, "user or admin").await;
    let (code, why) = person.refused(&["admin", "users", "show", "eve"]).await;
    assert!(code == 5 && !why.contains("Only administrators"), "{code} {why}");

    let chosen = "correct horse battery";
    let set = person.run_with(&["admin", "users", "password", "ada", "--password-stdin"], chosen).await;
    assert!(set.status.success() && !text(&set.stdout).contains(chosen), "{set:?}");
    daemon.browser().sign_in("ada", chosen).await.ok(200);
    let sessions = async || json_of(&person, &["admin", "users", "show", "ada"]).await["sessions"].clone();
    assert_eq!(sessions().await, 1);
    person.prints(&["admin", "users", "sign-out", "ada"]).await;
    assert_eq!(sessions().await, 0);
}

#[tokio::test]
async fn an_administrator_looks_after_the_installation() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    let health = person.prints(&["admin", "health"]).await;
    for part in ["dockletd", "database", "coordination", "engine", "host ", "disk"] {
        assert!(health.lines().any(|line| line.starts_with(part)), "{part}: {health}");
    }
    assert!(json_of(&person, &["admin", "doctor"]).await.is_array());
    person.prints(&["admin", "images", "allow", "python:3.*"]).await;
    let listed = async || person.prints(&["admin", "images", "ls", "-o", "name"]).await;
    let allowed = listed().await;
    assert!(allowed.contains("python:3.*"), "{allowed}");
    person.prints(&["admin", "images", "disallow", allowed.trim()]).await;
    assert_eq!(listed().await, "");
    assert!(person.prints(&["admin", "disk", "-o", "csv"]).await.starts_with("name,nodes,home\r\n"));
    assert!(person.prints(&["admin", "config", "-o", "name"]).await.contains("server.listen\n"));
    refused(&person, &["admin", "host", "forget", "hera"], 2, "--yes").await;
    refused(&person, &["admin", "host", "forget", "hera", "--yes"], 5, "").await;
}

#[tokio::test]
async fn for_everybody_else_there_is_nothing_to_administer() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let person = Person::signed_in(&daemon, &daemon.client_of("ada")).await;
    for words in [
        "users ls",
        "users show admin",
        "users add eve",
        "users change ada --role admin",
        "users change ada --nodes 99",
        "users password admin",
        "users sign-out admin --tokens",
        "health",
        "doctor",
        "images ls",
        "images allow lab/*",
        "images disallow lab/*",
        "disk",
        "config",
        "host forget hera --yes",
    ] {
        let words: Vec<&str> = std::iter::once("admin").chain(words.split(' ')).collect();
        refused(&person, &words, 5, "Only administrators have docklet admin").await;
    }
    assert!(!daemon.cli(&["user", "list"]).contains("eve"));
}

#[tokio::test]
async fn a_table_that_is_longer_than_the_terminal_goes_through_the_pager() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let folder = tempfile::tempdir().expect("a directory");
    let paged = folder.path().join("paged");
    let shown = async |words: &[&str], pager: &str| {
        let mut command = person.command(Person::program());
        command.args(words).env("PAGER", pager).env("PAGED", &paged);
        command.env("DOCKLET_URL", daemon.url()).env("DOCKLET_TOKEN", client.token.as_deref().expect("a token"));
        let (code, screen) = Pty::run(command).await;
        assert_eq!(code, Some(0), "{words:?} {pager}: {screen}");
        screen
    };
    let (config, to_file) = (&["admin", "config"][..], "cat > \"$PAGED\"");
    let screen = shown(config, to_file).await;
    assert!(!screen.contains("server.listen"), "{screen}");
    assert_eq!(fs::read_to_string(&paged).expect("what the pager got"), person.prints(config).await);
    shown(config, "cat > /dev/null; echo \"${DOCKLET_TOKEN-none}\" > \"$PAGED\"").await;
    assert_eq!(fs::read_to_string(&paged).expect("what the pager knows"), "none\n");
    // Who leaves before the end.
    shown(config, "head -n 1 > \"$PAGED\"").await;
    fs::remove_file(&paged).expect("the pager's");
    for (words, pager) in [
        (&["admin", "config", "--no-pager"][..], to_file),
        (&["admin", "config", "-o", "csv"], to_file),
        (config, ""),
        (config, "cat"),
        (config, "no-such-pager"),
    ] {
        let screen = shown(words, pager).await;
        assert!(screen.contains("server.listen") && !paged.exists(), "{words:?} {pager}: {screen}");
    }
    let short = shown(&["whoami"], to_file).await;
    assert!(short.contains("admin") && !paged.exists(), "{short}");
}

/// What bash would offer for the last word.
pub(crate) async fn completed(person: &Person, line: &[&str]) -> Vec<String> {
    const SCRIPT: &str = r#"
        source <(docklet completions bash)
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMP_TYPE=9
        _clap_complete_docklet docklet "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = Person::program();
    let mut bash = person.command("bash");
    bash.args(["-c", SCRIPT, "bash"]).args(line).env("PATH", path_with(program.parent().expect("its directory")));
    let done = feed(&mut bash, b"").await;
    assert!(done.status.success() && done.stderr.is_empty(), "{line:?}: {done:?}");
    text(&done.stdout).lines().filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_shell_completes_the_names_of_what_is_there() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let person = Person::signed_in(&daemon, &client).await;
    let id = client.create("lab", 2).await;
    settled(&client, &id, "running").await;
    app::publish(&client, &id, 8050).await;
    let context = daemon.url().trim_start_matches("http://").to_owned();
    for (line, words) in [
        (&["docklet", "adm"][..], &["admin"][..]),
        (&["docklet", "ssh", "l"], &["lab", "lab/node-0", "lab/node-1"]),
        (&["docklet", "port-forward", "lab/node-1"], &["lab/node-1"]),
        (&["docklet", "vc", "rm-node", "l"], &["lab/node-0", "lab/node-1"]),
        (&["docklet", "vc", "stop", "l"], &["lab"]),
        (&["docklet", "vc", "stop", "x"], &[]),
        (&["docklet", "open", "lab", "j"], &["jupyter"]),
        (&["docklet", "app", "set", "lab", "node-0:"], &["node-0:8050"]),
        (&["docklet", "context", "use", "l"], &[&context]),
        (&["docklet", "--context", &context, "ssh", "lab/node-0"], &["lab/node-0"]),
        (&["docklet", "--context", "none", "ssh", "l"], &[]),
    ] {
        assert_eq!(completed(&person, line).await, words, "{line:?}");
    }
    drop(daemon);
    assert!(completed(&person, &["docklet", "ssh", "l"]).await.is_empty(), "without a server there are none");
}

/// One request, and this answer to it.
fn answer(listener: &TcpListener, status: u16, body: &Value) {
    let (mut stream, _) = listener.accept().expect("a connection");
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    // A request with a body ends with it.
    while !(request.contains("\r\n\r\n") && (request.starts_with("GET") || request.ends_with('}'))) {
        let count = stream.read(&mut buffer).expect("a request");
        assert!(count > 0, "it ends early: {request}");
        request.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let body = body.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).expect("an answer");
}

#[tokio::test]
async fn a_token_that_was_made_for_this_machine_is_kept_also_where_the_server_fails_right_after() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its address");
    let page = format!("http://{address}/device");
    let code = json!({"device_code": "secret", "user_code": "WDJB-MJHT", "verification_uri": page,
        "verification_uri_complete": page, "expires_in": 60, "interval": 1});
    let serving = tokio::task::spawn_blocking(move || {
        answer(&listener, 200, &code);
        answer(&listener, 200, &json!({"token": "dkl_x", "name": "hera"}));
        answer(&listener, 503, &json!({}));
    });
    let person = Person::new();
    refused(&person, &["login", &format!("http://{address}"), "--name", "not a name"], 2, "no name for a context")
        .await;
    refused(&person, &["login", &format!("http://{address}"), "--name", "hera"], 7, "kept as hera").await;
    serving.await.expect("no panic");
    assert_eq!(person.prints(&["context", "ls", "-o", "name"]).await, "hera\n");
}
