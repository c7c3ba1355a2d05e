//! Requests that another site's page makes with our cookie.

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::common::{
    browser::Browser,
    client::{Client, http, order, send},
    daemon::{Daemon, Options},
    stream, terminal,
};

/// A browser that is signed in, without an origin of its own, and its cookie.
async fn signed_in(daemon: &Daemon) -> (Client, String) {
    let client = daemon.anonymous();
    let answer = client.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    (client, cookie)
}

#[tokio::test]
async fn only_pages_of_ours_may_change_things_with_the_cookie() {
    let daemon = Daemon::start_usual().await;
    let (client, cookie) = signed_in(&daemon).await;
    let request = || client.request(Method::DELETE, "/api/v1/session").header("cookie", &cookie);
    let refused = async |request: RequestBuilder| send(request).await.problem(403, "foreign_origin");
    refused(request().header("origin", "http://evil.example")).await;
    refused(request().header("origin", "http://localhost:1")).await;
    refused(request().header("origin", "null")).await;
    refused(request().header("sec-fetch-site", "cross-site")).await;
    refused(request().header("sec-fetch-site", "same-site")).await;
    refused(request()).await;
    let reading = client.request(Method::GET, "/api/v1/session").header("cookie", &cookie);
    send(reading.header("origin", "http://evil.example")).await.ok(200);
    send(request().header("origin", daemon.url())).await.ok(204);
}

#[tokio::test]
async fn another_site_can_neither_sign_somebody_in_nor_use_a_form() {
    let daemon = Daemon::start_usual().await;
    let sign_in = json!({"name": "admin", "password": daemon.admin_password()});
    let client = daemon.anonymous();
    let foreign = |request: RequestBuilder| request.header("origin", "http://evil.example");
    let request = client.request(Method::POST, "/api/v1/session").json(&sign_in);
    send(foreign(request)).await.problem(403, "foreign_origin");
    // A form can be sent anywhere without asking first; JSON disguised as text is not read.
    let form = client.request(Method::POST, "/api/v1/session").body(sign_in.to_string());
    send(form.header("content-type", "text/plain")).await.problem(400, "malformed");
}

#[tokio::test]
async fn with_public_urls_only_those_are_ours() {
    let daemon = Options::default().with("public-url", "https://docklet.example").start().await;
    let body = json!({"name": "admin", "password": daemon.admin_password()});
    let sign_in = |origin: &str| {
        daemon.anonymous().request(Method::POST, "/api/v1/session").json(&body).header("origin", origin.to_owned())
    };
    send(sign_in(&daemon.url())).await.problem(403, "foreign_origin");
    let answer = send(sign_in("https://docklet.example")).await.ok(200);
    assert!(answer.header("set-cookie").starts_with("__Host-docklet_session="));
}

#[tokio::test]
async fn a_websocket_from_another_site_is_refused_before_anything_is_attached() {
    let daemon = Daemon::start_usual().await;
    let (client, cookie) = signed_in(&daemon).await;
    let path = "/api/v1/vclusters/0198c0de-0000-7000-8000-000000000000/nodes/node-0/terminals/t";
    for origin in [Some("http://evil.example"), None] {
        let mut request = terminal::request(&client, path, &format!("client={}", terminal::VIEWER));
        request.headers_mut().insert("cookie", cookie.parse().expect("a header"));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        let (status, body) = stream::refused(request).await;
        assert!(status == 403 && body.contains("foreign_origin"), "{status} {body}");
    }
}

#[tokio::test]
async fn a_token_is_proof_enough_from_anywhere() {
    let daemon = Daemon::start_usual().await;
    let request = daemon.admin().request(Method::POST, "/api/v1/vclusters").json(&order("../", 1));
    send(request.header("origin", "http://evil.example")).await.problem(422, "invalid");
}

/// From another machine, names below `localhost` lead to that one: the page says so in place of leading there.
#[tokio::test]
async fn where_apps_cannot_be_opened_the_console_names_the_settings_that_change_it() {
    let daemon = Daemon::start_usual().await;
    let id = daemon.admin().create("lab", 1).await;
    let portal = format!("http://lab.example:{}", daemon.address().port());
    let browser = Browser::of(&daemon);
    let session = format!("{portal}/api/v1/session");
    let sign_in = json!({"name": "admin", "password": daemon.admin_password()});
    browser
        .send(&session, browser.request(Method::POST, &session).header("origin", &portal).json(&sign_in))
        .await
        .ok(200);
    for page in [format!("/vclusters/{id}/jupyter"), format!("/vclusters/{id}/apps"), "/admin/health".to_owned()] {
        let (url, answer) = browser.open(&format!("{portal}{page}")).await;
        assert_eq!((url, answer.status), (format!("{portal}{page}"), 200));
        assert!(answer.text.contains("server.public_urls") && answer.text.contains("apps.domain"), "{}", answer.text);
    }
    let here = Browser::signed_in(&daemon, "admin", &daemon.admin_password()).await;
    let led = here.step(&format!("{}/vclusters/{id}/jupyter", daemon.url())).await;
    assert!(led.status == 302 && led.header("location").contains(".localhost:"), "{} {}", led.status, led.text);
    let apps = here.step(&format!("{}/vclusters/{id}/apps", daemon.url())).await.ok(200);
    assert!(!apps.text.contains("server.public_urls"), "{}", apps.text);
}

/// A session belongs to a name, and apps come back to one: signing in under another would be for nothing.
#[tokio::test]
async fn whoever_comes_by_another_name_is_led_home_before_signing_in() {
    let daemon = Daemon::start_usual().await;
    let client = http().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let page = async |host: &str, path: &str| {
        let request = client.get(format!("http://{}{path}", daemon.address())).header("host", host);
        let answer = request.header("accept", "text/html").send().await.expect("an answer");
        let location = answer.headers().get("location").map(|to| to.to_str().expect("text").to_owned());
        (answer.status().as_u16(), location)
    };
    let address = daemon.address().to_string();
    let home = daemon.url();
    let led = page(&address, "/sign-in?next=%2Fapps%2Fenter%3Flabel%3Dx").await;
    assert_eq!(led, (303, Some(format!("{home}/sign-in?next=%2Fapps%2Fenter%3Flabel%3Dx&moved=yes"))));
    assert_eq!(page(&address, "/sign-in?moved=yes").await.0, 200, "never round in circles");
    assert_eq!(page("lab.example:8000", "/sign-in").await.0, 200, "nothing is known to be better");
    let own = home.trim_start_matches("http://").to_owned();
    assert_eq!(page(&own, "/sign-in").await.0, 200);

    let public = Options::default().with("server-public-urls", "https://docklet.example.org").start().await;
    let answer = client.get(format!("http://{}/sign-in", public.address())).header("accept", "text/html").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["location"], "https://docklet.example.org/sign-in?moved=yes");
    // A provider comes back to the configured address, so it is begun there, too.
    let begin = async |query: &str| {
        let address = format!("http://{}/oidc/lab/begin?{query}", public.address());
        client.get(address).header("accept", "text/html").send().await.expect("an answer")
    };
    let led = begin("next=%2Fhelp").await;
    assert_eq!(led.headers()["location"], "https://docklet.example.org/oidc/lab/begin?next=%2Fhelp&moved=yes");
    let there = begin("next=%2Fhelp&moved=yes").await;
    assert_ne!(there.status(), 303, "never round in circles");
}
