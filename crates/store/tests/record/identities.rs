//! Users of OpenID providers, in the record: a sign-in is taken once, a session ends with the provider's, and an
//! identity leads to one user only.

use std::sync::Arc;

use control::ports::{
    identity::Secrets,
    store::{
        Identity, IdentityReads as _, PendingShares, PendingSignIn, ProviderSession, Purpose, SessionKey, StoreError,
        Transaction,
    },
};
use domain::{SessionHandle, UserId, user::Role};
use serde_json::json;
use store::{SESSION_USER, SessionStore};
use time::OffsetDateTime;
use tower_sessions_core::{
    SessionStore as _,
    session::{Id, Record as Session},
};

use super::{Record, sessions::Hand};
use crate::fixture::{at, user_id};

const ISSUER: &str = "https://idp.example";

fn pending(digest: &str, browser: &str, expires: i64) -> PendingSignIn {
    PendingSignIn {
        digest: digest.into(),
        browser: browser.into(),
        provider: "lab".into(),
        secrets: Secrets { nonce: "n".into(), verifier: "v".into() },
        back: "https://docklet.example/oidc/lab/callback".into(),
        next: "/help".into(),
        purpose: Purpose::SignIn,
        expires_at: at(expires),
        address: "192.0.2.7".into(),
    }
}

fn identity(subject: &str, user: u128) -> Identity {
    Identity {
        issuer: ISSUER.into(),
        subject: subject.into(),
        user: user_id(user),
        provider: "lab".into(),
        shown: "ada@lab.example".into(),
        created_at: at(0),
        last_sign_in: at(0),
    }
}

fn key(session: i128) -> SessionKey {
    store::session_key(&Id(session))
}

fn provider_session(session: i128, sid: &str, due: Option<i64>) -> ProviderSession {
    ProviderSession {
        key: key(session),
        provider: "lab".into(),
        issuer: ISSUER.into(),
        subject: "s-1".into(),
        sid: Some(sid.into()),
        refresh_token: Some("sealed".into()),
        id_token: None,
        due_at: due.map(at),
    }
}

/// User 1 with browser sessions 1 and 2, which stand on the provider's `a` and `b`.
async fn with_sessions() -> (Record, SessionStore) {
    let record = Record::of([1]).await;
    let sessions = SessionStore::new(record.store.clone(), Arc::new(Hand::at(0)));
    let mut tx = record.begin().await;
    tx.insert_identity(&identity("s-1", 1)).await.expect("a new identity");
    tx.commit().await.expect("a commit");
    for (number, sid) in [(1, "a"), (2, "b")] {
        let end = OffsetDateTime::from_unix_timestamp(at(600).timestamp()).expect("a time");
        let data = [(SESSION_USER.to_owned(), json!(user_id(1)))].into();
        sessions.create(&mut Session { id: Id(number), data, expiry_date: end }).await.expect("a session");
        let mut tx = record.begin().await;
        tx.insert_provider_session(&provider_session(number, sid, Some(60))).await.expect("a new one");
        tx.commit().await.expect("a commit");
    }
    (record, sessions)
}

async fn insert(tx: &mut dyn Transaction, pending: &PendingSignIn, now: i64) {
    let shares = PendingShares { of_browser: 3, of_address: 4, of_all: 6 };
    tx.insert_pending_sign_in(pending, shares, at(now)).await.expect("the database answers");
}

async fn is_kept(tx: &mut dyn Transaction, name: &str) -> bool {
    tx.take_pending_sign_in(name, name).await.expect("an answer").is_some()
}

#[tokio::test]
async fn a_sign_in_is_taken_once_and_by_its_browser_only() {
    let record = Record::new().await;
    let mut tx = record.begin().await;
    insert(&mut *tx, &pending("d", "mine", 600), 0).await;
    assert_eq!(tx.take_pending_sign_in("d", "another's").await.expect("an answer"), None);
    assert_eq!(tx.take_pending_sign_in("other", "mine").await.expect("an answer"), None);
    assert_eq!(tx.take_pending_sign_in("d", "mine").await.expect("an answer"), Some(pending("d", "mine", 600)));
    assert_eq!(tx.take_pending_sign_in("d", "mine").await.expect("an answer"), None, "used up");
}

#[tokio::test]
async fn what_a_browser_was_sent_for_comes_back_as_it_was() {
    let record = Record::new().await;
    let mut tx = record.begin().await;
    let (user, session) =
        (UserId::new(uuid::Uuid::from_u128(7)), "a".repeat(32).parse::<SessionHandle>().expect("a handle"));
    for purpose in [Purpose::SignIn, Purpose::Link(user, session.clone()), Purpose::Confirm(user, session.clone())] {
        let sent = PendingSignIn { purpose, ..pending("d", "mine", 600) };
        insert(&mut *tx, &sent, 0).await;
        assert_eq!(tx.take_pending_sign_in("d", "mine").await.expect("an answer"), Some(sent));
    }
}

#[tokio::test]
async fn only_so_many_sign_ins_are_kept_of_a_browser() {
    let record = Record::new().await;
    let mut tx = record.begin().await;
    for number in 0..5 {
        insert(&mut *tx, &pending(&number.to_string(), "mine", 600 + number), 0).await;
    }
    assert_eq!(tx.take_pending_sign_in("1", "mine").await.expect("an answer"), None, "the oldest are forgotten");
    assert!(tx.take_pending_sign_in("4", "mine").await.expect("an answer").is_some());
}

