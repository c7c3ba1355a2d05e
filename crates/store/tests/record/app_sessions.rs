//! Entering apps, in the record: codes are taken once, and everything goes with what it came from.

use std::sync::Arc;

use control::ports::store::{AppReads, AppSession, EntryPass, SessionKey};
use domain::{app::App, vcluster::Vcluster};
use serde_json::json;
use store::{SESSION_USER, SessionStore};
use time::OffsetDateTime;
use tower_sessions_core::{
    SessionStore as _,
    session::{Id, Record as Session},
};

use super::{
    Record,
    apps::{app, insert},
    sessions::Hand,
};
use crate::fixture::{at, user_id, vcluster};

struct Scene {
    record: Record,
    lab: Vcluster,
    app: App,
    sessions: SessionStore,
}

impl Scene {
    /// User 1 with a vcluster and an app, and portal sessions 1 and 2 that end at 60 s.
    async fn new() -> Self {
        let record = Record::of([1]).await;
        let lab = vcluster(1, 1, 1);
        record.save(&lab).await;
        let app = app(&lab, 0, 8888);
        insert(&record, std::slice::from_ref(&app)).await;
        let sessions = SessionStore::new(record.store.clone(), Arc::new(Hand::at(0)));
        for number in [1, 2] {
            let end = OffsetDateTime::from_unix_timestamp(at(60).timestamp()).expect("a time");
            let data = [(SESSION_USER.to_owned(), json!(user_id(1)))].into();
            sessions.create(&mut Session { id: Id(number), data, expiry_date: end }).await.expect("a session");
        }
        Self { record, lab, app, sessions }
    }

    fn pass(&self, digest: &str, session: i128, expires: i64) -> EntryPass {
        EntryPass {
            digest: digest.into(),
            app: self.app.id,
            user: user_id(1),
            session: key(session),
            nonce: "nonce".into(),
            expires_at: at(expires),
        }
    }

    fn inside(&self, digest: &str, session: i128, created: i64) -> AppSession {
        AppSession { digest: digest.into(), app: self.app.id, session: key(session), created_at: at(created) }
    }

    async fn insert(&self, passes: &[EntryPass], sessions: &[AppSession]) {
        let mut transaction = self.record.begin().await;
        for pass in passes {
            transaction.insert_entry_pass(pass, 3, at(0)).await.expect("a new code");
        }
        for session in sessions {
            transaction.insert_app_session(session, 2).await.expect("a new app session");
        }
        transaction.commit().await.expect("a commit");
    }

    async fn passes(&self, digests: &[&str]) -> Vec<bool> {
        let mut found = Vec::new();
        for digest in digests {
            // Rolled back, so that looking takes nothing.
            found.push(self.record.begin().await.take_entry_pass(digest).await.expect("a read").is_some());
        }
        found
    }

    async fn is_inside(&self, digest: &str) -> bool {
        self.record.store.admission(digest).await.expect("a read").is_some()
    }
}

fn key(number: i128) -> SessionKey {
    store::session_key(&Id(number))
}

#[tokio::test]
async fn a_code_is_taken_once() {
    let scene = Scene::new().await;
    let pass = scene.pass("aa", 1, 30);
    scene.insert(std::slice::from_ref(&pass), &[]).await;
    let mut transaction = scene.record.begin().await;
    assert_eq!(transaction.take_entry_pass("aa").await.expect("a read"), Some(pass));
    assert_eq!(transaction.take_entry_pass("aa").await.expect("a read"), None);
    transaction.commit().await.expect("a commit");
    assert_eq!(scene.passes(&["aa"]).await, [false]);
}

#[tokio::test]
async fn the_oldest_codes_and_late_ones_give_way() {
    let scene = Scene::new().await;
    let passes: Vec<EntryPass> = (1..=5).map(|n| scene.pass(&format!("p{n}"), 1, n)).collect();
    scene.insert(&passes, &[]).await;
    assert_eq!(scene.passes(&["p1", "p2", "p3", "p4", "p5"]).await, [false, false, true, true, true]);
    let mut transaction = scene.record.begin().await;
    transaction.insert_entry_pass(&scene.pass("p9", 1, 9), 3, at(4)).await.expect("a new code");
    transaction.commit().await.expect("a commit");
    assert_eq!(scene.passes(&["p3", "p4", "p5", "p9"]).await, [false, false, true, true], "late at 4 s");
    let mut transaction = scene.record.begin().await;
    assert_eq!(transaction.sweep(at(-100), at(8)).await.expect("a sweep"), 1, "p5");
}

