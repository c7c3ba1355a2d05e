//! Browser sessions as a reader of the file sees them, and rows of them that we would never write.

use tower_sessions_core::{SessionStore as _, session::Id};

use super::{
    Record,
    sessions::{session, sessions},
};

#[tokio::test]
async fn the_id_is_nowhere_in_the_database() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    let mut new = session(0, Some(1), 60);
    new.id = Id::default();
    sessions.create(&mut new).await.expect("a new session");
    record.store.clone().close().await.expect("an orderly end");
    let file = std::fs::read(record.path()).expect("the file");
    let holds = |what: &[u8]| file.windows(what.len()).any(|window| window == what);
    assert!(holds(b"theme"), "the session is there");
    assert!(!holds(new.id.to_string().as_bytes()));
    assert!(!holds(&new.id.0.to_le_bytes()) && !holds(&new.id.0.to_be_bytes()));
}

#[tokio::test]
async fn an_unreadable_session_is_an_error_and_not_a_panic() {
    let record = Record::of([1]).await;
    let (sessions, _) = sessions(&record);
    sessions.create(&mut session(7, Some(1), 60)).await.expect("a new session");
    for broken in ["data = 'no json'", "data = '[1]'", "data = '{}', expires_at = 'later'"] {
        record.run(&format!("UPDATE sessions SET {broken}")).await;
        let refused = sessions.load(&Id(7)).await.expect_err(broken);
        assert!(refused.to_string().contains("unreadable session"), "{broken}: {refused}");
    }
}
