//! Sessions that stand on a provider: which answers they outlive, and which token is shown next.

use std::time::Duration;

use control::{
    federation::{ClaimRule, ProviderRules},
    ports::{
        identity::{Distrust, IdentityError, Refreshed, Verified},
        store::IdentityReads as _,
    },
};
use serde_json::json;

use crate::identity_providers::{Lab, people, rules, verified};

const DUE: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

fn refused(code: &str) -> IdentityError {
    IdentityError::Refused(code.into())
}

/// An answer with this token that is in order otherwise.
fn renewed(token: &str) -> Refreshed {
    Refreshed { token: Some(token.into()), verified: Ok(verified(people())) }
}

#[tokio::test]
async fn a_new_token_is_kept_whatever_else_is_wrong_with_the_answer() {
    let lab = Lab::new(rules(), true).await;
    let (_, browser) = lab.sign_in(verified(people())).await;
    let fails = IdentityError::Unavailable("userinfo is down".into());
    lab.answer(Ok(Refreshed { token: Some("t-2".into()), verified: Err(fails) }));
    lab.asked_after(DUE).await;
    assert!(lab.is_alive(&browser).await);
    lab.answer(Ok(renewed("t-3")));
    lab.asked_after(DUE).await;
    lab.answer(Ok(renewed("t-4")));
    lab.asked_after(DUE).await;
    assert_eq!(*lab.provider.shown.lock(), ["t-1", "t-2", "t-3"], "no token is shown twice");
    assert!(lab.is_alive(&browser).await);
}

#[tokio::test]
async fn a_session_that_cannot_be_asked_about_ends_after_twelve_hours() {
    let lab = Lab::new(rules(), true).await;
    let (_, browser) = lab.sign_in(Verified { refresh_token: None, ..verified(people()) }).await;
    let now = lab.harness.clock.advance(12 * HOUR - Duration::from_secs(1));
    assert!(!lab.harness.store.is_a_session_due(now).await.expect("an answer"));
    lab.harness.clock.advance(Duration::from_secs(1));
    lab.run_until("the session ends", async || !lab.is_alive(&browser).await).await;
    assert!(lab.provider.shown.lock().is_empty(), "and the provider is not asked");
}

#[tokio::test]
async fn only_what_is_said_about_the_person_ends_their_session() {
    let untrusted = |why| IdentityError::untrusted(why, "a fault");
    let lab = Lab::new(rules(), true).await;
    let (_, browser) = lab.sign_in(verified(people())).await;
    let codes = ["invalid_client", "invalid_request", "invalid_scope", "unsupported_grant_type", "server_error"];
    let trouble = codes.into_iter().chain(["temporarily_unavailable", "userinfo"]).map(refused);
    for error in trouble.chain([Distrust::Time, Distrust::Content].map(untrusted)) {
        let shown = format!("{error:?}");
        lab.answer(Err(error));
        lab.asked_after(DUE).await;
        assert!(lab.is_alive(&browser).await, "{shown}");
    }
    lab.harness.sign_out(&browser).await;
    let noes = ["invalid_grant", "unauthorized_client", "access_denied"].into_iter().map(refused);
    for error in noes.chain([Distrust::Subject, Distrust::Issuer].map(untrusted)) {
        let (_, browser) = lab.sign_in(verified(people())).await;
        let shown = format!("{error:?}");
        lab.answer(Err(error));
        lab.asked_after(DUE).await;
        assert!(!lab.is_alive(&browser).await, "{shown}");
    }
}

fn strict() -> ProviderRules {
    let rule = |value: &str| Some(ClaimRule { claim: "groups".into(), value: value.into() });
    ProviderRules { required: rule("people"), admin_if: rule("admins"), ..rules() }
}

#[tokio::test]
async fn without_an_id_token_what_is_not_told_stands_as_it_was() {
    let lab = Lab::new(strict(), true).await;
    let (ada, browser) = lab.sign_in(verified(json!({"groups": ["people", "admins"]}))).await;
    let refreshed = |id_token: Option<&str>, told| Refreshed {
        token: None,
        verified: Ok(Verified { id_token: id_token.map(str::to_owned), ..verified(told) }),
    };
    let role = async || {
        let users = lab.harness.control.accounts.users().await.expect("users");
        users.into_iter().find(|user| user.id == ada.user).expect("ada").role
    };
    lab.answer(Ok(refreshed(None, json!({"sub": "ada"}))));
    lab.asked_after(DUE).await;
    assert!(lab.is_alive(&browser).await);
    assert_eq!(role().await, domain::user::Role::Admin);

    lab.answer(Ok(refreshed(None, json!({"groups": []}))));
    lab.asked_after(DUE).await;
    assert!(!lab.is_alive(&browser).await, "what is told counts");
    let (_, again) = lab.sign_in(verified(json!({"groups": ["people"]}))).await;
    lab.answer(Ok(refreshed(Some("id"), json!({"sub": "ada"}))));
    lab.asked_after(DUE).await;
    assert!(!lab.is_alive(&again).await, "an ID token tells all");
}
