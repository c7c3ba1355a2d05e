//! People as they are listed: what they may hold and hold, when they signed in, where they are signed in.

use std::{collections::HashMap, sync::Arc};

use control::ports::{
    clock::Clock,
    store::{AccessReads, PageRequest, UserReads},
};
use domain::{
    name::GroupName,
    quota::{OwnLimits, Usage},
    quota_policy::QuotaAssignment,
    user::Role,
};
use serde_json::json;
use store::{
    SESSION_ADDRESS, SESSION_AGENT, SESSION_SEEN, SESSION_SINCE, SESSION_USER, SessionBounds, SessionStore,
    session_handle,
};
use time::OffsetDateTime;
use tower_sessions_core::{
    SessionStore as _,
    session::{Id, Record as Session},
};

use super::Record;
use crate::fixture::{NODE, account, at, user_id, vcluster};

const ALL: PageRequest<domain::name::UserName> = PageRequest { after: None, limit: 10 };

#[tokio::test]
async fn people_come_with_what_they_hold_also_those_who_hold_nothing() {
    let record = Record::of([1, 2, 3]).await;
    record.save(&vcluster(1, 1, 2)).await;
    record.save(&vcluster(1, 2, 1)).await;
    record.save(&vcluster(3, 3, 0)).await;
    let people = record.store.people("", ALL).await.expect("a list");
    let held: Vec<Usage> = people.iter().map(|person| person.usage).collect();
    let three = Usage { vclusters: 2, ..Usage::of_nodes(3, NODE) };
    assert_eq!(held, [three, Usage::default(), Usage { vclusters: 1, ..Usage::default() }]);
    let name = account(1).user.name;
    assert_eq!(record.store.person(&name).await.expect("a read").expect("user-1").usage, three);
    let behind = PageRequest { after: Some(name), limit: 1 };
    let next = record.store.people("user", behind).await.expect("a list");
    assert_eq!(next.iter().map(|person| person.user.name.as_str()).collect::<Vec<_>>(), ["user-2"]);
    assert_eq!(record.store.people("SER-%", ALL).await.expect("a list"), []);
}

#[tokio::test]
async fn limits_group_role_and_sign_in_change_for_one_user_only() {
    let record = Record::of([1, 2]).await;
    let limits = OwnLimits { vclusters: Some(0), cpu_milli: Some(1 << 40), ..OwnLimits::default() };
    let mut transaction = record.begin().await;
    transaction.set_own_limits(user_id(1), limits).await.expect("a change");
    transaction.set_last_sign_in(user_id(1), at(5)).await.expect("a change");
    transaction.set_role(user_id(1), Role::Admin).await.expect("a change");
    let students: GroupName = "students".parse().expect("a name");
    transaction.set_group(user_id(1), Some(&students)).await.expect("a change");
    let quota = QuotaAssignment { group: Some(students), own: limits };
    assert_eq!(transaction.quota_assignment(user_id(1)).await.expect("a read"), quota);
    assert_eq!(transaction.administrators().await.expect("a read"), [user_id(1)]);
    transaction.set_locked(user_id(1), true).await.expect("a change");
    assert_eq!(transaction.administrators().await.expect("a read"), [], "a locked one cannot sign in");
    transaction.commit().await.expect("a commit");
    let [first, second] = record.store.people("", ALL).await.expect("a list").try_into().expect("two people");
    assert_eq!((first.quota, first.last_sign_in, first.user.role), (quota, Some(at(5)), Role::Admin));
    assert_eq!((second.quota, second.last_sign_in), (QuotaAssignment::default(), None));
    let mut transaction = record.begin().await;
    transaction.set_own_limits(user_id(1), OwnLimits::default()).await.expect("a change");
    transaction.set_group(user_id(1), None).await.expect("a change");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.quota_assignment(user_id(1)).await.expect("a read"), QuotaAssignment::default());
}

struct Then;

impl Clock for Then {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        at(0)
    }
}

fn session(number: i128, user: u128, seen: i64) -> Session {
    let data = HashMap::from([
        (SESSION_USER.to_owned(), json!(user_id(user))),
        (SESSION_SINCE.to_owned(), json!(at(0).timestamp())),
        (SESSION_SEEN.to_owned(), json!(at(seen).timestamp())),
        (SESSION_ADDRESS.to_owned(), json!("2001:db8::7")),
        (SESSION_AGENT.to_owned(), json!("Browser/1")),
    ]);
    let expiry_date = OffsetDateTime::from_unix_timestamp(at(1000).timestamp()).expect("a time");
    Session { id: Id(number), data, expiry_date }
}

