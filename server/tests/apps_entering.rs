//! The way into an app: which visitors get in, and what lets none in.

use reqwest::Method;
use serde_json::json;
use testkit::eventually;
use tokio_tungstenite::{connect_async, tungstenite};

use crate::common::{
    app::{self, App, PORT, publish, with_app},
    browser::{Browser, split},
    client::{Client, send},
    daemon::{Daemon, Options},
    stream::PATIENCE,
};

async fn administrator(daemon: &Daemon) -> Browser {
    Browser::signed_in(daemon, "admin", &daemon.admin_password()).await
}

/// Goes as far as the address with the code, without opening it.
async fn code_for(browser: &Browser, app: &App) -> String {
    browser.forget(split(&app.url).0);
    let to_portal = browser.step(&app.at("/lab?x=1")).await.ok(303);
    let back = browser.step(to_portal.header("location")).await.ok(303);
    back.header("location").to_owned()
}

#[tokio::test]
async fn being_signed_in_at_the_portal_leads_into_the_app_and_the_portal_s_cookie_never_reaches_it() {
    let (daemon, _client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    let (url, answer) = browser.open(&app.at("/hello?a=1")).await;
    assert_eq!((url, answer.status), (app.at("/hello?a=1"), 200));
    let seen = answer.text;
    assert!(seen.starts_with("GET /hello?a=1 HTTP/1.1"), "{seen}");
    assert!(!seen.to_lowercase().contains("cookie:"), "cookies of ours reach no node: {seen}");
    let host = split(&app.url).0;
    for line in
        [format!("x-forwarded-host: {host}"), "x-forwarded-proto: http".into(), "x-forwarded-for: 127.0.0.1".into()]
    {
        assert!(seen.to_lowercase().contains(&line), "{line} in {seen}");
    }
    let cookies = browser.cookies_of(host);
    assert!(cookies.contains("__Host-docklet-app=") && !cookies.contains("docklet_session"), "{cookies}");
    let portal = browser.cookies_of(split(&daemon.url()).0);
    assert!(portal.contains("docklet_session=") && !portal.contains("docklet-app"), "{portal}");
}

#[tokio::test]
async fn somebody_who_is_not_signed_in_is_sent_to_sign_in_and_back() {
    let (daemon, _client, app) = with_app().await;
    let stranger = Browser::of(&daemon);
    let to_portal = stranger.step(&app.at("/lab")).await.ok(303);
    let to_sign_in = stranger.step(to_portal.header("location")).await.ok(303);
    let location = to_sign_in.header("location");
    assert!(location.starts_with("/sign-in?next=%2Fapps%2Fenter"), "{location}");
    let body = stranger.fetch(&app.at("/api")).await.ok(401);
    assert_eq!((body.code().as_str(), body.header("content-type")), ("not_signed_in", "application/problem+json"));
    let form = stranger.request(Method::POST, &app.at("/save")).header("accept", "text/html").body("x");
    let page = stranger.send(&app.at("/save"), form).await.ok(401);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
}

/// With several addresses each person stays at the one they use, also when they come back to the app by itself.
#[tokio::test]
async fn of_several_public_urls_apps_come_back_to_the_one_that_the_person_uses() {
    let urls = ["http://docklet.example", "http://docklet.intern"];
    let daemon =
        Options::default().with("public-url", urls.join(",")).with("apps-domain", "apps.example").start().await;
    let client = daemon.admin();
    let id = client.create("lab", 1).await;
    let app = publish(&client, &id, PORT).await;
    for (portal, marked) in [(urls[0], false), (urls[1], true)] {
        let browser = Browser::of(&daemon);
        let session = format!("{portal}/api/v1/session");
        let sign_in = json!({"name": "admin", "password": daemon.admin_password()});
        let sign_in = browser.request(Method::POST, &session).header("origin", portal).json(&sign_in);
        browser.send(&session, sign_in).await.ok(200);
        let apps = browser.fetch(&format!("{portal}/api/v1/vclusters/{id}/apps")).await.ok(200).json();
        let link = apps.as_array().expect("a list").iter().find(|found| found["id"] == app.id).expect("it is listed");
        let link = link["url"].as_str().expect("an address").to_owned();
        assert_eq!(link.contains("/.docklet/from"), marked, "{link}");
        let (url, page) = browser.open(&link).await;
        assert!(url.starts_with("http://") && url.contains(".apps.example/"), "inside, without signing in: {url}");
        assert!(page.text.contains(&format!("{portal}/vclusters/{id}")), "its page leads back: {}", page.text);
        // The app's session is gone; the way back is not.
        let root = app.url.split("/.docklet/").next().expect("a host");
        browser.plant(split(root).0, "docklet-app=gone");
        let led = browser.step(&format!("{root}/lab")).await.ok(303);
        assert!(led.header("location").starts_with(&format!("{portal}/apps/enter?")), "{}", led.header("location"));
    }
    let stranger = Browser::of(&daemon);
    let root = app.url.trim_end_matches('/');
    let planted = stranger.step(&format!("{root}/.docklet/from?portal=evil.example")).await.ok(303);
    assert_eq!(planted.header("set-cookie"), "", "only to addresses of ours");
    let led = stranger.step(&format!("{root}/lab")).await.ok(303);
    assert!(led.header("location").starts_with(urls[0]), "{}", led.header("location"));
}

#[tokio::test]
async fn a_code_works_once_and_only_in_the_browser_that_asked_for_it() {
    let (daemon, _client, app) = with_app().await;
    let (browser, thief) = (administrator(&daemon).await, administrator(&daemon).await);
    let code = code_for(&browser, &app).await;
    assert!(thief.step(&code).await.ok(403).text.contains("blocks cookies"), "a browser without the nonce");
    // The thief has a nonce of their own by now, and a browser with the wrong one does not use up the code.
    let code = code_for(&browser, &app).await;
    code_for(&thief, &app).await;
    let refused = thief.step(&code).await.ok(403);
    assert!(
        refused.text.contains("This link is no longer valid") && refused.header("set-cookie").is_empty(),
        "{}",
        refused.text
    );
    let code = code_for(&browser, &app).await;
    let entered = browser.step(&code).await.ok(303);
    assert_eq!(entered.header("location"), "/lab?x=1");
    for (name, value) in [("referrer-policy", "no-referrer"), ("cache-control", "no-store")] {
        assert_eq!(entered.header(name), value);
    }
    assert!(browser.step(&code).await.ok(403).text.contains("This link is no longer valid"), "replayed");
}

#[tokio::test]
async fn what_is_not_a_code_opens_nothing_and_next_stays_on_the_app_s_host() {
    let (daemon, _client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    browser.step(&app.at("/")).await.ok(303);
    for code in ["", "x", &"a".repeat(43), &"a".repeat(5000), "%00%ff", "' OR 1=1 --"] {
        let refused = browser.step(&app.at(&format!("/.docklet/enter?code={code}&next=/"))).await;
        assert_eq!(refused.status, 403, "{code}: {}", refused.text);
    }
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/%5Cevil.example",
        "/.docklet/enter",
        "javascript:alert(1)",
        "/a%0d%0aX: y",
    ] {
        let code = code_for(&browser, &app).await;
        let address = format!("{}&next={next}", code.split("&next=").next().expect("a code"));
        let entered = browser.step(&address).await.ok(303);
        assert_eq!(entered.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn an_app_of_somebody_else_is_no_app_by_address_cookie_and_code() {
    let (daemon, _client, mine) = with_app().await;
    let password = daemon.add_user("ada");
    let (admin, ada) = (administrator(&daemon).await, Browser::signed_in(&daemon, "ada", &password).await);
    let theirs = {
        let client = daemon.client_of("ada");
        let id = app::vcluster(&client, "hers").await;
        app::listening(&client, &id, PORT).await
    };
    assert_eq!(ada.open(&theirs.at("/")).await.1.status, 200);
    assert_eq!(admin.open(&mine.at("/")).await.1.status, 200);
    // By address: the portal knows no such app, for an administrator neither.
    for (browser, app) in [(&ada, &mine), (&admin, &theirs)] {
        let (url, answer) = Browser::of(&daemon).open(&app.at("/")).await;
        assert!(url.contains("/sign-in") && answer.status == 200, "{url}");
        browser.forget(split(&app.url).0);
        let (url, answer) = browser.open(&app.at("/")).await;
        assert!(url.contains("/apps/enter") && answer.status == 404, "{url}: {}", answer.text);
        assert!(answer.header("content-type").starts_with("text/html") && answer.text.contains("no such app"));
    }
    // By cookie: one app's cookie on another app's host.
    let (host, own) = (split(&mine.url).0, ada.cookies_of(split(&theirs.url).0));
    ada.plant(host, &own);
    assert_eq!(ada.fetch(&mine.at("/")).await.code(), "not_signed_in");
    ada.forget(host);
    // By code: of another label, with the right nonce for it.
    let code = code_for(&ada, &theirs).await;
    ada.plant(host, &ada.cookies_of(split(&theirs.url).0));
    let elsewhere = code.replace(&theirs.label, &mine.label);
    assert_eq!(ada.step(&elsewhere).await.status, 403);
}

#[tokio::test]
async fn labels_that_are_unknown_malformed_or_deleted_are_told_in_a_page() {
    let (daemon, client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    assert_eq!(browser.open(&app.at("/")).await.1.status, 200);
    let unknown = app.url.replace(&app.label, "zzzzzzz777");
    let (_, answer) = browser.open(&unknown).await;
    assert!(answer.status == 404 && answer.text.contains("no such app"), "{}", answer.text);
    for label in ["www", "a.b", "1234567890", "api", &"a".repeat(60)] {
        let url = app.url.replace(&app.label, label);
        for path in ["/", "/sign-in", "/api/v1/session", "/healthz", "/metrics"] {
            let answer = browser.step(&format!("{url}{path}")).await.ok(404);
            assert!(answer.text.contains("There is no app here"), "{url}{path}: {}", answer.text);
        }
        browser.step(&format!("{url}/.docklet/style.css")).await.ok(200);
        assert_eq!(browser.fetch(&format!("{url}/api/v1/session")).await.code(), "not_found");
    }
    client.delete(&format!("/api/v1/vclusters/{}", app.vcluster)).await.ok(202);
    eventually("the vcluster is gone", PATIENCE, || async { client.vcluster(&app.vcluster).await.status == 404 }).await;
    eventually("its app is gone", PATIENCE, || async { browser.fetch(&app.at("/")).await.code() == "not_signed_in" })
        .await;
    let (url, answer) = browser.open(&app.at("/")).await;
    assert!(url.contains("/apps/enter") && answer.status == 404, "{url}: {}", answer.text);
}

#[tokio::test]
async fn the_portal_is_on_no_app_s_host_and_no_app_on_the_portal_s() {
    let (daemon, _client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    browser.open(&app.at("/")).await;
    for path in ["/api/v1/session", "/sign-in", "/healthz", "/readyz", "/metrics", "/actions/sign-out"] {
        let answer = browser.fetch(&app.at(path)).await.ok(200);
        assert!(answer.text.starts_with(&format!("GET {path} HTTP/1.1")), "the app answers: {}", answer.text);
    }
    let portal = daemon.url();
    assert_eq!(browser.fetch(&format!("{portal}/apps/{}/", app.label)).await.status, 404, "path mode is off");
    assert_eq!(browser.fetch(&format!("{portal}/.docklet/enter?code=x")).await.status, 404);
}

#[tokio::test]
async fn two_hosts_in_one_request_are_refused() {
    let (daemon, _client, app) = with_app().await;
    let host = split(&app.url).0.to_owned();
    let portal = daemon.url().replace("http://", "");
    let raw = async |request: String| {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut connection = tokio::net::TcpStream::connect(daemon.address()).await.expect("a connection");
        connection.write_all(request.as_bytes()).await.expect("it is sent");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    let end = "Connection: close\r\n\r\n";
    for request in [
        format!("GET http://{host}/ HTTP/1.1\r\nHost: {portal}\r\n{end}"),
        format!("GET http://{portal}/healthz HTTP/1.1\r\nHost: {host}\r\n{end}"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: {portal}\r\n{end}"),
        format!("GET / HTTP/1.1\r\n{end}"),
    ] {
        let answer = raw(request.clone()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{request}{answer}");
    }
    let same = raw(format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n{end}")).await;
    assert!(same.starts_with("HTTP/1.1 401"), "the app's host, without a session: {same}");
}

#[tokio::test]
async fn a_websocket_needs_a_session_and_a_page_of_the_app() {
    let (daemon, _client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    let refused =
        async |browser: &Browser, origin: &str| match connect_async(browser.websocket(&app.at("/websocket"), origin))
            .await
        {
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().clone().unwrap_or_default();
                let closes = response.headers().get("connection").is_some_and(|value| value == "close");
                (response.status().as_u16(), String::from_utf8_lossy(&body).into_owned(), closes)
            }
            other => panic!("must be refused, not {other:?}"),
        };
    let (status, body, closes) = refused(&browser, &app.url).await;
    assert!(status == 401 && body.contains("not_signed_in") && closes, "{status} {body}");
    browser.open(&app.at("/")).await;
    for origin in [daemon.url().as_str(), "http://zzzzzzz777.localhost", "https://evil.example", "null"] {
        let (status, body, closes) = refused(&browser, origin).await;
        assert!(status == 403 && body.contains("foreign_origin") && closes, "{origin}: {status} {body}");
    }
    connect_async(browser.websocket(&app.at("/websocket"), &app.url)).await.expect("the app's own page may");
}

#[tokio::test]
async fn pages_of_other_hosts_cannot_use_the_cookie() {
    let (daemon, _client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    browser.open(&app.at("/")).await;
    let post = |name: &'static str, value: &str| {
        browser.request(Method::POST, &app.at("/save")).header(name, value.to_owned())
    };
    for (name, value) in [
        ("origin", "http://zzzzzzz777.localhost"),
        ("origin", "null"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "cross-site"),
    ] {
        assert_eq!(send(post(name, value)).await.ok(403).code(), "foreign_origin", "{name}: {value}");
    }
    let script = browser
        .request(Method::GET, &app.at("/data.js"))
        .header("sec-fetch-site", "same-site")
        .header("sec-fetch-dest", "script");
    assert_eq!(send(script).await.ok(403).code(), "foreign_origin");
    send(post("origin", &app.url)).await.ok(200);
    let start = browser.request(Method::POST, &app.at("/.docklet/start")).header("origin", daemon.url());
    assert_eq!(send(start).await.ok(403).code(), "foreign_origin");
}

#[tokio::test]
async fn a_published_port_that_is_switched_off_says_so_and_comes_back() {
    let (daemon, client, app) = with_app().await;
    let browser = administrator(&daemon).await;
    browser.open(&app.at("/")).await;
    let path = format!("/api/v1/vclusters/{}/apps/{}", app.vcluster, app.id);
    let change = async |body: serde_json::Value| send(client.request(Method::PATCH, &path).json(&body)).await;
    assert_eq!(change(json!({"enabled": false, "name": "Shop"})).await.ok(200).at("/state"), "off");
    eventually("it is off", PATIENCE, || async { browser.step(&app.at("/")).await.status != 200 }).await;
    let (_, page) = browser.open(&app.at("/")).await;
    assert!(page.text.contains("Shop is switched off"), "{}", page.text);
    change(json!({"enabled": true, "name": null})).await.ok(200);
    eventually("it is on", PATIENCE, || async { browser.open(&app.at("/")).await.1.status == 200 }).await;
    change(json!({"colour": "red"})).await.problem(422, "invalid");
    change(json!({"name": "x".repeat(41)})).await.problem(422, "invalid");
    send(client.request(Method::PATCH, &path.replace(&app.id, "x")).json(&json!({}))).await.problem(404, "not_found");
}

#[tokio::test]
async fn publishing_names_what_is_wrong_and_is_for_owners_only() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let path = format!("/api/v1/vclusters/{id}/apps");
    for (body, field) in [
        (json!({"node": "node-0", "port": 0}), "port"),
        (json!({"node": "node-0", "port": 65536}), "port"),
        (json!({"node": "node-0", "port": -1}), "port"),
        (json!({"node": "node-0", "port": 22}), "port"),
        (json!({"node": "../", "port": 80}), "node"),
        (json!({"node": "node-0", "port": 80, "name": "a\u{7}b"}), "name"),
    ] {
        assert_eq!(client.post(&path, &body).await.problem(422, "invalid").fields(), [field], "{body}");
    }
    client.post(&path, &json!({"node": "node-7", "port": 80})).await.problem(404, "not_found");
    let (one, again) = (publish(&client, &id, 8080).await, publish(&client, &id, 8080).await);
    assert_eq!((one.id, one.label), (again.id, again.label));
    daemon.add_user("ada");
    let ada: Client = daemon.client_of("ada");
    ada.get(&path).await.problem(404, "not_found");
    ada.post(&path, &json!({"node": "node-0", "port": 80})).await.problem(404, "not_found");
    ada.get(&format!("/api/v1/vclusters/{id}/live")).await.problem(404, "not_found");
}

#[tokio::test]
async fn in_path_mode_apps_lie_below_the_console_s_address() {
    let daemon = Options::default().with("apps-path-mode", "true").start().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let app = app::listening(&client, &id, PORT).await;
    assert_eq!(app.url, format!("/apps/{}", app.label));
    let url = format!("{}{}", daemon.url(), app.url);
    let browser = administrator(&daemon).await;
    // Of a sign-in through a provider that is under way in this browser, and of what its person likes.
    let ours = "docklet_sign_in=secret; __Host-docklet_sign_in=secret; docklet_theme=dark; docklet_zone=Asia/Tokyo; docklet_lang=en";
    browser.plant(split(&daemon.url()).0, ours);
    let (last, answer) = browser.open(&url).await;
    assert_eq!((last, answer.status), (format!("{url}/"), 200));
    assert!(answer.text.starts_with("GET / HTTP/1.1"), "{}", answer.text);
    assert!(!answer.text.to_lowercase().contains("cookie:"), "{}", answer.text);
    assert_eq!(
        browser.fetch(&format!("{url}/picture.svg")).await.headers.get_all("content-security-policy").iter().count(),
        2
    );
    let worker = browser.request(Method::GET, &format!("{url}/worker.js")).header("service-worker", "script");
    assert_eq!(send(worker).await.status, 403);
    assert_eq!(browser.fetch(&format!("{url}/worker.js")).await.status, 200);
    let back = browser.fetch(&format!("{url}/back")).await.ok(302);
    assert_eq!(back.header("location"), format!("{url}/seen?a=1"));
    let stranger = Browser::of(&daemon);
    assert_eq!(stranger.fetch(&format!("{url}/")).await.code(), "not_signed_in");
    browser.step(&format!("{}/healthz", daemon.url())).await.ok(200);
}
