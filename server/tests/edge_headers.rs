//! What every answer carries.

use reqwest::Method;

use crate::common::{client::send, daemon::Daemon};

#[tokio::test]
async fn every_answer_tells_browsers_to_be_careful() {
    let daemon = Daemon::start_usual().await;
    let anonymous = daemon.anonymous();
    for path in ["/healthz", "/api/v1/session", "/nothing", "/sign-in", "/api/v1/openapi.json"] {
        let answer = anonymous.get(path).await;
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
    }
    let api = anonymous.get("/api/v1/session").await;
    assert_eq!(api.header("cache-control"), "no-store");
    assert_eq!(api.header("docklet-version"), env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn pages_allow_only_the_scripts_of_this_one_answer() {
    let daemon = Daemon::start_usual().await;
    let page = async || {
        let request = daemon.anonymous().request(Method::GET, "/sign-in").header("accept", "text/html");
        let answer = send(request).await.ok(200);
        let policy = answer.header("content-security-policy").to_owned();
        let nonce =
            policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0.to_owned();
        (answer.text.clone(), policy, nonce)
    };
    let ((text, policy, nonce), (_, _, other)) = (page().await, page().await);
    assert_ne!(nonce, other);
    assert!(nonce.len() >= 22);
    assert!(!policy.contains("'unsafe-eval'") && policy.contains("script-src 'self' 'nonce-"), "{policy}");
    let scripts: Vec<&str> =
        text.split("<script").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect();
    assert!(!scripts.is_empty());
    let allowed = |script: &&str| script.contains(&nonce);
    assert!(scripts.iter().all(allowed), "a script without the nonce: {scripts:?}");
}

#[tokio::test]
async fn a_request_id_is_taken_over_only_when_it_is_one() {
    let daemon = Daemon::start_usual().await;
    let id_of = async |sent: &str| {
        let request = daemon.anonymous().request(Method::GET, "/healthz").header("x-request-id", sent.to_owned());
        send(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(id_of("trace-1").await, "trace-1");
    assert_ne!(id_of("a b\"c").await, "a b\"c");
    assert_eq!(id_of(&"x".repeat(65)).await.len(), 32);
}

#[tokio::test]
async fn errors_are_pages_for_people_and_problems_for_programs() {
    let daemon = Daemon::start_usual().await;
    let anonymous = daemon.anonymous();
    let page = send(anonymous.request(Method::GET, "/nothing").header("accept", "text/html")).await.ok(404);
    assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
    anonymous.get("/nothing").await.problem(404, "not_found");
    let foreign = anonymous.request(Method::POST, "/actions/sign-out").header("origin", "http://evil.example");
    let page = send(foreign.header("accept", "text/html")).await.ok(403);
    assert!(
        page.header("content-type").starts_with("text/html") && page.text.contains("another site"),
        "{}",
        page.text
    );
    let api = send(anonymous.request(Method::GET, "/api/v1/nothing").header("accept", "text/html")).await;
    api.problem(404, "not_found");
}
