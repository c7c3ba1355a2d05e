//! Signing out in both directions: the provider's session ends with ours, and ours with the provider's.

use std::time::Instant;

use serde_json::json;

use crate::common::{
    PROMPTLY,
    client::{http, send},
    events::Events,
    provider::{Provider, Visitor, daemon_with},
};

#[tokio::test]
async fn signing_out_leads_to_the_provider_and_it_forgets_the_person_too() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let ada = Visitor::of(&daemon);
    ada.sign_in("lab", "ada").await;
    // Her session at the provider is enough to come back without a password…
    let silent = ada.open(&format!("{}/oidc/lab/begin?next=/help", daemon.url())).await;
    assert_eq!(silent.0, format!("{}/help", daemon.url()));

    let (url, page) = ada.submit(&format!("{}/actions/sign-out", daemon.url()), &[]).await;
    assert!(url.contains("/oidc/farewell?key="), "{url}");
    assert_eq!(ada.who().await, "", "signed out here already");
    let onward = refresh(&page.text);
    assert!(onward.starts_with(lab.issuer()) && onward.contains("id_token_hint="), "{onward}");
    assert!(
        !url.contains("id_token") && !daemon.log().contains("id_token_hint=ey"),
        "the hint is in no address of ours"
    );
    assert_eq!(ada.step(&url).await.header("location"), "/sign-in", "it leads on once");
    // The provider asks; she confirms, and comes back.
    let (asks, form) = ada.open(&onward).await;
    let (back, _) = ada.leave(&lab, &form).await;
    assert_eq!(back.split('?').next(), Some(&*format!("{}/sign-in", daemon.url())), "from {asks}");
    // …and now it is not.
    ada.up_to_form("lab").await;
}

#[tokio::test]
async fn the_provider_s_word_ends_the_session_and_its_streams() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let (ada, elsewhere) = (Visitor::of(&daemon), Visitor::of(&daemon));
    ada.sign_in("lab", "ada").await;
    elsewhere.sign_in("lab", "ada").await;
    let mut stream = Events::open(&ada.client(), None).await;
    // She signs out at the provider itself, in the browser that has no other session there.
    let (_, form) = ada.open(&format!("{}/session/end", lab.issuer())).await;
    let begun = Instant::now();
    ada.leave(&lab, &form).await;
    while stream.next().await.is_some() {}
    assert!(begun.elapsed() < PROMPTLY, "{:?}", begun.elapsed());
    assert_eq!(ada.who().await, "");
    assert_eq!(elsewhere.who().await, "ada", "another session at the provider is another session here");
}

#[tokio::test]
async fn what_is_no_logout_token_ends_nothing() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let ada = Visitor::of(&daemon);
    ada.sign_in("lab", "ada").await;
    let address = format!("{}/oidc/lab/backchannel-logout", daemon.url());
    let http = http().build().expect("a client");
    for token in ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.", &"a".repeat(40_000)] {
        let answer = send(http.post(&address).form(&[("logout_token", token)])).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(answer.json(), json!({"error": "invalid_request"}));
    }
    let nothing = send(http.post(&address)).await;
    assert_eq!((nothing.status, nothing.header("cache-control")), (400, "no-store"), "{}", nothing.text);
    let unknown = format!("{}/oidc/nowhere/backchannel-logout", daemon.url());
    assert_eq!(send(http.post(unknown).form(&[("logout_token", "x")])).await.status, 404);
    assert_eq!(ada.who().await, "ada");
}

fn refresh(page: &str) -> String {
    let content = page.split_once("content=\"0; url=").unwrap_or_else(|| panic!("{page}")).1;
    content.split('"').next().expect("an address").replace("&amp;", "&")
}
