//! Signing in and out, and the cookie that remembers it.

use reqwest::Method;
use serde_json::json;

use crate::common::{
    client::{Client, send},
    daemon::{Daemon, Options},
    events::Events,
};

fn cookie_of(set_cookie: &str) -> String {
    set_cookie.split(';').next().expect("a cookie").to_owned()
}

#[tokio::test]
async fn signing_in_shows_who_one_is_and_signing_out_ends_it() {
    let daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.get("/api/v1/session").await.problem(401, "not_signed_in");
    let session = browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    assert_eq!((session.at("/name").as_str(), session.at("/role").as_str()), ("admin", "admin"));
    assert_eq!(session.json()["usage"]["vclusters"], 0);
    browser.get("/api/v1/session").await.ok(200);
    browser.delete("/api/v1/session").await.ok(204);
    browser.get("/api/v1/session").await.problem(401, "not_signed_in");
    browser.delete("/api/v1/session").await.ok(204);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_new_with_every_sign_in() {
    let daemon = Daemon::start_usual().await;
    let (client, password) = (daemon.anonymous(), daemon.admin_password());
    let first = client.sign_in("admin", &password).await.ok(200);
    let attributes = first.header("set-cookie").to_owned();
    assert!(attributes.starts_with("docklet_session="), "{attributes}");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=604800"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    assert!(!attributes.contains("Secure") && !attributes.contains("Domain"), "{attributes}");
    // An attacker who has planted a session id before gains nothing: the sign-in replaces it.
    let planted = cookie_of(&attributes);
    let body = json!({"name": "admin", "password": password});
    let request = client.request(Method::POST, "/api/v1/session").json(&body);
    let again = send(request.header("cookie", &planted).header("origin", daemon.url())).await.ok(200);
    assert_ne!(cookie_of(again.header("set-cookie")), planted);
    let old = client.request(Method::GET, "/api/v1/session").header("cookie", &planted);
    send(old).await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn over_tls_at_a_trusted_proxy_the_cookie_never_travels_without() {
    let daemon = Options::default().with("server-trusted-proxies", "127.0.0.0/8").start().await;
    let body = json!({"name": "admin", "password": daemon.admin_password()});
    let request = daemon.anonymous().request(Method::POST, "/api/v1/session").json(&body);
    let answer =
        send(request.header("x-forwarded-proto", "https").header("x-forwarded-for", "192.0.2.7")).await.ok(200);
    let attributes = answer.header("set-cookie");
    assert!(attributes.starts_with("__Host-docklet_session=") && attributes.contains("; Secure"), "{attributes}");
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_not_believed() {
    let daemon = Daemon::start_usual().await;
    let body = json!({"name": "admin", "password": daemon.admin_password()});
    let request = daemon.anonymous().request(Method::POST, "/api/v1/session").json(&body);
    let answer = send(request.header("x-forwarded-proto", "https")).await.ok(200);
    assert!(!answer.header("set-cookie").contains("Secure"));
}

#[tokio::test]
async fn guessing_costs_growing_waits_but_the_owner_gets_in_from_elsewhere() {
    let daemon = Options::default().with("server-trusted-proxies", "127.0.0.0/8").start().await;
    let guess = async |address: &str, password: &str| {
        let body = json!({"name": "admin", "password": password});
        let request = daemon.anonymous().request(Method::POST, "/api/v1/session").json(&body);
        send(request.header("x-forwarded-for", address)).await
    };
    for _ in 0..5 {
        guess("192.0.2.7", "wrong").await.problem(401, "sign_in_failed");
    }
    let refused = guess("192.0.2.7", &daemon.admin_password()).await.problem(429, "too_many_attempts");
    assert!(refused.header("retry-after").parse::<u64>().expect("seconds") >= 1);
    guess("198.51.100.1", &daemon.admin_password()).await.ok(200);
}

/// The owner's own browser shares no counter with strangers who guess beside it.
#[tokio::test]
async fn a_browser_that_has_signed_in_before_is_not_kept_waiting_by_strangers() {
    let daemon = Daemon::start_usual().await;
    let (mine, password) = (daemon.browser(), daemon.admin_password());
    let answer = mine.sign_in("admin", &password).await.ok(200);
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    let known =
        cookies.iter().find(|cookie| cookie.starts_with("docklet_known=")).expect("a cookie that it is known by");
    assert!(known.contains("; HttpOnly") && known.contains("; SameSite=Strict") && !known.contains("admin"), "{known}");
    mine.delete("/api/v1/session").await.ok(204);
    let stranger = daemon.anonymous();
    testkit::eventually("strangers have to wait", std::time::Duration::from_secs(30), || async {
        stranger.sign_in("admin", "wrong").await.code() == "too_many_attempts"
    })
    .await;
    daemon.browser().sign_in("admin", &password).await.problem(429, "too_many_attempts");
    mine.sign_in("admin", &password).await.ok(200);
    let opened = mine.get("/api/v1/session").await.ok(200);
    assert_eq!(opened.at("/name"), "admin");
    let forged = stranger.request(Method::GET, "/api/v1/session").header("cookie", cookie_of(known));
    send(forged).await.problem(401, "not_signed_in");
}

#[tokio::test]
async fn a_session_ends_after_its_days_though_it_is_used_all_the_time() {
    let daemon = Options::default().with("sign-in-longest", "3s").start().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let mut feed = Events::open(&browser, None).await;
    testkit::eventually("the session is over", std::time::Duration::from_secs(20), || async {
        browser.get("/api/v1/session").await.status == 401
    })
    .await;
    while feed.next().await.is_some() {}
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
}

#[tokio::test]
async fn with_one_browser_too_many_the_one_not_used_for_longest_is_signed_out() {
    let daemon = Options::default().with("sign-in-sessions", 2).start().await;
    let browsers = [daemon.browser(), daemon.browser(), daemon.browser()];
    for browser in &browsers {
        browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    }
    let mut living = 0;
    for browser in &browsers {
        living += u32::from(browser.get("/api/v1/session").await.status == 200);
    }
    assert_eq!(living, 2);
    browsers[2].get("/api/v1/session").await.ok(200);
}

/// A browser that was left signed in is not enough to add a way into the account.
#[tokio::test]
async fn a_token_is_made_with_a_fresh_sign_in_only() {
    let daemon = Options::default().with("sign-in-fresh", "3s").start().await;
    let (browser, password) = (daemon.browser(), daemon.admin_password());
    let session = cookie_of(browser.sign_in("admin", &password).await.ok(200).header("set-cookie"));
    let order = json!({"name": "thesis", "days": 1});
    browser.post("/api/v1/me/tokens", &order).await.ok(201);
    testkit::eventually("the page asks again", std::time::Duration::from_secs(20), || async {
        let page = send(browser.request(Method::GET, "/confirm").header("accept", "text/html")).await;
        page.text.contains("confirm-password")
    })
    .await;
    browser.post("/api/v1/me/tokens", &order).await.problem(403, "sign_in_again");
    browser.get("/api/v1/me/tokens").await.ok(200);
    let confirm = |password: &str| {
        let fields = [("password", password.to_owned()), ("next", "/profile".to_owned())];
        send(browser.request(Method::POST, "/actions/confirm").form(&fields))
    };
    assert_eq!(confirm("wrong").await.status, 422);
    browser.post("/api/v1/me/tokens", &order).await.problem(403, "sign_in_again");
    let answer = confirm(&password).await.ok(200);
    assert_eq!(cookie_of(answer.header("set-cookie")), session, "streams and apps stand on it");
    browser.post("/api/v1/me/tokens", &order).await.ok(201);
    // Signing in again does the same, for programs.
    browser.sign_in("admin", &password).await.ok(200);
    browser.post("/api/v1/me/tokens", &order).await.ok(201);
    let token = daemon.admin();
    let by_token = token.request(Method::POST, "/actions/confirm").form(&[("password", &*password), ("next", "/")]);
    assert_eq!(send(by_token).await.status, 403, "an API token is not the person");
}

#[tokio::test]
async fn an_unknown_name_is_answered_like_a_wrong_password() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.anonymous();
    let (unknown, wrong) = (client.sign_in("nobody", "x").await, client.sign_in("admin", "x").await);
    let without_id = |text: &str| text.split(",\"request_id\"").next().map(str::to_owned);
    assert_eq!(without_id(&unknown.text), without_id(&wrong.text));
    unknown.problem(401, "sign_in_failed");
}

#[tokio::test]
async fn whoever_is_locked_is_out_at_once_and_cannot_come_back() {
    let daemon = Daemon::start_usual().await;
    let password = daemon.add_user("ada");
    let (browser, token) = (daemon.browser(), daemon.client_of("ada"));
    browser.sign_in("ada", &password).await.ok(200);
    token.get("/api/v1/session").await.ok(200);
    daemon.cli(&["user", "lock", "ada"]);
    browser.get("/api/v1/session").await.problem(401, "not_signed_in");
    token.get("/api/v1/session").await.problem(401, "bad_token");
    browser.sign_in("ada", &password).await.problem(401, "sign_in_failed");
    daemon.cli(&["user", "unlock", "ada"]);
    browser.sign_in("ada", &password).await.ok(200);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let password = daemon.cli(&["user", "passwd", "admin"]);
    browser.get("/api/v1/session").await.problem(401, "not_signed_in");
    browser.sign_in("admin", password.trim()).await.ok(200);
    assert!(daemon.cli(&["user", "list"]).starts_with("admin"));
}

#[tokio::test]
async fn tokens_that_are_malformed_unknown_expired_or_revoked_are_refused_alike() {
    let daemon = Daemon::start_usual().await;
    let malformed = ["", "x", "dkl_", "dkl_short", "dkl_ümlaut", &"dkl_".repeat(5000)[..16000]];
    for token in malformed {
        let request = daemon.anonymous().request(Method::GET, "/api/v1/session");
        let header = reqwest::header::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).expect("a header");
        let answer = send(request.header("authorization", header)).await;
        assert!(matches!(answer.code().as_str(), "bad_token" | "not_signed_in"), "{token}: {}", answer.text);
        assert_eq!(answer.status, 401);
    }
    let unknown = Client::with_token(&daemon.url(), &format!("dkl_{}", "A".repeat(43)));
    unknown.get("/api/v1/vclusters").await.problem(401, "bad_token");
    let revoked = daemon.admin();
    revoked.get("/api/v1/session").await.ok(200);
    let listed = daemon.cli(&["token", "list", "--user", "admin"]);
    let (id, rest) = listed.split_once(' ').expect("a line for the token");
    assert!(rest.contains("good") && !listed.contains(revoked.token.as_deref().expect("a token")), "{listed}");
    daemon.cli(&["token", "revoke", "--user", "admin", id]);
    revoked.get("/api/v1/session").await.problem(401, "bad_token");
    assert!(daemon.cli(&["token", "list", "--user", "admin"]).contains("revoked"));
    let brief = daemon.cli(&["token", "create", "--user", "admin", "--expires", "1s"]);
    let brief = Client::with_token(&daemon.url(), brief.trim());
    testkit::eventually("the token expires", std::time::Duration::from_secs(5), || async {
        brief.get("/api/v1/session").await.code() == "bad_token"
    })
    .await;
}
