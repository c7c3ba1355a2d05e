//! Apps that break every rule there is, in a real node: their visitors get a page, and no other visitor notices.

use std::{path::PathBuf, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
};

use crate::{
    common::{
        app::{self, App, PORT, listening, publish, serve, with_app},
        browser::{Browser, split},
        client::{Client, send},
        daemon::{Daemon, Options},
        stream::PATIENCE,
    },
    vcluster_lifecycle::settled,
};

async fn inside(daemon: &Daemon, app: &App) -> Browser {
    let browser = Browser::signed_in(daemon, "admin", &daemon.admin_password()).await;
    assert_eq!(browser.open(&app.at("/")).await.1.status, 200);
    browser
}

#[tokio::test]
async fn answers_that_are_none_become_pages_for_people_and_problems_for_programs() {
    let daemon = Options::default().with("apps-answer-timeout", "1s").start().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let app = listening(&client, &id, PORT).await;
    let browser = inside(&daemon, &app).await;
    for (path, status, code, words) in [
        ("/headers", 502, "app_broken", "too many headers"),
        ("/garbage", 502, "app_broken", "did not answer with a web page"),
        ("/hang-up", 502, "app_broken", "closed the connection"),
        ("/javascript", 502, "app_broken", "did not answer with a web page"),
        ("/never", 504, "app_silent", "did not answer in time"),
    ] {
        let page = browser.step(&app.at(path)).await;
        assert_eq!(page.status, status, "{path}: {}", page.text);
        assert!(
            page.header("content-type").starts_with("text/html") && page.text.contains(words),
            "{path}: {}",
            page.text
        );
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        let problem = browser.fetch(&app.at(path)).await;
        assert_eq!((problem.status, problem.code().as_str()), (status, code), "{path}: {}", problem.text);
        assert_eq!(browser.fetch(&app.at("/fine")).await.status, 200, "others are answered beside {path}");
    }
    daemon.anonymous().get("/readyz").await.ok(200);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_seen_to_break_off_and_a_slow_one_comes_through() {
    let (daemon, _client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    // Head and end may come at once; then nothing of it is passed on.
    if let Ok(cut) = browser.request(Method::GET, &app.at("/cut")).send().await {
        assert!(cut.bytes().await.is_err(), "990 bytes are missing");
    }
    assert_eq!(browser.fetch(&app.at("/slow")).await.ok(200).text, "s".repeat(20));
}

#[tokio::test]
async fn what_an_app_sets_and_where_it_leads_stays_on_its_host() {
    let (daemon, _client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let answer = browser.fetch(&app.at("/cookies")).await.ok(200);
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("text")).collect();
    assert!(cookies.iter().all(|cookie| !cookie.to_lowercase().contains("domain")), "{cookies:?}");
    assert!(cookies.iter().all(|cookie| !cookie.contains("docklet")), "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.starts_with("own=1") && cookie.contains("Path=/sub")), "{cookies:?}");
    let back = browser.fetch(&app.at("/back")).await.ok(302);
    let location = back.header("location");
    assert!(location == "/seen?a=1" || location == app.at("/seen?a=1"), "{location}");
    // On a host of its own a service worker is the app's affair: it sees nothing of the portal or of other apps.
    let worker = browser.request(Method::GET, &app.at("/worker.js")).header("service-worker", "script");
    send(worker.header("sec-fetch-site", "same-origin")).await.ok(200);
}

/// Method and path of everything that changes something: REST from its own description, and the console's actions.
async fn unsafe_routes(client: &Client) -> Vec<(Method, String)> {
    const ID: &str = "00000000-0000-7000-8000-000000000000";
    let description = client.get("/api/v1/openapi.json").await.ok(200).json();
    let mut routes = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys().filter(|method| *method != "get") {
            let path: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { ID } else { part }).collect();
            routes.push((method.to_uppercase().parse().expect("a method"), path.join("/")));
        }
    }
    assert!(routes.len() >= 12, "{routes:?}");
    // Server functions are in the console's program under the paths they are called by.
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/api");
    let actions = endpoints(&sources);
    assert!(actions.contains(&"sign-out".to_owned()) && actions.len() >= 8, "{actions:?}");
    routes.extend(actions.into_iter().map(|name| (Method::POST, format!("/actions/{name}"))));
    routes
}

fn endpoints(directory: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the console's sources").flatten() {
        if entry.path().is_dir() {
            found.extend(endpoints(&entry.path()));
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).expect("text");
        let names = text.split("endpoint = \"").skip(1).filter_map(|rest| rest.split('"').next());
        found.extend(names.map(str::to_owned));
    }
    found
}

