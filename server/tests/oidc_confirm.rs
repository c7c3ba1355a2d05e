//! Confirming a sign-in at the provider, as adding a way into the account requires.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::common::{
    answer::Answer,
    client::send,
    provider::{Provider, Visitor, daemon_with},
};

const SOON: Duration = Duration::from_secs(20);

/// What becomes of making an API token in this browser.
async fn token(visitor: &Visitor) -> Answer {
    let request = visitor.client().request(Method::POST, "/api/v1/me/tokens").header("origin", &visitor.url);
    send(request.json(&json!({"name": "thesis", "days": 1}))).await
}

async fn sign_in(visitor: &Visitor, name: &str, password: &str) {
    let request = visitor.client().request(Method::POST, "/api/v1/session").header("origin", &visitor.url);
    send(request.json(&json!({"name": name, "password": password}))).await.ok(200);
}

/// Waits until the page asks, in place of leading on.
async fn is_stale(visitor: &Visitor) {
    let page = format!("{}/confirm?next=%2Fhelp", visitor.url);
    testkit::eventually("the sign-in is not fresh any more", SOON, || async {
        visitor.step(&page).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_made_fresh_at_the_provider_by_the_person_themselves_and_never_by_an_earlier_one() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "[sign_in]\nfresh = \"3s\"").await;
    let ada = Visitor::of(&daemon);
    ada.sign_in("lab", "ada").await;
    is_stale(&ada).await;
    let page = ada.step(&format!("{}/confirm?next=%2Fhelp", daemon.url())).await.ok(200);
    assert!(page.text.contains("/oidc/lab/confirm?next=%2Fhelp"), "{}", page.text);
    assert!(!page.text.contains("type=\"password\""), "she has none here");

    // The provider knows her, and asks all the same.
    let confirm = format!("{}/oidc/lab/confirm?next=/help", daemon.url());
    let (form, answer) = ada.open(&confirm).await;
    assert!(form.contains("/interaction/"), "{form}: {} {}", answer.status, answer.text);
    let callback = ada.enter(&form, "ada").await;
    let grant = || daemon.sqlite3("SELECT refresh_token FROM provider_sessions");
    let before = grant();
    assert_eq!(ada.open(&callback).await.0, format!("{}/help", daemon.url()));
    assert_ne!(grant(), before, "the session stands on the new grant, and does not end with the old one");
    token(&ada).await.ok(201);
    ada.step(&callback).await.ok(400);

    // It lets her pass with what she entered long ago.
    is_stale(&ada).await;
    lab.misbehave(json!({"idToken": {"auth_time": -3600}})).await;
    let page = ada.step(&ada.through(&confirm, "ada").await).await.ok(502);
    assert!(page.text.contains("You were not asked to sign in") && page.text.contains("/profile"), "{}", page.text);
    token(&ada).await.problem(403, "sign_in_again");
    // It says that she will have signed in later: that is no sign-in of now for ever.
    lab.misbehave(json!({"idToken": {"auth_time": 3600}})).await;
    let page = ada.step(&ada.through(&confirm, "ada").await).await.ok(502);
    assert!(page.text.contains("The clocks do not agree"), "{}", page.text);
    token(&ada).await.problem(403, "sign_in_again");
    lab.misbehave(json!({})).await;
    assert_eq!(ada.who().await, "ada", "and she is signed in as before");
}

#[tokio::test]
async fn a_confirmed_session_stands_on_the_new_grant_where_the_provider_gives_nothing_to_ask_with() {
    let lab = Provider::start();
    lab.misbehave(json!({"noRefreshToken": true})).await;
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "[sign_in]\nfresh = \"3s\"").await;
    let ada = Visitor::of(&daemon);
    ada.sign_in("lab", "ada").await;
    is_stale(&ada).await;
    let kept = || daemon.sqlite3("SELECT refresh_token IS NULL, id_token FROM provider_sessions");
    let before = kept();
    assert!(before.starts_with("1|"), "there is no refresh token: {before}");
    ada.step(&ada.through(&format!("{}/oidc/lab/confirm?next=/help", daemon.url()), "ada").await).await;
    token(&ada).await.ok(201);
    assert_ne!(kept(), before, "its end is known by what the provider calls the session now");
}

#[tokio::test]
async fn another_identity_of_the_provider_confirms_no_one_and_makes_no_account() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "[sign_in]\nfresh = \"1s\"").await;
    let (bob, stranger) = (Visitor::of(&daemon), Visitor::of(&daemon));
    let confirm = format!("{}/oidc/lab/confirm?next=/help", daemon.url());
    stranger.step(&confirm).await.ok(401);
    sign_in(&bob, "bob", &daemon.add_user("bob")).await;
    is_stale(&bob).await;
    let page = bob.step(&bob.through(&confirm, "grace").await).await.ok(403);
    assert!(page.text.contains("That is another identity"), "{}", page.text);
    assert_eq!(bob.who().await, "bob");
    assert!(!daemon.cli(&["user", "list"]).contains("grace"));
    token(&bob).await.problem(403, "sign_in_again");
}

/// Without script: the form of a token asks for the password first, and goes on to the token then.
#[tokio::test]
async fn a_form_that_needs_a_fresh_sign_in_asks_for_the_password_and_goes_on() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "[sign_in]\nfresh = \"3s\"").await;
    let bob = Visitor::of(&daemon);
    let password = daemon.add_user("bob");
    sign_in(&bob, "bob", &password).await;
    let (new_token, confirm) = (format!("{}/profile/tokens/new", bob.url), format!("{}/actions/confirm", bob.url));
    assert!(bob.step(&new_token).await.ok(200).text.contains("create-token"), "fresh: the form is there at once");
    is_stale(&bob).await;
    let asks = bob.step(&new_token).await.ok(200).text;
    assert!(asks.contains("confirm-password") && !asks.contains("create-token"), "{asks}");
    // Linking and taking an identity away lead to the same question.
    let unlink = [("issuer", lab.issuer()), ("subject", "bob")];
    for (path, fields) in [("/oidc/lab/link", &[][..]), ("/actions/unlink-identity", &unlink)] {
        let (url, page) = bob.submit(&format!("{}{path}", bob.url), fields).await;
        assert!(url.starts_with(&format!("{}/confirm?next=", bob.url)), "{path}: {url}");
        assert!(page.text.contains("confirm-password"), "{path}");
    }
    let with = |password: &str| {
        let fields = [("password", password.to_owned()), ("next", "/profile/tokens/new".to_owned())];
        let request = bob.client().request(Method::POST, &confirm[bob.url.len()..]).header("origin", &bob.url);
        send(request.header("accept", "text/html").header("referer", &new_token).form(&fields))
    };
    with("wrong").await;
    token(&bob).await.problem(403, "sign_in_again");
    assert_eq!(with(&password).await.ok(302).header("location"), "/profile/tokens/new");
    assert!(bob.step(&new_token).await.ok(200).text.contains("create-token"));
    token(&bob).await.ok(201);
    let elsewhere = bob.step(&format!("{}/confirm?next=https%3A%2F%2Fevil.example", bob.url)).await;
    assert_eq!(elsewhere.header("location"), "/", "fresh, and never to another site: {}", elsewhere.status);
}
