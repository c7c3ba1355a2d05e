//! Browser sessions: found by id, stored without it, ended for good.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use control::ports::clock::Clock;
use parking_lot::Mutex;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use store::{SESSION_USER, SessionStore};
use time::OffsetDateTime;
use tower_sessions_core::{
    ExpiredDeletion, SessionStore as _,
    session::{Id, Record as Session},
    session_store::Error,
};

use super::Record;
use crate::fixture::{at, user_id};

/// A clock that is set by hand.
pub(crate) struct Hand(Mutex<DateTime<Utc>>);

impl Hand {
    pub(crate) fn at(seconds: i64) -> Self {
        Self(Mutex::new(at(seconds)))
    }
}

impl Hand {
    pub(crate) fn set(&self, now: DateTime<Utc>) {
        *self.0.lock() = now;
    }
}

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock()
    }
}

pub(super) fn sessions(record: &Record) -> (SessionStore, Arc<Hand>) {
    let clock = Arc::new(Hand::at(0));
    (SessionStore::new(record.store.clone(), Arc::<Hand>::clone(&clock)), clock)
}

pub(super) fn session(number: i128, user: Option<u128>, expires: i64) -> Session {
    let mut data = std::collections::HashMap::from([("theme".to_owned(), json!({"dark": true}))]);
    if let Some(user) = user {
        data.insert(SESSION_USER.to_owned(), json!(user_id(user)));
    }
    let expiry_date =
        OffsetDateTime::from_unix_timestamp_nanos(at(expires).timestamp_nanos_opt().expect("a time").into());
    Session { id: Id(number), data, expiry_date: expiry_date.expect("a time") }
}

#[tokio::test]
async fn a_session_comes_back_as_it_was_saved() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    let mut anonymous = session(-7, None, 60);
    sessions.create(&mut anonymous).await.expect("a new session");
    assert_eq!(sessions.load(&Id(-7)).await.expect("a read"), Some(anonymous));
    assert_eq!(sessions.load(&Id(8)).await.expect("a read"), None);

    let signed_in = session(-7, Some(1), 90);
    sessions.save(&signed_in).await.expect("a change");
    assert_eq!(sessions.load(&Id(-7)).await.expect("a read"), Some(signed_in));
    sessions.delete(&Id(-7)).await.expect("a removal");
    assert_eq!(sessions.load(&Id(-7)).await.expect("a read"), None);
}

#[tokio::test]
async fn an_id_that_exists_is_not_given_twice() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    sessions.create(&mut session(7, Some(1), 60)).await.expect("a new session");
    let mut second = session(7, None, 60);
    sessions.create(&mut second).await.expect("a new session");
    assert_ne!(second.id, Id(7));
    assert_eq!(sessions.load(&Id(7)).await.expect("a read"), Some(session(7, Some(1), 60)));
    assert_eq!(sessions.load(&second.id).await.expect("a read"), Some(second));
}

#[tokio::test]
async fn a_session_ends_at_its_time() {
    let record = Record::of([1]).await;
    let (sessions, clock) = sessions(&record);
    sessions.create(&mut session(7, Some(1), 60)).await.expect("a new session");
    *clock.0.lock() = at(59);
    assert!(sessions.load(&Id(7)).await.expect("a read").is_some());
    *clock.0.lock() = at(60);
    assert_eq!(sessions.load(&Id(7)).await.expect("a read"), None);
}

async fn rows(record: &Record) -> i64 {
    let plain = record.plain().await;
    let count = Statement::from_string(plain.get_database_backend(), "SELECT count(*) AS n FROM sessions");
    plain.query_one_raw(count).await.expect("a read").expect("a row").try_get("", "n").expect("a count")
}

#[tokio::test]
async fn expired_sessions_are_dropped_by_either_sweep() {
    let record = Record::of([1]).await;
    let (sessions, clock) = sessions(&record);
    for (number, expires) in [(1, 10), (2, 20), (3, 30)] {
        sessions.create(&mut session(number, Some(1), expires)).await.expect("a new session");
    }
    *clock.0.lock() = at(10);
    sessions.delete_expired().await.expect("a sweep");
    assert_eq!(rows(&record).await, 2);
    let mut transaction = record.begin().await;
    assert_eq!(transaction.sweep(at(-1000), at(20)).await.expect("a sweep"), 1);
    transaction.commit().await.expect("a commit");
    assert_eq!(rows(&record).await, 1);
}

#[tokio::test]
async fn all_sessions_of_one_user_end_at_once_and_nobody_elses() {
    let record = Record::of([1, 2]).await;
    let (sessions, _) = sessions(&record);
    for (number, user) in [(1, Some(1)), (2, Some(1)), (3, Some(2)), (4, None)] {
        sessions.create(&mut session(number, user, 60)).await.expect("a new session");
    }
    // Signed in later: the column must follow.
    sessions.save(&session(4, Some(1), 60)).await.expect("a change");
    let mut transaction = record.begin().await;
    transaction.end_sessions(user_id(1)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    for (number, lives) in [(1, false), (2, false), (3, true), (4, false)] {
        assert_eq!(sessions.load(&Id(number)).await.expect("a read").is_some(), lives, "{number}");
    }
}

#[tokio::test]
async fn a_session_that_ended_is_not_brought_back_by_a_request_that_still_runs() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    sessions.create(&mut session(7, Some(1), 60)).await.expect("a new session");
    let still_running = sessions.load(&Id(7)).await.expect("a read").expect("the session");
    sessions.delete(&Id(7)).await.expect("a removal");
    sessions.save(&still_running).await.expect("nothing to do");
    assert_eq!(sessions.load(&Id(7)).await.expect("a read"), None);
}

#[tokio::test]
async fn a_user_that_is_no_id_is_refused() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    let mut broken = session(7, None, 60);
    broken.data.insert(SESSION_USER.to_owned(), json!("ada"));
    let refused = sessions.create(&mut broken).await;
    assert!(matches!(refused, Err(Error::Encode(_))), "{refused:?}");
}