#[tokio::test]
async fn a_page_of_an_app_can_neither_change_nor_read_anything_at_the_portal() {
    let (daemon, client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let portal = daemon.url();
    for (method, path) in unsafe_routes(&client).await {
        let url = format!("{portal}{path}");
        for (site, kind) in [
            ("cross-site", "application/x-www-form-urlencoded"),
            ("same-site", "text/plain"),
            ("same-site", "application/json"),
        ] {
            let request =
                browser.request(method.clone(), &url).header("origin", &app.url).header("sec-fetch-site", site);
            let answer = send(request.header("content-type", kind).body("{}")).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "foreign_origin"),
                "{method} {path} {site}: {}",
                answer.text
            );
        }
        // What asks first is not told yes.
        let ask = browser
            .request(Method::OPTIONS, &url)
            .header("origin", &app.url)
            .header("access-control-request-method", method.as_str());
        assert_no_permission(&send(ask).await.headers, &path);
    }
    for path in [
        "/",
        "/api/v1/session",
        "/api/v1/vclusters",
        "/api/v1/events?after=0x",
        "/sign-in",
        "/apps/enter?label=x&nonce=y&next=/",
    ] {
        let request = browser.request(Method::GET, &format!("{portal}{path}")).header("origin", &app.url);
        let answer = send(request.header("accept", "text/html").header("sec-fetch-site", "cross-site")).await;
        assert_no_permission(&answer.headers, path);
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(
            (answer.header("x-frame-options"), answer.header("cross-origin-opener-policy")),
            ("DENY", "same-origin"),
            "{path}"
        );
    }
    let embedded = browser
        .request(Method::GET, &format!("{portal}/apps/enter?label={}", app.label))
        .header("sec-fetch-dest", "iframe");
    assert_eq!(send(embedded).await.code(), "foreign_origin");
    client.vcluster(&app.vcluster).await.ok(200);
    browser.fetch(&format!("{portal}/api/v1/session")).await.ok(200);
}

fn assert_no_permission(headers: &reqwest::header::HeaderMap, path: &str) {
    let allowing: Vec<&str> =
        headers.keys().map(|name| name.as_str()).filter(|name| name.starts_with("access-control-")).collect();
    assert!(allowing.is_empty(), "{path}: {allowing:?}");
}

#[tokio::test]
async fn an_app_that_does_not_listen_is_waited_for_and_opens_by_itself() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let app = publish(&client, &id, PORT).await;
    let browser = Browser::signed_in(&daemon, "admin", &daemon.admin_password()).await;
    let (_, page) = browser.open(&app.at("/")).await;
    assert_eq!(page.status, 503);
    assert!(
        page.text.contains(&format!("Nothing listens on port {PORT} of node-0"))
            && page.text.contains("http-equiv=\"refresh\"")
    );
    assert_eq!(browser.fetch(&app.at("/")).await.code(), "port_closed");
    let wait = browser.request(Method::GET, &app.at("/.docklet/wait?shown=silent")).send().await.expect("a stream");
    assert_eq!(
        (wait.status().as_u16(), &wait.headers()["content-type"]),
        (200, &"text/event-stream".parse().expect("a value"))
    );
    serve(&client, &id, PORT).await;
    let said = tokio::time::timeout(PATIENCE, wait.text()).await.expect("the stream ends").expect("text");
    assert!(said.contains("event: state") && said.contains("event: changed"), "{said}");
    assert_eq!(browser.open(&app.at("/")).await.1.status, 200);
    let german = browser.request(Method::GET, &app.url.replace(&app.label, "www")).header("accept", "text/html");
    let german = send(german.header("accept-language", "de-AT,de;q=0.9,en;q=0.5")).await;
    assert!(german.text.contains("lang=\"de\"") && german.text.contains("Hier gibt es keine App"), "{}", german.text);
}

