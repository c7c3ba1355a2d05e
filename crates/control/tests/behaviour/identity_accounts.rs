//! What a provider's people become here, that an administrator can always sign in, and how sessions of an identity end.

use control::ports::store::UserReads;
use std::{sync::atomic::Ordering, time::Duration};

use control::{
    Error,
    federation::{Begin, Callback, ClaimRule, Finished, FirstSignIn, GroupRule, ProviderRules, Refusal, Wish},
    ports::{
        clock::Clock as _,
        identity::{LogoutOrder, Verified},
        store::Store as _,
    },
};
use domain::{SessionHandle, user::Role};
use serde_json::json;

use crate::harness::address;
use crate::identity_providers::{BACK, ISSUER, Lab, people, rules, verified};

fn admins(first_sign_in: FirstSignIn) -> ProviderRules {
    let rule = ClaimRule { claim: "groups".into(), value: "admins".into() };
    ProviderRules { admin_if: Some(rule), first_sign_in, ..rules() }
}

#[tokio::test]
async fn an_administrator_of_the_provider_waits_for_nobody_s_approval() {
    let lab = Lab::new(admins(FirstSignIn::Pending), false).await;
    let user = lab.finish(verified(people())).await;
    assert!(matches!(user, Err(Refusal::Pending)), "{user:?}");
    let boss = Verified { subject: "boss".into(), ..verified(json!({"groups": ["admins"]})) };
    let Ok(Finished::SignedIn { user, .. }) = lab.finish(boss).await else { panic!("a sign-in") };
    assert!(user.role == Role::Admin && !user.locked, "{user:?}");
}

#[tokio::test]
async fn a_provider_that_decides_groups_decides_them_with_every_sign_in_and_nothing_else_does_not() {
    let rule = |group: &str, value: &str| GroupRule {
        group: group.parse().expect("a name"),
        rule: ClaimRule { claim: "groups".into(), value: value.into() },
    };
    let group_if = vec![rule("staff", "faculty"), rule("students", "course")];
    let lab = Lab::new(ProviderRules { group_if, ..rules() }, false).await;
    let group_after = async |claims| {
        let Ok(Finished::SignedIn { user, .. }) = lab.finish(verified(claims)).await else { panic!("a sign-in") };
        let group = lab.harness.store.quota_assignment(user.id).await.expect("a read").group;
        group.map(|group| group.to_string())
    };
    assert_eq!(
        group_after(json!({"groups": ["course"]})).await.as_deref(),
        Some("students"),
        "with the first one, too"
    );
    assert_eq!(group_after(json!({"groups": ["course", "faculty"]})).await.as_deref(), Some("staff"));
    assert_eq!(group_after(json!({"groups": []})).await, None);

    let lab = Lab::new(rules(), false).await;
    let Ok(Finished::SignedIn { user, .. }) = lab.finish(verified(people())).await else { panic!("a sign-in") };
    let mut tx = lab.harness.store.begin().await.expect("a transaction");
    tx.set_group(user.id, Some(&"students".parse().expect("a name"))).await.expect("a change");
    tx.commit().await.expect("a commit");
    lab.finish(verified(people())).await.expect("a sign-in");
    let quota = lab.harness.store.quota_assignment(user.id).await.expect("a read");
    assert_eq!(quota.group.expect("hers").as_str(), "students", "what an administrator chose stays");
}

#[tokio::test]
async fn without_passwords_the_last_administrator_is_the_last_of_a_provider() {
    let lab = Lab::new(rules(), false).await;
    let (accounts, harness) = (&lab.harness.control.accounts, &lab.harness);
    accounts.set_role("ada", Role::Admin).await.expect("a change");
    accounts.set_role("bob", Role::Admin).await.expect("a change");
    lab.give_identity(&harness.ada, "ada").await;
    let last = accounts.set_locked("ada", true).await;
    assert!(matches!(last, Err(Error::LastAdministrator(_))), "bob has only a password: {last:?}");
    let last = accounts.set_role("ada", Role::User).await;
    assert!(matches!(last, Err(Error::LastAdministrator(_))), "{last:?}");
    accounts.set_role("bob", Role::User).await.expect("ada is left");
    accounts.set_role("bob", Role::Admin).await.expect("a change");
    lab.give_identity(&harness.bob, "bob").await;
    accounts.set_locked("ada", true).await.expect("bob is left");
}

#[tokio::test]
async fn unlinking_ends_the_sessions_of_that_identity_and_no_others() {
    let lab = Lab::new(rules(), true).await;
    lab.give_identity(&lab.harness.ada, "ada").await;
    lab.give_identity(&lab.harness.ada, "other").await;
    let (actor, theirs) = lab.sign_in(verified(people())).await;
    assert_eq!(actor.user, lab.harness.ada.user);
    let (_, other) = lab.sign_in(Verified { subject: "other".into(), ..verified(people()) }).await;
    let actor = actor.in_session("f".repeat(32).parse().expect("a handle")).shown_at(Some(lab.harness.clock.now()));
    let confirmed = lab.harness.control.accounts.confirm(&actor).expect("a moment ago");
    lab.federation.unlink(confirmed, ISSUER, "ada").await.expect("a password is left");
    assert!(!lab.is_alive(&theirs).await);
    assert!(lab.is_alive(&other).await);
}

