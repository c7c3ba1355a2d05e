//! Idempotency keys: each user's own, each used once.

use control::ports::store::{IdempotencyRecord, StoreError};

use super::Record;
use crate::fixture::{at, user_id, vcluster_id};

fn used(user: u128, key: &str, vcluster: u128) -> IdempotencyRecord {
    let fingerprint = format!("fingerprint of {vcluster}");
    IdempotencyRecord {
        user: user_id(user),
        key: key.into(),
        fingerprint,
        vcluster: vcluster_id(vcluster),
        created_at: at(0),
    }
}

#[tokio::test]
async fn a_key_is_remembered_per_user() {
    let record = Record::of([1, 2]).await;
    let mut transaction = record.begin().await;
    for idempotency in [used(1, "a", 1), used(2, "a", 2), used(1, "b", 3)] {
        transaction.insert_idempotency(&idempotency).await.expect("a new key");
    }
    transaction.commit().await.expect("a commit");
    let transaction = record.begin().await;
    assert_eq!(transaction.idempotency(user_id(1), "a").await.expect("a read"), Some(used(1, "a", 1)));
    assert_eq!(transaction.idempotency(user_id(2), "a").await.expect("a read"), Some(used(2, "a", 2)));
    assert_eq!(transaction.idempotency(user_id(2), "b").await.expect("a read"), None);
}

#[tokio::test]
async fn a_key_that_was_used_is_taken() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    transaction.insert_idempotency(&used(1, "a", 1)).await.expect("a new key");
    let refused = transaction.insert_idempotency(&used(1, "a", 2)).await;
    assert!(matches!(refused, Err(StoreError::Taken("key"))), "{refused:?}");
}