#[tokio::test]
async fn sessions_are_listed_by_their_handle_and_ended_one_by_one() {
    let record = Record::of([1, 2]).await;
    let sessions = SessionStore::new(record.store.clone(), Arc::new(Then));
    for (number, user, seen) in [(1, 1, 10), (2, 1, 30), (3, 1, 20), (4, 2, 40)] {
        sessions.create(&mut session(number, user, seen)).await.expect("a new session");
    }
    let handle = |number: i128| session_handle(&Id(number));
    let listed = async |user: u128, now: i64| {
        let sessions = record.store.sessions_of(user_id(user), at(now)).await.expect("a list");
        sessions.into_iter().map(|session| session.handle).collect::<Vec<_>>()
    };
    assert_eq!(listed(1, 0).await, [handle(2), handle(3), handle(1)]);
    assert_eq!(listed(1, 2000).await, [], "they are over");
    let first = record.store.sessions_of(user_id(2), at(0)).await.expect("a list").remove(0);
    assert_eq!(first.address, Some("2001:db8::7".parse().expect("an address")));
    assert_eq!(first.agent.as_deref(), Some("Browser/1"));
    assert_eq!((first.since.timestamp(), first.last_seen.timestamp()), (at(0).timestamp(), at(40).timestamp()));

    let mut transaction = record.begin().await;
    assert!(!transaction.end_session(user_id(2), &handle(1)).await.expect("an answer"), "somebody else's");
    assert!(transaction.end_session(user_id(1), &handle(1)).await.expect("an answer"));
    transaction.commit().await.expect("a commit");
    assert_eq!(listed(1, 0).await, [handle(2), handle(3)]);
    let mut transaction = record.begin().await;
    transaction.end_sessions_but(user_id(1), &handle(3)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!((listed(1, 0).await, listed(2, 0).await), (vec![handle(3)], vec![handle(4)]));
}

#[tokio::test]
async fn use_that_is_no_request_puts_the_end_off() {
    let record = Record::of([1]).await;
    let sessions = SessionStore::new(record.store.clone(), Arc::new(Then));
    sessions.create(&mut session(1, 1, 0)).await.expect("a new session");
    sessions.put_off(&Id(1), at(500), at(9000)).await.expect("a change");
    let listed = record.store.sessions_of(user_id(1), at(8000)).await.expect("a list").remove(0);
    assert_eq!((listed.last_seen, listed.expires_at), (at(500), at(9000)));
    let loaded = sessions.load(&Id(1)).await.expect("a read").expect("the session");
    assert_eq!(loaded.expiry_date.unix_timestamp(), at(9000).timestamp());
    sessions.delete(&Id(1)).await.expect("a removal");
    sessions.put_off(&Id(1), at(500), at(9000)).await.expect("nothing to do");
    assert_eq!(sessions.load(&Id(1)).await.expect("a read"), None, "what ended stays ended");
}

#[tokio::test]
async fn a_session_ends_after_its_days_however_much_it_is_used() {
    let record = Record::of([1]).await;
    let (sessions, clock) = super::sessions::sessions(&record);
    let longest = chrono::TimeDelta::seconds(600);
    let sessions = sessions.bounded(SessionBounds { longest, most: 50 });
    sessions.create(&mut session(1, 1, 0)).await.expect("a new session");
    let end =
        async || record.store.sessions_of(user_id(1), at(0)).await.expect("a list").remove(0).expires_at.timestamp();
    // It counts from when they signed in, which is kept in whole seconds.
    assert_eq!(end().await, at(600).timestamp(), "not when it would be idle");
    sessions.save(&session(1, 1, 500)).await.expect("a change");
    sessions.put_off(&Id(1), at(500), at(9000)).await.expect("a change");
    assert_eq!(end().await, at(600).timestamp(), "use does not put it off");
    clock.set(at(599));
    assert!(sessions.load(&Id(1)).await.expect("a read").is_some());
    clock.set(at(600));
    assert!(sessions.load(&Id(1)).await.expect("a read").is_none());
    let shorter = SessionBounds { longest: chrono::TimeDelta::seconds(60), most: 50 };
    clock.set(at(60));
    assert!(sessions.bounded(shorter).load(&Id(1)).await.expect("a read").is_none(), "the bound of now counts");
}

#[tokio::test]
async fn one_browser_too_many_signs_out_the_one_that_was_not_used_for_longest() {
    let record = Record::of([1, 2]).await;
    let (sessions, _) = super::sessions::sessions(&record);
    let sessions = sessions.bounded(SessionBounds { most: 3, ..SessionBounds::default() });
    for (number, user, seen) in [(1, 1, 10), (2, 1, 5), (3, 1, 20), (9, 2, 1), (4, 1, 30), (5, 1, 40)] {
        sessions.create(&mut session(number, user, seen)).await.expect("a new session");
    }
    for (number, lives) in [(1, false), (2, false), (3, true), (4, true), (5, true), (9, true)] {
        assert_eq!(sessions.load(&Id(number)).await.expect("a read").is_some(), lives, "{number}");
    }
    let at_once = (10..30).map(|number| {
        let sessions = &sessions;
        async move { sessions.create(&mut session(number, 1, 50)).await.expect("a new session") }
    });
    futures::future::join_all(at_once).await;
    assert_eq!(record.store.sessions_of(user_id(1), at(0)).await.expect("a list").len(), 3, "also at the same moment");
}