#[tokio::test]
async fn a_logout_ends_the_session_it_names_and_those_that_no_logout_could_name() {
    let lab = Lab::new(rules(), true).await;
    let of_sid = |sid: Option<&str>| Verified { session: sid.map(str::to_owned), ..verified(people()) };
    let (_, named) = lab.sign_in(of_sid(Some("a"))).await;
    let (_, other) = lab.sign_in(of_sid(Some("b"))).await;
    let (_, nameless) = lab.sign_in(of_sid(None)).await;
    let order = LogoutOrder { issuer: ISSUER.into(), subject: Some("ada".into()), session: Some("a".into()) };
    *lab.provider.order.lock() = Some(order);
    assert_eq!(lab.federation.end_by_provider("lab", "token").await.expect("it is believed"), 2);
    assert!(!lab.is_alive(&named).await && !lab.is_alive(&nameless).await);
    assert!(lab.is_alive(&other).await);
}

#[tokio::test]
async fn signing_out_waits_for_no_provider() {
    let lab = Lab::new(rules(), true).await;
    let (_, browser) = lab.sign_in(verified(people())).await;
    let parting = async || lab.federation.parting(&browser.key).await.expect("the record answers");
    let onward = lab.federation.provider_logout(parting().await.expect("it stands on one"), "back").await;
    assert_eq!(onward, Some(("Lab".into(), format!("{ISSUER}/end?back=back"))));
    let found = parting().await.expect("it stands on one");
    lab.harness.sign_out(&browser).await;
    assert!(parting().await.is_none(), "looked up before the session ends");
    lab.provider.hangs.store(true, Ordering::Relaxed);
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    assert_eq!(lab.federation.provider_logout(found, "back").await, None);
    assert!(begun.elapsed() <= Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// The provider is told since when the person must have signed in, and only one of their own identities will do.
#[tokio::test]
async fn a_sign_in_is_made_fresh_by_the_person_themselves_in_the_session_they_began_in() {
    let required = Some(ClaimRule { claim: "groups".into(), value: "people".into() });
    let lab = Lab::new(ProviderRules { required, ..rules() }, true).await;
    let (ada, _browser) = lab.sign_in(verified(people())).await;
    assert_eq!(*lab.provider.since.lock(), None, "a sign-in may be an old one");
    let session = |digit: &str| ada.clone().in_session(digit.repeat(32).parse::<SessionHandle>().expect("a handle"));
    let (here, elsewhere) = (session("a"), session("b"));
    let confirmed = lab.finish_wish(Wish::Confirm(&here), Some(&here), verified(people())).await;
    assert!(matches!(confirmed, Ok(Finished::Confirmed { .. })), "{confirmed:?}");
    assert_eq!(*lab.provider.since.lock(), Some(lab.harness.clock.now()));
    let other = Verified { subject: "other".into(), ..verified(people()) };
    let refused = lab.finish_wish(Wish::Confirm(&here), Some(&here), other).await;
    assert!(matches!(refused, Err(Refusal::AnotherPerson)), "{refused:?}");
    for back in [None, Some(&elsewhere), Some(&lab.harness.bob)] {
        let refused = lab.finish_wish(Wish::Confirm(&here), back, verified(people())).await;
        assert!(matches!(refused, Err(Refusal::SessionChanged)), "{refused:?}");
    }
    let put_out = lab.finish_wish(Wish::Confirm(&here), Some(&here), verified(json!({"groups": []}))).await;
    assert!(matches!(put_out, Err(Refusal::NotAllowed)), "{put_out:?}");
    let by_token = lab.finish_wish(Wish::Confirm(&ada), Some(&ada), verified(people())).await;
    assert!(matches!(by_token, Err(Refusal::Control(Error::NeedsSession))), "{by_token:?}");
}

#[tokio::test]
async fn whoever_takes_longer_than_ten_minutes_begins_once_more() {
    let lab = Lab::new(rules(), true).await;
    *lab.provider.signs_in.lock() = Some(verified(people()));
    for (seconds, in_time) in [(599, true), (600, false)] {
        let begin =
            Begin { provider: "lab", next: "/", back: BACK, browser: None, address: address(), wish: Wish::SignIn };
        let begun = lab.federation.begin(begin).await.expect("it is begun");
        lab.harness.clock.advance(Duration::from_secs(seconds));
        let callback = Callback {
            provider: "lab",
            state: Some(&begun.address),
            code: Some("code"),
            browser: Some(&begun.browser),
            ..Callback::default()
        };
        let finished = lab.federation.finish(callback).await;
        assert_eq!(finished.is_ok(), in_time, "after {seconds} s: {finished:?}");
        assert!(in_time || matches!(finished, Err(Refusal::NotBegunHere)), "{finished:?}");
    }
}

#[tokio::test]
async fn a_host_without_end_fills_no_record() {
    let lab = Lab::new(rules(), true).await;
    let long = format!("{BACK}{}", "x".repeat(512));
    let begin =
        Begin { provider: "lab", next: "/", back: &long, browser: None, address: address(), wish: Wish::SignIn };
    let begun = lab.federation.begin(begin).await;
    assert!(matches!(begun, Err(Refusal::Control(Error::Invalid(_)))), "{begun:?}");
}
