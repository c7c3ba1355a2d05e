//! What is a restart, and what went down with it.

use std::path::Path;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000_000 + seconds)
}

fn info(started: Option<i64>) -> EngineInfo {
    EngineInfo {
        root_dir: "/".into(),
        version: "1".into(),
        cpus: 1,
        memory_mib: 1,
        runtimes: Default::default(),
        started: started.map(at),
    }
}

fn opened(dir: &Path) -> Restarts {
    Restarts::open(dir.join("engine.json"), dir.join("boot_id"))
}

fn booted(dir: &Path, boot: &str) {
    fs::write(dir.join("boot_id"), format!("{boot}\n")).expect("written");
}

#[test]
fn an_engine_that_answers_on_is_no_restart_however_often_its_connection_is_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(0)), at(500));
    let first = restarts.last();
    restarts.lost(at(510));
    restarts.answers(&info(Some(0)), at(600));
    opened(dir.path()).answers(&info(Some(0)), at(700));
    assert_eq!(opened(dir.path()).last(), first);
    let first = first.expect("the start before this worker came");
    assert!(first.took(at(-1), 137, false) && !first.took(at(550), 137, false));
}

#[test]
fn a_restart_lies_between_the_last_word_of_one_engine_and_the_first_of_the_next() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(0)), at(100));
    restarts.lost(at(200));
    restarts.answers(&info(Some(230)), at(240));
    let restart = restarts.last().expect("a restart");
    assert_eq!(restart.sentence(), "the Docker Engine was restarted");
    for (second, code) in [(195, 0), (199, 143), (229, 137), (235, 255)] {
        assert!(restart.took(at(second), code, false), "{second}");
    }
    assert!(!restart.took(at(160), 137, false), "long before");
    assert!(!restart.took(at(241), 137, false), "after it");
    assert!(!restart.took(at(229), 137, true), "the kernel ended it for its memory");
    assert!(!restart.took(at(229), 1, false), "it ended by itself");
    assert_eq!(opened(dir.path()).last(), Some(restart), "it is known after a restart of the worker, too");
}

#[test]
fn another_boot_is_a_restart_of_the_host_also_for_a_worker_that_was_away() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    opened(dir.path()).answers(&info(Some(0)), at(100));
    booted(dir.path(), "two");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(300)), at(310));
    let restart = restarts.last().expect("a restart");
    assert_eq!(restart.sentence(), "the host was restarted");
    assert!(restart.took(at(300), 255, false) && restart.took(at(95), 0, false));
}

#[test]
fn of_an_engine_that_does_not_say_when_it_was_started_its_absence_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(None), at(100));
    restarts.answers(&info(None), at(110));
    assert_eq!(restarts.last(), None);
    restarts.lost(at(115));
    restarts.answers(&info(None), at(120));
    assert!(restarts.last().is_some());
}

#[test]
fn what_cannot_be_read_is_begun_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("engine.json"), "{").expect("written");
    assert_eq!(opened(dir.path()).last(), None);
}
