//! Accounts, tokens and sign-in attempts come back as they were put in.

use control::ports::store::{AccessReads, Attempts, StoreError, Token, UserReads};
use domain::{
    TokenId,
    user::{Role, Scope, Scopes},
};
use uuid::Uuid;

use super::Record;
use crate::fixture::{account, at, user_id};

#[tokio::test]
async fn an_account_is_found_by_name_and_its_user_by_id() {
    let record = Record::new().await;
    let mut ada = account(1);
    ada.user.role = Role::Admin;
    let nobody = account(2).user;
    let mut transaction = record.begin().await;
    transaction.insert_account(&ada).await.expect("a new account");
    let inside = transaction.account(&ada.user.name).await.expect("a read").expect("the account");
    assert_eq!(inside.user, ada.user, "a transaction sees what it wrote");
    transaction.commit().await.expect("a commit");

    let found = record.store.account(&ada.user.name).await.expect("a read").expect("the account");
    assert_eq!((found.user, found.password_hash), (ada.user.clone(), ada.password_hash.clone()));
    assert_eq!(record.store.user(ada.user.id).await.expect("a read"), Some(ada.user));
    assert!(record.store.account(&nobody.name).await.expect("a read").is_none());
    assert_eq!(record.store.user(nobody.id).await.expect("a read"), None);
}

#[tokio::test]
async fn an_account_without_a_password_stays_without_one() {
    let record = Record::new().await;
    let mut ada = account(1);
    ada.password_hash = None;
    let mut transaction = record.begin().await;
    transaction.insert_account(&ada).await.expect("a new account");
    transaction.commit().await.expect("a commit");
    let found = record.store.account(&ada.user.name).await.expect("a read").expect("the account");
    assert_eq!(found.password_hash, None);
}

#[tokio::test]
async fn a_user_name_is_taken_once() {
    let record = Record::of([1]).await;
    let mut twin = account(2);
    twin.user.name = account(1).user.name;
    let refused = record.begin().await.insert_account(&twin).await;
    assert!(matches!(refused, Err(StoreError::Taken("name"))), "{refused:?}");
}

#[tokio::test]
async fn users_are_listed_by_name() {
    let record = Record::of([3, 1, 2]).await;
    let names: Vec<String> =
        record.store.users().await.expect("a read").into_iter().map(|user| user.name.to_string()).collect();
    assert_eq!(names, ["user-1", "user-2", "user-3"]);
}

#[tokio::test]
async fn passwords_and_locks_change_for_one_user_only() {
    let record = Record::of([1, 2]).await;
    let mut transaction = record.begin().await;
    transaction.set_password(user_id(1), "another hash").await.expect("a change");
    transaction.set_locked(user_id(1), true).await.expect("a change");
    transaction.commit().await.expect("a commit");

    let changed = record.store.account(&account(1).user.name).await.expect("a read").expect("the account");
    assert!(changed.user.locked);
    assert_eq!(changed.password_hash.as_deref(), Some("another hash"));
    let other = record.store.account(&account(2).user.name).await.expect("a read").expect("the account");
    assert!(!other.user.locked);
    assert_eq!(other.password_hash, account(2).password_hash);
}

pub(super) fn token(number: u128, digest: &str) -> Token {
    Token {
        id: TokenId::new(Uuid::from_u128(number)),
        user: user_id(1),
        digest: digest.into(),
        prefix: "dkl_ab".into(),
        name: "thesis".into(),
        scopes: Scopes::of(&[Scope::Ssh]),
        last_used: None,
        created_at: at(0),
        expires_at: at(60),
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_token_is_found_by_its_digest_and_keeps_its_first_revocation() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    transaction.insert_token(&token(1, "aa")).await.expect("a new token");
    transaction.insert_token(&token(2, "bb")).await.expect("a new token");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.token("aa").await.expect("a read"), Some(token(1, "aa")));
    assert_eq!(record.store.token("cc").await.expect("a read"), None);

    for now in [at(5), at(6)] {
        let mut transaction = record.begin().await;
        transaction.revoke_token(token(1, "aa").id, now).await.expect("a change");
        transaction.commit().await.expect("a commit");
    }
    let revoked = record.store.token("aa").await.expect("a read").expect("the token");
    assert_eq!(revoked.revoked_at, Some(at(5)));
    assert_eq!(record.store.token("bb").await.expect("a read"), Some(token(2, "bb")));
}

#[tokio::test]
async fn a_token_s_use_is_written_down_and_all_of_one_user_are_revoked_together() {
    let record = Record::of([1, 2]).await;
    let mut transaction = record.begin().await;
    let others = Token { user: user_id(2), ..token(3, "cc") };
    for token in [&token(1, "aa"), &Token { revoked_at: Some(at(1)), ..token(2, "bb") }, &others] {
        transaction.insert_token(token).await.expect("a new token");
    }
    transaction.set_token_used(token(1, "aa").id, at(2)).await.expect("a change");
    transaction.revoke_tokens(user_id(1), at(3)).await.expect("a change");
    transaction.commit().await.expect("a commit");
    let used = Token { last_used: Some(at(2)), revoked_at: Some(at(3)), ..token(1, "aa") };
    assert_eq!(record.store.token("aa").await.expect("a read"), Some(used));
    let first = record.store.token("bb").await.expect("a read").expect("the token");
    assert_eq!((first.revoked_at, first.last_used), (Some(at(1)), None));
    assert_eq!(record.store.token("cc").await.expect("a read"), Some(others));
}

#[tokio::test]
async fn a_token_of_nobody_is_refused() {
    let record = Record::new().await;
    let refused = record.begin().await.insert_token(&token(1, "aa")).await;
    assert!(matches!(refused, Err(StoreError::Failed(_))), "{refused:?}");
}

#[tokio::test]
async fn attempts_are_counted_per_key_and_forgotten_on_request() {
    let record = Record::new().await;
    let first = Attempts { key: "account:ada".into(), failures: 1, last_failure: at(0) };
    let second = Attempts { failures: u32::MAX, last_failure: at(1), ..first.clone() };
    let other = Attempts { key: "address:192.0.2.7".into(), ..first.clone() };
    let mut transaction = record.begin().await;
    for attempts in [&first, &other, &second] {
        transaction.set_attempts(attempts).await.expect("a count");
    }
    assert_eq!(transaction.attempts(&first.key).await.expect("a read"), Some(second.clone()));
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.attempts(&first.key).await.expect("a read"), Some(second));

    let mut transaction = record.begin().await;
    transaction.clear_attempts(&first.key).await.expect("a change");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.attempts(&first.key).await.expect("a read"), None);
    assert_eq!(record.store.attempts(&other.key).await.expect("a read"), Some(other));
}
