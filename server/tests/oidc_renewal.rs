//! Sessions that stand on a provider: asked about again in time, ended when it says no, kept while it does not answer.

use std::time::Duration;

use serde_json::json;
use testkit::eventually;

use crate::common::provider::{Provider, Visitor, daemon_with};

const SOON: Duration = Duration::from_secs(20);
/// The trial provider's access tokens are good for this long, so it is asked about every second and a half.
const BRIEF: [(&str, &str); 1] = [("ACCESS_TOKEN_SECONDS", "2")];

#[tokio::test]
async fn a_rotated_token_is_used_once_and_the_session_lives_until_the_provider_says_no() {
    let lab = Provider::start_with(&BRIEF);
    let (daemon, _file) = daemon_with(&[("lab", &lab, "admin_if = \"groups=admins\"")], "").await;
    let (ada, grace) = (Visitor::of(&daemon), Visitor::of(&daemon));
    ada.sign_in("lab", "ada").await;
    grace.sign_in("lab", "grace").await;
    let before = lab.asked("/token").await;
    // The provider ends everything when it sees a token twice: several rounds are proof that none is.
    eventually("the provider is asked several times", SOON, || async { lab.asked("/token").await >= before + 8 }).await;
    assert_eq!((ada.who().await.as_str(), grace.who().await.as_str()), ("ada", "grace"));

    // What is said about people counts without their signing in again.
    lab.control("claims", json!({"ada": {"groups": []}})).await;
    eventually("the role is the provider's", SOON, || async {
        ada.client().get("/api/v1/session").await.at("/role") == "user"
    })
    .await;

    lab.control("revoke", json!({"sub": "grace"})).await;
    eventually("the refused session ends", SOON, || async { grace.who().await.is_empty() }).await;
    assert_eq!(ada.who().await, "ada", "and no other");
    assert!(!daemon.log().contains("eyJ"), "no token is in the log");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_ends_no_session_and_a_lost_group_does() {
    let lab = Provider::start_with(&BRIEF);
    let (mut daemon, _file) = daemon_with(&[("lab", &lab, "required = \"groups=people\"")], "").await;
    let ada = Visitor::of(&daemon);
    ada.sign_in("lab", "ada").await;
    lab.misbehave(json!({"refuse": ["/token"]})).await;
    let before = lab.asked("/token").await;
    eventually("it is asked in vain", SOON, || async { lab.asked("/token").await > before }).await;
    assert_eq!(ada.who().await, "ada");
    assert!(daemon.log().contains("cannot be asked about a session; it stays"));
    lab.misbehave(json!({})).await;

    // Another session, from a daemon that was killed: what keeps it is in the record and the key beside it.
    let later = Visitor::of(&daemon);
    later.sign_in("lab", "ada").await;
    daemon.kill();
    daemon.start().await;
    assert_eq!(later.who().await, "ada");
    let before = lab.asked("/token").await;
    eventually("it goes on asking", SOON, || async { lab.asked("/token").await > before }).await;
    assert_eq!(later.who().await, "ada");
    lab.control("claims", json!({"ada": {"groups": []}})).await;
    eventually("who lost the group is out", SOON, || async { later.who().await.is_empty() }).await;
    assert_eq!(ada.who().await, "", "in every session");
    let key = daemon.data.join("seal-key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&key.metadata().expect("the key").permissions());
    assert_eq!(mode & 0o777, 0o600);
}