#[tokio::test]
async fn everything_that_decides_is_read_as_one() {
    let scene = Scene::new().await;
    scene.insert(&[], &[scene.inside("cc", 1, 2)]).await;
    let admission = scene.record.store.admission("cc").await.expect("a read").expect("inside");
    assert_eq!(admission.session, scene.inside("cc", 1, 2));
    assert_eq!((&admission.app, &admission.vcluster), (&scene.app, &scene.lab));
    assert_eq!((admission.user.id, admission.expires_at.timestamp()), (user_id(1), at(60).timestamp()));
    assert!(!scene.is_inside("dd").await);
}

#[tokio::test]
async fn the_oldest_sessions_of_one_app_in_one_browser_give_way() {
    let scene = Scene::new().await;
    let sessions = [("a", 1, 1), ("b", 1, 2), ("other", 2, 0), ("c", 1, 3)];
    let sessions = sessions.map(|(digest, session, created)| scene.inside(digest, session, created));
    scene.insert(&[], &sessions).await;
    for (digest, stays) in [("a", false), ("b", true), ("c", true), ("other", true)] {
        assert_eq!(scene.is_inside(digest).await, stays, "{digest}");
    }
}

#[tokio::test]
async fn codes_and_sessions_go_with_their_portal_session() {
    let scene = Scene::new().await;
    scene
        .insert(
            &[scene.pass("p1", 1, 30), scene.pass("p2", 2, 30)],
            &[scene.inside("s1", 1, 0), scene.inside("s2", 2, 0)],
        )
        .await;
    scene.sessions.delete(&Id(1)).await.expect("a sign-out");
    assert_eq!(scene.passes(&["p1", "p2"]).await, [false, true]);
    assert_eq!((scene.is_inside("s1").await, scene.is_inside("s2").await), (false, true));

    let mut transaction = scene.record.begin().await;
    transaction.end_sessions(user_id(1)).await.expect("all of them");
    transaction.commit().await.expect("a commit");
    assert_eq!(scene.passes(&["p2"]).await, [false]);
    assert!(!scene.is_inside("s2").await);
}

#[tokio::test]
async fn codes_and_sessions_go_with_their_app_and_when_it_is_switched_off() {
    let scene = Scene::new().await;
    scene.insert(&[scene.pass("p1", 1, 30)], &[scene.inside("s1", 1, 0)]).await;
    let mut transaction = scene.record.begin().await;
    transaction.end_app_sessions(scene.app.id).await.expect("switched off");
    transaction.commit().await.expect("a commit");
    assert_eq!(scene.passes(&["p1"]).await, [false]);
    assert!(!scene.is_inside("s1").await);

    scene.insert(&[scene.pass("p2", 1, 30)], &[scene.inside("s2", 1, 0)]).await;
    let mut transaction = scene.record.begin().await;
    transaction.remove_vcluster(scene.lab.id, at(9)).await.expect("a removal");
    transaction.commit().await.expect("a commit");
    assert_eq!(scene.passes(&["p2"]).await, [false]);
    assert!(!scene.is_inside("s2").await);
}

#[tokio::test]
async fn nothing_is_kept_for_a_session_that_is_not_there() {
    let scene = Scene::new().await;
    let mut transaction = scene.record.begin().await;
    assert_eq!(transaction.session_user(&key(1), at(0)).await.expect("a read"), Some(user_id(1)));
    assert_eq!(transaction.session_user(&key(1), at(60)).await.expect("a read"), None, "it has ended");
    assert_eq!(transaction.session_user(&key(9), at(0)).await.expect("a read"), None);
    transaction.insert_entry_pass(&scene.pass("p1", 9, 30), 3, at(0)).await.expect_err("no such session");
}
