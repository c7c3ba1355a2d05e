//! What people do about their own account, and what an API token may not.

use std::time::Duration;

use control::{Error, accounts::LONGEST_TOKEN_DAYS, actor::Actor, ports::clock::Clock as _};
use domain::{
    SessionHandle,
    user::{Role, Scope, Scopes},
};

use crate::harness::{Harness, address};

/// Ada, signed in with a browser whose session is `digit` over and over.
fn in_browser(actor: &Actor, digit: &str) -> Actor {
    actor.clone().in_session(digit.repeat(32).parse::<SessionHandle>().expect("a handle"))
}

fn fields(error: Error) -> Vec<String> {
    match error {
        Error::Invalid(faults) => faults.into_iter().map(|fault| fault.field).collect(),
        other => panic!("not about fields: {other:?}"),
    }
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_the_present_one() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness.ada, "a"));
    let refused = accounts.change_password(&ada, "wrong horse", "another horse", address()).await;
    assert_eq!(fields(refused.expect_err("the wrong password")), ["present"]);
    let short = accounts.change_password(&ada, "correct horse", "short", address()).await;
    assert_eq!(fields(short.expect_err("too short")), ["new"]);
    accounts.change_password(&ada, "correct horse", "another horse", address()).await.expect("the right one");
    accounts.sign_in("ada", "another horse", address()).await.expect("the new password");
    assert!(matches!(accounts.sign_in("ada", "correct horse", address()).await, Err(Error::SignInFailed)));
}

#[tokio::test]
async fn guessing_the_present_password_costs_the_same_waits_as_at_sign_in() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness.ada, "a"));
    for _ in 0..5 {
        accounts.change_password(&ada, "wrong horse", "another horse", address()).await.expect_err("wrong");
    }
    let waits = accounts.change_password(&ada, "correct horse", "another horse", address()).await;
    assert!(matches!(waits, Err(Error::TooManyAttempts { .. })), "{waits:?}");
    harness.clock.advance(Duration::from_secs(2));
    accounts.change_password(&ada, "correct horse", "another horse", address()).await.expect("after the wait");
}

#[tokio::test]
async fn a_token_may_look_and_gives_no_access() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let text = accounts.issue_token("ada", Duration::from_secs(60)).await.expect("a token").text;
    let ada = accounts.actor_by_token(&text).await.expect("a good token");
    assert_eq!(accounts.my_tokens(&ada).await.expect("a list").len(), 1);
    accounts.sessions(&ada).await.expect("a list");
    let handle: SessionHandle = "a".repeat(32).parse().expect("a handle");
    let refused = [
        accounts.confirm(&ada).map(drop),
        accounts.change_password(&ada, "correct horse", "another horse", address()).await,
        accounts.end_session(&ada, &handle).await,
        accounts.end_other_sessions(&ada).await,
        accounts.show_once(&ada, "secret".into()).map(drop),
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(Error::NeedsSession))), "{refused:?}");
}

#[tokio::test]
async fn a_token_revokes_itself_and_others_where_it_may_change_things() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let issued = async |scopes: &[Scope]| {
        let hour = Duration::from_secs(3600);
        accounts.issue_named_token("ada", "thesis", hour, Scopes::of(scopes)).await.expect("a token")
    };
    let (other, looking, acting) = (issued(&[]).await, issued(&[Scope::Ssh]).await, issued(&[Scope::Vclusters]).await);
    let ada = accounts.actor_by_token(&looking.text).await.expect("a good token");
    let refused = accounts.revoke_my_token(&ada, other.token.id).await;
    assert!(matches!(refused, Err(Error::NeedsScope(Scope::Vclusters))), "{refused:?}");
    accounts.revoke_my_token(&ada, looking.token.id).await.expect("itself");
    let ada = accounts.actor_by_token(&acting.text).await.expect("a good token");
    accounts.revoke_my_token(&ada, other.token.id).await.expect("another of hers");
    for revoked in [looking, other] {
        assert!(matches!(accounts.actor_by_token(&revoked.text).await, Err(Error::BadToken)));
    }
    let bobs = accounts.issue_token("bob", Duration::from_secs(3600)).await.expect("a token");
    let foreign = accounts.revoke_my_token(&ada, bobs.token.id).await;
    assert!(matches!(foreign, Err(Error::NotFound("token"))), "{foreign:?}");
}

#[tokio::test]
async fn a_token_gains_nothing_when_its_owner_is_promoted() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let hour = Duration::from_secs(3600);
    let issued = accounts.issue_named_token("ada", "thesis", hour, Scopes::ALL).await.expect("a token");
    assert_eq!(issued.token.scopes, Scopes::USUAL);
    accounts.set_role("ada", Role::Admin).await.expect("she is one now");
    let ada = accounts.actor_by_token(&issued.text).await.expect("a good token");
    assert!(matches!(ada.administrator(), Err(Error::NeedsScope(Scope::Admin))));
    let since = accounts.issue_named_token("ada", "thesis", hour, Scopes::ALL).await.expect("a token");
    assert_eq!(since.token.scopes, Scopes::ALL);
}

