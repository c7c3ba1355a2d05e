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

fn said(restarts: &Restarts, second: i64, code: i64) -> Option<&'static str> {
    let latest = restarts.latest();
    latest.iter().find(|restart| restart.took(at(second), code, false).is_some()).map(Restart::sentence)
}

#[test]
fn an_engine_that_answers_on_is_no_restart_however_often_its_connection_is_lost() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(0)), at(500));
    let first = restarts.latest();
    restarts.lost(at(510));
    restarts.answers(&info(Some(0)), at(600));
    opened(dir.path()).answers(&info(Some(0)), at(700));
    assert_eq!(opened(dir.path()).latest(), first);
    assert!(matches!(first[..], [Restart { guessed: true, .. }]), "the start before this worker came: {first:?}");
    assert!(said(&restarts, -1, 137).is_some() && said(&restarts, 550, 137).is_none());
}

#[test]
fn a_restart_lies_between_the_last_word_of_one_engine_and_the_first_of_the_next() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(0)), at(100));
    restarts.lost(at(200));
    restarts.answers(&info(Some(230)), at(240));
    let restart = *restarts.latest().last().expect("a restart");
    assert_eq!((restart.sentence(), restart.guessed), ("the Docker Engine was restarted", false));
    for (second, code, until) in [(195, 0, 195), (199, 143, 199), (229, 137, 200), (235, 255, 200)] {
        assert_eq!(restart.took(at(second), code, false), Some(at(until)), "{second}");
    }
    assert_eq!(restart.took(at(160), 137, false), None, "long before");
    assert_eq!(restart.took(at(241), 137, false), None, "after it");
    assert_eq!(restart.took(at(229), 137, true), None, "the kernel ended it for its memory");
    assert_eq!(restart.took(at(229), 1, false), None, "it ended by itself");
    assert_eq!(opened(dir.path()).latest().last(), Some(&restart), "it is known after a restart of the worker, too");
}

#[test]
fn another_boot_is_a_restart_of_the_host_also_for_a_worker_that_was_away() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    opened(dir.path()).answers(&info(Some(0)), at(100));
    booted(dir.path(), "two");
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(300)), at(310));
    for (second, code) in [(300, 255), (95, 0)] {
        assert_eq!(said(&restarts, second, code), Some("the host was restarted"), "{second}");
    }
}

#[test]
fn a_second_restart_does_not_hide_what_the_first_one_took() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    opened(dir.path()).answers(&info(Some(0)), at(1000));
    booted(dir.path(), "two");
    opened(dir.path()).answers(&info(Some(1300)), at(1310));
    let restarts = opened(dir.path());
    restarts.answers(&info(Some(1500)), at(1510));
    let words = |second| said(&restarts, second, 255);
    assert_eq!(words(1300), Some("the host was restarted"));
    assert_eq!(words(1500), Some("the Docker Engine was restarted"));
}

#[test]
fn of_an_engine_that_does_not_say_when_it_was_started_its_absence_counts() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    restarts.answers(&info(None), at(100));
    restarts.answers(&info(None), at(110));
    assert_eq!(restarts.latest(), []);
    restarts.lost(at(115));
    restarts.answers(&info(None), at(120));
    assert_eq!(restarts.latest().len(), 1);
}

#[test]
fn what_cannot_be_read_is_begun_anew() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("engine.json"), "{").expect("written");
    assert_eq!(opened(dir.path()).latest(), []);
}

#[test]
fn an_engine_that_is_restarted_again_and_again_does_not_fill_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    booted(dir.path(), "one");
    let restarts = opened(dir.path());
    (0..100).for_each(|time| restarts.answers(&info(Some(time * 100)), at(time * 100 + 10)));
    assert_eq!(restarts.latest().len(), MOST_KEPT);
    assert!(said(&restarts, 9900, 255).is_some(), "the latest ones are kept");
}
