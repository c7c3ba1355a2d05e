//! What is old goes, what is not stays. Events have their own tests.

use control::ports::store::{AccessReads, Attempts, IdempotencyRecord, Token};
use domain::{TokenId, user::Scopes};
use uuid::Uuid;

use super::Record;
use crate::fixture::{at, user_id, vcluster, vcluster_id};

fn token(digest: &str, expires: i64) -> Token {
    Token {
        id: TokenId::new(Uuid::from_u128(u128::from(digest.as_bytes()[0]))),
        user: user_id(1),
        digest: digest.into(),
        prefix: "dkl_ab".into(),
        name: String::new(),
        scopes: Scopes::USUAL,
        last_used: None,
        created_at: at(0),
        expires_at: at(expires),
        revoked_at: None,
    }
}

#[tokio::test]
async fn old_keys_attempts_and_tokens_are_dropped_and_counted() {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 1)).await;
    let mut transaction = record.begin().await;
    for (name, second) in [("old", 9), ("new", 10)] {
        let (key, fingerprint) = (name.to_owned(), String::new());
        let idempotency =
            IdempotencyRecord { user: user_id(1), key, fingerprint, vcluster: vcluster_id(1), created_at: at(second) };
        transaction.insert_idempotency(&idempotency).await.expect("a new key");
        let attempts = Attempts { key: name.into(), failures: 1, last_failure: at(second) };
        transaction.set_attempts(&attempts).await.expect("a count");
        transaction.insert_token(&token(name, second)).await.expect("a new token");
    }
    assert_eq!(transaction.sweep(at(10), at(10)).await.expect("a sweep"), 3);
    assert_eq!(transaction.sweep(at(10), at(10)).await.expect("a sweep"), 0);
    transaction.commit().await.expect("a commit");

    let transaction = record.begin().await;
    for (name, stays) in [("old", false), ("new", true)] {
        assert_eq!(transaction.idempotency(user_id(1), name).await.expect("a read").is_some(), stays);
        assert_eq!(transaction.attempts(name).await.expect("a read").is_some(), stays);
        assert_eq!(record.store.token(name).await.expect("a read").is_some(), stays);
    }
    assert!(transaction.vcluster(vcluster_id(1)).await.expect("a read").is_some());
}

#[tokio::test]
async fn a_revoked_token_leaves_within_a_day() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    let long = token("long", 1_000_000);
    transaction.insert_token(&long).await.expect("a new token");
    transaction.revoke_token(long.id, at(0)).await.expect("a change");
    assert_eq!(transaction.sweep(at(-1000), at(3600)).await.expect("a sweep"), 0, "lists say so for a while");
    assert_eq!(transaction.sweep(at(-1000), at(24 * 3600)).await.expect("a sweep"), 1);
    transaction.commit().await.expect("a commit");
}