/// No client can keep others from signing in: one that begins more than its share pushes out its own.
#[tokio::test]
async fn a_flood_of_sign_ins_pushes_out_its_own_oldest_and_is_never_refused() {
    let record = Record::new().await;
    let mut tx = record.begin().await;
    let from =
        |name: &str, address: &str, expires| PendingSignIn { address: address.into(), ..pending(name, name, expires) };
    insert(&mut *tx, &from("ada", "198.51.100.1", 600), 0).await;
    for number in 0..20 {
        insert(&mut *tx, &from(&format!("flood {number}"), "203.0.113.9", 601 + number), 0).await;
    }
    assert!(!is_kept(&mut *tx, "flood 15").await, "more than the address' share");
    for number in 0..3 {
        insert(&mut *tx, &from(&format!("other {number}"), &format!("198.51.100.{}", 10 + number), 700), 0).await;
    }
    for (name, stays) in
        [("ada", true), ("flood 16", false), ("flood 17", false), ("flood 19", true), ("other 2", true)]
    {
        assert_eq!(is_kept(&mut *tx, name).await, stays, "{name}");
    }
}

#[tokio::test]
async fn an_identity_is_one_person_s_and_found_by_issuer_and_subject_alone() {
    let record = Record::of([1, 2]).await;
    let mut tx = record.begin().await;
    tx.insert_identity(&identity("s-1", 1)).await.expect("a new identity");
    tx.insert_identity(&Identity { issuer: "https://other.example".into(), ..identity("s-1", 2) })
        .await
        .expect("another");
    assert_eq!(tx.identity(ISSUER, "s-1").await.expect("an answer").map(|found| found.user), Some(user_id(1)));
    assert_eq!(tx.identity(ISSUER, "S-1").await.expect("an answer"), None);
    assert!(!tx.remove_identity(user_id(2), ISSUER, "s-1").await.expect("an answer"), "not theirs");
    let taken = tx.insert_identity(&identity("s-1", 2)).await;
    assert!(matches!(taken, Err(StoreError::Taken("identity"))), "{taken:?}");
}

#[tokio::test]
async fn pending_is_locked_until_somebody_decides() {
    let record = Record::of([1]).await;
    let mut tx = record.begin().await;
    tx.set_pending(user_id(1)).await.expect("a change");
    let status = tx.account_status(user_id(1)).await.expect("an answer").expect("a user");
    assert!(status.pending && status.user.locked);
    tx.set_locked(user_id(1), false).await.expect("a change");
    let status = tx.account_status(user_id(1)).await.expect("an answer").expect("a user");
    assert!(!status.pending && !status.user.locked);
}

#[tokio::test]
async fn a_session_is_taken_by_one_asker_and_given_back_with_its_token() {
    let (record, _) = with_sessions().await;
    assert!(!record.store.is_a_session_due(at(59)).await.expect("an answer"));
    assert!(record.store.is_a_session_due(at(60)).await.expect("an answer"));
    let mut tx = record.begin().await;
    assert_eq!(tx.take_due_sessions(at(60), at(180), 1).await.expect("an answer").len(), 1);
    assert_eq!(tx.take_due_sessions(at(60), at(180), 10).await.expect("an answer").len(), 1, "the other one");
    assert!(tx.take_due_sessions(at(179), at(300), 10).await.expect("an answer").is_empty(), "both are taken");
    let renewed = ProviderSession { refresh_token: Some("new".into()), ..provider_session(1, "a", Some(500)) };
    let was = provider_session(1, "a", None).refresh_token;
    assert!(tx.save_provider_session(&renewed, was.as_deref()).await.expect("an answer"));
    let late = provider_session(1, "a", Some(900));
    assert!(
        !tx.save_provider_session(&late, was.as_deref()).await.expect("an answer"),
        "another answer is kept by now"
    );
    tx.end_session_of_key(&key(1), was.as_deref()).await.expect("no change");
    tx.commit().await.expect("committed");
    assert_eq!(record.store.provider_session(&key(1)).await.expect("an answer"), Some(renewed));
    let mut tx = record.begin().await;
    tx.end_session_of_key(&key(1), Some("new")).await.expect("a change");
    assert!(!tx.save_provider_session(&late, Some("new")).await.expect("an answer"), "it has ended");
}

#[tokio::test]
async fn the_provider_ends_one_session_or_all_of_a_person_and_nothing_that_it_does_not_name() {
    let (record, sessions) = with_sessions().await;
    let end = async |issuer: &str, subject: Option<&str>, sid: Option<&str>| {
        let mut tx = record.begin().await;
        let ended = tx.end_provider_sessions(issuer, subject, sid).await.expect("an answer");
        tx.commit().await.expect("a commit");
        ended
    };
    assert_eq!(end(ISSUER, None, None).await, 0);
    assert_eq!(end("https://other.example", Some("s-1"), None).await, 0);
    assert_eq!(end(ISSUER, Some("s-2"), Some("a")).await, 0, "somebody else's");
    assert_eq!(end(ISSUER, None, Some("a")).await, 1);
    assert!(sessions.load(&Id(1)).await.expect("an answer").is_none());
    assert!(sessions.load(&Id(2)).await.expect("an answer").is_some());
    assert_eq!(end(ISSUER, Some("s-1"), None).await, 1);
    assert!(sessions.load(&Id(2)).await.expect("an answer").is_none());
}

#[tokio::test]
async fn an_administrator_of_a_provider_is_one_who_can_sign_in_there() {
    let (record, _) = with_sessions().await;
    let has = async || record.store.has_administrator_from(&[ISSUER.to_owned()]).await.expect("an answer");
    assert!(!has().await);
    let mut tx = record.begin().await;
    tx.set_role(user_id(1), Role::Admin).await.expect("a change");
    tx.commit().await.expect("a commit");
    assert!(has().await);
    assert!(!record.store.has_administrator_from(&["https://other.example".to_owned()]).await.expect("an answer"));
}