#[tokio::test]
async fn a_stopped_vcluster_can_be_started_from_the_app_s_address() {
    let (daemon, client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    client.act(&app.vcluster, "stop").await.ok(202);
    settled(&client, &app.vcluster, "stopped").await;
    eventually("the page offers to start it", PATIENCE, || async {
        browser.step(&app.at("/lab?a=1")).await.text.contains("Start lab</button>")
    })
    .await;
    let page = browser.step(&app.at("/lab?a=1")).await.ok(503);
    let action =
        page.text.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a form").to_owned();
    assert_eq!(action, "/.docklet/start?next=/lab%3Fa%3D1");
    let start =
        browser.request(Method::POST, &app.at(&action)).header("accept", "text/html").header("origin", &app.url);
    let started = browser.send(&app.at(&action), start).await.ok(303);
    assert_eq!(started.header("location"), "/lab?a=1");
    settled(&client, &app.vcluster, "running").await;
    eventually("nothing listens in the fresh node", PATIENCE, || async {
        browser.step(&app.at("/")).await.text.contains("Nothing listens")
    })
    .await;
}

/// Where the daemon reaches the only node.
fn socket(daemon: &Daemon) -> PathBuf {
    let nodes = std::fs::read_dir(daemon.data.join("nodes")).expect("the nodes' directory");
    nodes.flatten().map(|entry| entry.path().join("init.sock")).find(|path| path.exists()).expect("the node's socket")
}

#[tokio::test]
async fn a_docklet_init_that_hands_back_nonsense_is_a_page_and_harms_nobody() {
    let (daemon, client, app) = with_app().await;
    let browser = inside(&daemon, &app).await;
    let path = socket(&daemon);
    std::fs::remove_file(&path).expect("the old socket");
    let listener = UnixListener::bind(&path).expect("a socket in its place");
    let tenant = tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            // Takes the request and answers that it went well, without any socket beside it.
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = connection.read(&mut request).await;
                let _ = connection.write_all(b"\0\0\0\x0b{\"ok\":null}").await;
            });
        }
    });
    eventually("kept connections are used up and the node is asked", PATIENCE, || async {
        browser.fetch(&app.at("/hang-up")).await;
        browser.fetch(&app.at("/")).await.status != 200
    })
    .await;
    let problem = browser.fetch(&app.at("/")).await;
    assert_eq!((problem.status, problem.code().as_str()), (502, "node_unreachable"), "{}", problem.text);
    let page = browser.step(&app.at("/")).await.ok(502);
    assert!(page.text.contains("The node does not answer"), "{}", page.text);
    tenant.abort();
    client.delete(&format!("/api/v1/vclusters/{}", app.vcluster)).await.ok(202);
    eventually("the vcluster is gone all the same", PATIENCE, || async {
        client.vcluster(&app.vcluster).await.status == 404
    })
    .await;
}

#[tokio::test]
async fn what_happens_in_a_vcluster_is_told_while_somebody_looks() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let mut live = client.request(Method::GET, &format!("/api/v1/vclusters/{id}/live")).send().await.expect("a stream");
    assert_eq!(live.status(), 200);
    let mut text = String::new();
    serve(&client, &id, PORT).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let has_app = |text: &str| {
        let events = text.split("\n\n").filter(|event| event.contains("event: apps"));
        let data = events.filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")));
        data.filter_map(|data| serde_json::from_str::<Value>(data).ok()).any(|apps| {
            apps.as_array().is_some_and(|apps| apps.iter().any(|app| app["port"] == PORT && app["listening"] == true))
        })
    };
    while !(has_app(&text) && text.contains("event: samples")) {
        let chunk = tokio::time::timeout_at(deadline, live.chunk()).await.unwrap_or_else(|_| panic!("in time: {text}"));
        text += &String::from_utf8_lossy(&chunk.expect("the stream goes on").expect("the stream goes on"));
    }
    assert!(text.contains("\"node\":\"node-0\""), "{text}");
    let named = json!({"node": "node-0", "port": PORT, "name": "Shop"});
    let app = client.post(&format!("/api/v1/vclusters/{id}/apps"), &named).await.ok(200);
    assert_eq!(app.at("/title"), "Shop");
    assert_eq!(split(&app.at("/url")).0, format!("{}.localhost:{}", app.at("/label"), daemon.address().port()));
}
