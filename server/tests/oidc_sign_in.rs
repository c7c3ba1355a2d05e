//! Signing in through OpenID providers: accounts, roles, what binds a browser, many at once.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use futures::{StreamExt as _, stream};
use serde_json::json;
use testkit::obtain;

use crate::common::{
    daemon::Daemon,
    provider::{Provider, SECRET, Visitor, daemon_with, parameter},
};

/// Sign-ins that wait for the provider at the same moment.
const AT_ONCE: usize = 50;
const ADMINS: &str = "admin_if = { claim = \"groups\", value = \"admins\" }";

#[tokio::test]
async fn the_first_sign_in_makes_an_account_that_is_issuer_and_subject_and_no_name() {
    let (lab, uni) = (Provider::start(), Provider::start());
    let secret = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(secret.path(), format!("{SECRET}\n")).expect("our file");
    let from_file = format!("client_secret_file = \"{}\"", secret.path().display());
    let (daemon, _file) = daemon_with(&[("lab", &lab, ADMINS), ("uni", &uni, &from_file)], "").await;
    daemon.add_user("grace");

    let ada = Visitor::of(&daemon);
    let (url, page) = ada.sign_in("lab", "ada").await;
    assert_eq!((url.as_str(), page.status), (format!("{}/help", daemon.url()).as_str(), 200));
    let session = ada.client().get("/api/v1/session").await.ok(200);
    assert_eq!((session.at("/name").as_str(), session.at("/role").as_str()), ("ada", "admin"));

    // The same name at another provider, and one that a local account has: other people.
    let other = Visitor::of(&daemon);
    other.sign_in("uni", "ada").await;
    let session = other.client().get("/api/v1/session").await.ok(200);
    assert_eq!((session.at("/name").as_str(), session.at("/role").as_str()), ("ada-2", "user"));
    let grace = Visitor::of(&daemon);
    grace.sign_in("lab", "grace").await;
    assert_eq!(grace.who().await, "grace-2");

    // Coming back is being the same one, and what the provider says has changed counts.
    lab.control("claims", json!({"ada": {"groups": ["people"], "preferred_username": "lovelace"}})).await;
    let again = Visitor::of(&daemon);
    again.sign_in("lab", "ada").await;
    let session = again.client().get("/api/v1/session").await.ok(200);
    assert_eq!((session.at("/name").as_str(), session.at("/role").as_str()), ("ada", "user"));
    assert!(!daemon.log().contains("eyJ"), "no token is in the log");
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_has_begun_and_for_that_provider() {
    let (lab, uni) = (Provider::start(), Provider::start());
    let (daemon, _file) = daemon_with(&[("lab", &lab, ""), ("uni", &uni, "")], "").await;
    let (ada, thief) = (Visitor::of(&daemon), Visitor::of(&daemon));
    let refused = async |visitor: &Visitor, url: &str| {
        let page = visitor.step(url).await.ok(400);
        assert!(page.text.contains("Sign in again") && page.header("set-cookie").is_empty(), "{}", page.text);
        assert_eq!(visitor.who().await, "", "{url}");
    };
    let callback = ada.up_to_callback("lab", "ada").await;
    let (state, code) = (parameter(&callback, "state"), parameter(&callback, "code"));

    // The thief's browser: neither before it has begun anything, nor with a sign-in of its own.
    refused(&thief, &callback).await;
    let own = thief.up_to_callback("lab", "grace").await;
    refused(&thief, &callback).await;
    // Ada's code in the thief's sign-in: PKCE belongs to Ada's browser.
    let injected = own.replace(&parameter(&own, "code"), &code);
    let page = thief.step(&injected).await.ok(400);
    assert!(page.text.contains("took too long"), "{}", page.text);
    assert_eq!(thief.who().await, "");
    // No state, an unknown one, and one of another provider.
    let base = format!("{}/oidc/lab/callback", daemon.url());
    refused(&ada, &format!("{base}?code={code}")).await;
    refused(&ada, &format!("{base}?code={code}&state=unknown")).await;
    refused(&ada, &format!("{base}?state={state}")).await;
    refused(&ada, &base).await;
    let elsewhere = ada.up_to_callback("lab", "ada").await;
    refused(&ada, &elsewhere.replace("/oidc/lab/", "/oidc/uni/")).await;
    let mixed_up = ada.up_to_callback("lab", "ada").await;
    let as_uni = mixed_up.split("&iss=").next().expect("an address").to_owned() + "&iss=" + uni.issuer();
    refused(&ada, &as_uni).await;

    // In its own browser it is good, once. The code of an injection is used up: that is a new sign-in.
    let fresh = ada.up_to_callback("lab", "ada").await;
    assert_eq!(ada.step(&fresh).await.status, 303);
    assert_eq!(ada.who().await, "ada");
    let page = ada.step(&fresh).await.ok(400);
    assert!(page.text.contains("Sign in again"), "{}", page.text);
    assert_eq!(ada.who().await, "ada", "and nobody is signed out by it");
    assert!(!daemon.log().contains(&code), "no code is in the log");
}

#[tokio::test]
async fn tabs_of_one_browser_share_one_small_cookie_and_may_finish_in_any_order() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let ada = Visitor::of(&daemon);
    let first = ada.up_to_form("lab").await;
    let begin = format!("{}/oidc/lab/begin", daemon.url());
    let mut cookies = BTreeSet::new();
    for next in ["/help", "https://evil.example/", "//evil.example", "/\\evil.example"] {
        let answer = ada.step(&format!("{begin}?next={next}")).await.ok(303);
        cookies.insert(answer.header("set-cookie").to_owned());
    }
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let cookie = cookies.first().expect("one");
    assert!(cookie.starts_with("docklet_sign_in=") && cookie.len() < 130, "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    // The first tab finishes last.
    assert_eq!(ada.enter(&first, "ada").await.split('?').next(), Some(&*format!("{}/oidc/lab/callback", daemon.url())));
    let second = ada.open(&format!("{begin}?next=https://evil.example/")).await;
    assert_eq!(second.0, format!("{}/", daemon.url()), "nobody is led elsewhere");
    // More tabs than are kept: the oldest is forgotten, the newest works.
    let visitor = Visitor::of(&daemon);
    let oldest = visitor.up_to_form("lab").await;
    for _ in 0..10 {
        visitor.step(&begin).await.ok(303);
    }
    let late = visitor.enter(&oldest, "grace").await;
    visitor.step(&late).await.ok(400);
    assert_eq!(visitor.open(&begin).await.1.status, 200);
    assert_eq!(visitor.who().await, "grace");
}

/// On a busy machine the provider may be late, and a visitor who waits for it is told to begin again.
const SOON: Duration = Duration::from_secs(120);

#[tokio::test]
async fn two_hundred_sign_ins_at_once_all_come_through() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    // What the provider says of itself is known from here on.
    obtain("the provider answers", SOON, || async {
        let begun = Visitor::of(&daemon).step(&format!("{}/oidc/lab/begin", daemon.url())).await;
        (begun.status == 303).then_some(())
    })
    .await;
    // All visitors are under way at the same time; at the provider, which is one process, fewer are.
    let begin = async |number: usize| {
        let visitor = Visitor::of(&daemon);
        let callback = visitor.up_to_callback("lab", if number.is_multiple_of(2) { "ada" } else { "grace" }).await;
        (visitor, callback)
    };
    let begun: Vec<(Visitor, String)> = stream::iter((0..200).map(begin)).buffer_unordered(AT_ONCE).collect().await;
    let finish = async |(visitor, callback): (Visitor, String)| {
        let next = Mutex::new(Some(callback));
        obtain("signed in", SOON, || async {
            let callback = next.lock().expect("no panic in here").take();
            match callback {
                Some(callback) => match visitor.step(&callback).await {
                    late if late.status == 503 => None,
                    answer => {
                        answer.ok(303);
                        Some(())
                    }
                },
                None => {
                    *next.lock().expect("no panic in here") = visitor.again("lab").await;
                    None
                }
            }
        })
        .await;
        visitor.who().await
    };
    let who: Vec<String> = stream::iter(begun.into_iter().map(finish)).buffer_unordered(AT_ONCE).collect().await;
    assert_eq!(who.iter().filter(|name| *name == "ada").count(), 100);
    assert_eq!(who.iter().filter(|name| *name == "grace").count(), 100);
    let listed = daemon.cli(&["user", "list"]);
    assert_eq!(listed.lines().count(), 3, "two accounts and the administrator: {listed}");
}