#[tokio::test]
async fn a_token_of_one_s_own_has_a_name_and_an_end_and_is_revoked_by_its_owner_only() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let now = Some(harness.clock.now());
    let (ada, bob) = (in_browser(&harness.ada, "a").shown_at(now), in_browser(&harness.bob, "b"));
    let confirmed = accounts.confirm(&ada).expect("she has signed in a moment ago");
    for days in [0, -1, LONGEST_TOKEN_DAYS + 1, i64::MAX] {
        assert_eq!(
            fields(accounts.create_token(confirmed, "", days, Scopes::ALL).await.expect_err("wrong")),
            ["name", "days", "scopes"]
        );
    }
    let issued = accounts.create_token(confirmed, " thesis ", 30, Scopes::USUAL).await.expect("a token");
    assert_eq!(issued.token.name, "thesis");
    assert_eq!((issued.token.expires_at - issued.token.created_at).num_days(), 30);
    let foreign = accounts.revoke_my_token(&bob, issued.token.id).await;
    assert!(matches!(foreign, Err(Error::NotFound("token"))), "{foreign:?}");
    accounts.actor_by_token(&issued.text).await.expect("it is good");
    accounts.revoke_my_token(&ada, issued.token.id).await.expect("her own");
    assert!(matches!(accounts.actor_by_token(&issued.text).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn use_of_a_token_is_written_down_once_a_minute_and_looking_at_it_is_no_use() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let text = accounts.issue_token("ada", Duration::from_secs(3600)).await.expect("a token").text;
    let used = async || accounts.my_tokens(&harness.ada).await.expect("a list")[0].last_used;
    accounts.actor_by_token(&text).await.expect("it is good");
    assert_eq!(used().await, None);
    accounts.use_token(&text).await.expect("it is good");
    let first = used().await.expect("it was used");
    harness.clock.advance(Duration::from_secs(59));
    accounts.use_token(&text).await.expect("it is good");
    assert_eq!(used().await, Some(first));
    harness.clock.advance(Duration::from_secs(1));
    accounts.use_token(&text).await.expect("it is good");
    assert!(used().await > Some(first));
}

#[tokio::test]
async fn nobody_collects_tokens_without_end() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let ada = in_browser(&harness.ada, "a").shown_at(Some(harness.clock.now()));
    let confirmed = accounts.confirm(&ada).expect("she has signed in a moment ago");
    for number in 0..100 {
        accounts.create_token(confirmed, &format!("token {number}"), 1, Scopes::USUAL).await.expect("room");
    }
    assert_eq!(
        fields(accounts.create_token(confirmed, "one more", 1, Scopes::USUAL).await.expect_err("no room")),
        ["name"]
    );
    harness.clock.advance(Duration::from_secs(24 * 3600));
    accounts.create_token(confirmed, "one more", 1, Scopes::USUAL).await.expect("the others are over");
}

/// A browser that was left signed in, or its cookie, is not enough to make the way in wider.
#[tokio::test]
async fn what_makes_the_way_in_wider_needs_a_sign_in_of_the_last_minutes() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let signed_in = harness.clock.now();
    let ada = in_browser(&harness.ada, "a").shown_at(Some(signed_in));
    accounts.confirm(&ada).expect("a moment ago");
    harness.clock.advance(Duration::from_secs(600));
    accounts.confirm(&ada).expect("ten minutes ago");
    harness.clock.advance(Duration::from_secs(1));
    for actor in [&ada, &in_browser(&harness.ada, "a")] {
        let refused = accounts.confirm(actor);
        assert!(matches!(refused, Err(Error::SignInAgain(_))), "{refused:?}");
    }
    accounts.confirm(&ada.clone().shown_at(Some(harness.clock.now()))).expect("signed in again");
}

#[tokio::test]
async fn a_sign_in_is_made_fresh_by_the_present_password_and_guessing_costs_waits() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness.ada, "a"));
    accounts.confirm_password(&ada, "correct horse", address()).await.expect("hers");
    for _ in 0..5 {
        let wrong = accounts.confirm_password(&ada, "wrong horse", address()).await;
        assert_eq!(fields(wrong.expect_err("not hers")), ["password"]);
    }
    let waits = accounts.confirm_password(&ada, "correct horse", address()).await;
    assert!(matches!(waits, Err(Error::TooManyAttempts { .. })), "{waits:?}");
    let by_token = accounts.confirm_password(&harness.ada, "correct horse", address()).await;
    assert!(matches!(by_token, Err(Error::NeedsSession)), "{by_token:?}");
}

/// Making and revoking without end fills no record, and revoked ones take no room.
#[tokio::test]
async fn tokens_that_are_revoked_do_not_count_and_do_not_pile_up() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    for _ in 0..220 {
        let text = accounts.issue_token("ada", Duration::from_secs(3600)).await.expect("room").text;
        accounts.revoke_token(&text).await.expect("it exists");
    }
    let listed = accounts.tokens("ada").await.expect("a list").len();
    assert!(listed <= 101, "{listed} rows are kept");
    accounts.issue_token("ada", Duration::from_secs(3600)).await.expect("revoked ones take no room");
}
