//! Signing in a program on another machine through the browser, over REST and the console's forms (RFC 8628).

use reqwest::Method;
use serde_json::json;
use testkit::{eventually, obtain};

use crate::common::{
    PROMPTLY,
    answer::Answer,
    client::{Client, send},
    daemon::{Daemon, Options},
};

async fn begun(daemon: &Daemon) -> Answer {
    daemon.anonymous().post("/api/v1/device", &json!({"name": "hera", "scope": "ssh vclusters"})).await.ok(200)
}

async fn ask(daemon: &Daemon, begun: &Answer) -> Answer {
    daemon.anonymous().post("/api/v1/device/token", &json!({"device_code": begun.at("/device_code")})).await
}

/// As the page's form is sent, without its script where `plain`.
async fn decide(browser: &Client, action: &str, code: &str, plain: bool) -> Answer {
    // The box for ssh is not ticked.
    let fields = [("code", code), ("days", "30"), ("vclusters", "true")];
    let request = browser.request(Method::POST, &format!("/actions/{action}")).form(&fields);
    send(if plain { request.header("accept", "text/html") } else { request }).await
}

/// How the form was refused. What a form is answered is no problem of REST's form.
async fn refused(browser: &Client, action: &str, code: &str) -> (u16, String) {
    let answer = decide(browser, action, code, false).await;
    (answer.status, answer.code())
}

async fn signed_in(daemon: &Daemon) -> Client {
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    browser
}

#[tokio::test]
async fn a_program_gets_its_token_once_when_a_person_has_approved() {
    let daemon = Daemon::start_usual().await;
    let browser = signed_in(&daemon).await;
    let begun = begun(&daemon).await;
    let code = begun.at("/user_code");
    assert_eq!(begun.at("/verification_uri"), format!("{}/device", daemon.url()));
    assert_eq!(begun.at("/verification_uri_complete"), format!("{}/device?code={code}", daemon.url()));
    assert_eq!((&begun.json()["expires_in"], &begun.json()["interval"]), (&json!(600), &json!(2)));
    ask(&daemon, &begun).await.problem(400, "authorization_pending");
    ask(&daemon, &begun).await.problem(400, "slow_down");
    let page = send(browser.request(Method::GET, &format!("/device?code={code}")).header("accept", "text/html")).await;
    assert!(page.text.contains("hera") && page.text.contains("127.0.0.1"), "{}", page.text);
    decide(&browser, "approve-device", &code.to_lowercase().replace('-', ""), false).await.ok(200);
    // At once is too early.
    let granted = obtain("the token", PROMPTLY, || async {
        let answer = ask(&daemon, &begun).await;
        (answer.code() != "slow_down").then_some(answer)
    })
    .await
    .ok(200);
    assert_eq!((granted.at("/name").as_str(), granted.at("/scope").as_str()), ("hera", "read vclusters"));
    let token = granted.at("/token");
    let program = Client::with_token(&daemon.url(), &token);
    let session = program.get("/api/v1/session").await.ok(200);
    assert_eq!((session.at("/name").as_str(), &session.json()["scopes"]), ("admin", &json!(["read", "vclusters"])));
    ask(&daemon, &begun).await.problem(400, "expired_token");
    let log = daemon.log();
    assert!(!log.contains(&token) && !log.contains(&begun.at("/device_code")), "no secret is in a log");
}

#[tokio::test]
async fn a_denied_program_is_told_so_and_a_plain_form_leads_on() {
    let daemon = Daemon::start_usual().await;
    let browser = signed_in(&daemon).await;
    let denied = begun(&daemon).await;
    let answer = decide(&browser, "deny-device", &denied.at("/user_code"), true).await.ok(200);
    assert!(answer.text.contains("The command line was not signed in"), "{}", answer.text);
    ask(&daemon, &denied).await.problem(403, "access_denied");
    let approved = begun(&daemon).await;
    let answer = decide(&browser, "approve-device", &approved.at("/user_code"), true).await.ok(200);
    assert!(answer.text.contains("You can close this page"), "{}", answer.text);
    ask(&daemon, &approved).await.ok(200);
}

#[tokio::test]
async fn nobody_is_let_in_without_a_person_a_fresh_sign_in_and_a_right_code() {
    let daemon = Options::default().with("sign-in-fresh", "3s").start().await;
    let begun = begun(&daemon).await;
    let code = begun.at("/user_code");
    assert_eq!(refused(&daemon.admin(), "approve-device", &code).await, (403, "forbidden".into()));
    assert_eq!(refused(&daemon.anonymous(), "approve-device", &code).await, (401, "not_signed_in".into()));
    let to = send(daemon.browser().request(Method::GET, &format!("/device?code={code}")).header("accept", "text/html"));
    assert!(to.await.ok(200).text.contains(&format!("/device?code={code}")), "the sign-in page leads back to it");
    let browser = signed_in(&daemon).await;
    eventually("the sign-in is not fresh any more", PROMPTLY * 3, || async {
        refused(&browser, "approve-device", "BBBB-BBBB").await.1 == "sign_in_again"
    })
    .await;
    assert_eq!(refused(&browser, "approve-device", &code).await, (403, "sign_in_again".into()));
    assert_eq!(decide(&browser, "deny-device", "WDJB", false).await.json()["violations"][0]["field"], "code");
    for _ in 0..2 {
        assert_eq!(refused(&browser, "deny-device", "CCCC-CCCC").await, (400, "expired_token".into()));
    }
    for letter in "DFGHJKLMN".chars() {
        decide(&browser, "deny-device", &letter.to_string().repeat(8), false).await;
    }
    assert_eq!(refused(&browser, "deny-device", &code).await, (429, "too_many_attempts".into()));
    ask(&daemon, &begun).await.problem(400, "authorization_pending");
}

#[tokio::test]
async fn what_is_no_name_and_no_code_is_refused() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.anonymous();
    for name in [json!(""), json!("a\nb"), json!(7)] {
        let refused = client.post("/api/v1/device", &json!({"name": name})).await.problem(422, "invalid");
        assert_eq!(refused.fields(), ["name"]);
    }
    for scope in [json!(""), json!("root"), json!(["ssh"])] {
        let refused = client.post("/api/v1/device", &json!({"scope": scope})).await.problem(422, "invalid");
        assert_eq!(refused.fields(), ["scope"]);
    }
    client.post("/api/v1/device", &json!({})).await.ok(200);
    client.post("/api/v1/device/token", &json!({"device_code": "x"})).await.problem(400, "expired_token");
    client.post("/api/v1/device/token", &json!({})).await.problem(422, "invalid");
}