#[tokio::test]
async fn claims_are_mapped_to_groups_and_those_to_limits() {
    let lab = Provider::start();
    let group_if =
        "group_if = [{ group = \"staff\", claim = \"groups\", value = \"faculty\" }, \"students: groups=people\"]";
    let limits = "[limits]\ngroups = [\"staff: nodes=20\", \"students: vclusters=1 nodes=1\"]";
    let (daemon, _file) = daemon_with(&[("lab", &lab, group_if)], limits).await;
    let nodes = async || {
        let ada = Visitor::of(&daemon);
        ada.sign_in("lab", "ada").await;
        ada.client().get("/api/v1/session").await.ok(200).json()["limits"]["nodes"].as_u64()
    };
    lab.control("claims", json!({"ada": {"groups": ["people"]}})).await;
    assert_eq!(nodes().await, Some(1));
    lab.control("claims", json!({"ada": {"groups": ["people", "faculty"]}})).await;
    assert_eq!(nodes().await, Some(20));
    lab.control("claims", json!({"ada": {"groups": []}})).await;
    assert_eq!(nodes().await, Some(32), "what everybody may");
}

#[tokio::test]
async fn keys_that_change_while_somebody_signs_in_are_fetched_again() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "")], "").await;
    let ada = Visitor::of(&daemon);
    let form = ada.up_to_form("lab").await;
    lab.control("rotate-keys", json!({"keepOld": false})).await;
    let before = lab.asked("/jwks").await;
    let callback = ada.enter(&form, "ada").await;
    assert_eq!(ada.step(&callback).await.status, 303);
    assert_eq!(ada.who().await, "ada");
    assert_eq!(lab.asked("/jwks").await, before + 1, "fetched once for it");
}

#[tokio::test]
async fn somebody_new_waits_for_approval_where_that_is_configured() {
    let lab = Provider::start();
    let (daemon, _file) = daemon_with(&[("lab", &lab, "first_sign_in = \"pending\"")], "").await;
    let ada = Visitor::of(&daemon);
    let (_, page) = ada.sign_in("lab", "ada").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("waits for approval"), "{}", page.text);
    assert_eq!(ada.who().await, "");
    let admin = daemon.admin();
    assert_eq!(admin.get("/api/v1/admin/users/ada").await.ok(200).json()["person"]["pending"], json!(true));
    approve(&daemon).await;
    ada.open(&format!("{}/oidc/lab/begin", daemon.url())).await;
    assert_eq!(ada.who().await, "ada");
    assert_eq!(admin.get("/api/v1/admin/users/ada").await.ok(200).json()["person"]["pending"], json!(false));
}

async fn approve(daemon: &Daemon) {
    daemon.cli(&["user", "unlock", "ada"]);
}
