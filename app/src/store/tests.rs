//! Events, answers and re-reads, in every order they can meet.

use domain::{job::JobState, vcluster::VclusterState};

use super::*;
use crate::wording::samples::{amount, overview, vcluster};

fn at_operation(id: &str, state: VclusterState, operation: &str) -> Vcluster {
    let mut vcluster = vcluster(id, state);
    vcluster.operation.id = operation.into();
    vcluster
}

fn event(vcluster: Vcluster) -> Event {
    Event::Vcluster { vcluster: Box::new(vcluster), usage: amount(2, 4) }
}

fn gone(id: &str) -> Event {
    Event::VclusterGone { id: id.into(), usage: amount(0, 0) }
}

fn ids(store: &Store) -> Vec<&str> {
    store.vclusters().iter().map(|vcluster| vcluster.id.as_str()).collect()
}

#[test]
fn a_new_vcluster_comes_first_and_usage_follows() {
    let mut store = Store::new(&overview(vec![vcluster("1", VclusterState::Running)]));
    let applied = store.apply(event(vcluster("2", VclusterState::Creating)));
    assert!(matches!(applied, Applied::Changed { before: None, .. }));
    assert_eq!(ids(&store), ["2", "1"]);
    assert_eq!(store.usage(), amount(2, 4));
}

#[test]
fn a_change_says_what_was_before() {
    let mut store = Store::new(&overview(vec![vcluster("1", VclusterState::Starting)]));
    let Applied::Changed { before: Some(before), after } = store.apply(event(vcluster("1", VclusterState::Running)))
    else {
        panic!("the vcluster was known")
    };
    assert_eq!((before.state, after.state), (VclusterState::Starting, VclusterState::Running));
    assert_eq!(store.find("1").map(|known| known.state), Some(VclusterState::Running));
}

#[test]
fn what_is_gone_stays_gone_for_a_late_answer() {
    let mut store = Store::new(&overview(vec![vcluster("1", VclusterState::Deleting)]));
    assert!(matches!(store.apply(gone("1")), Applied::Gone(_)));
    assert!(store.is_gone("1"));
    assert!(!store.answered(&vcluster("1", VclusterState::Deleting)));
    assert_eq!(ids(&store), [""; 0]);
}

#[test]
fn an_answer_is_news_only_when_the_feed_was_slower() {
    let mut store = Store::new(&overview(vec![at_operation("1", VclusterState::Running, "a")]));
    assert!(store.answered(&at_operation("1", VclusterState::Stopping, "b")));
    store.apply(event(at_operation("1", VclusterState::Stopped, "b")));
    assert!(!store.answered(&at_operation("1", VclusterState::Stopping, "b")), "the feed has said the end already");
    assert_eq!(store.find("1").map(|known| known.state), Some(VclusterState::Stopped));
}

#[test]
fn events_that_come_while_lists_are_read_are_applied_on_top() {
    let mut store = Store::new(&overview(vec![vcluster("1", VclusterState::Running)]));
    assert_eq!(store.apply(Event::Resync), Applied::ReadAgain);
    store.hold();
    assert_eq!(store.apply(event(vcluster("2", VclusterState::Running))), Applied::Nothing);
    let applied = store.read_again(&overview(vec![vcluster("2", VclusterState::Creating)]));
    assert_eq!(applied.len(), 1);
    assert_eq!(
        store.find("2").map(|known| known.state),
        Some(VclusterState::Running),
        "the event is newer than the list"
    );
    assert!(store.is_gone("1"), "what the new list does not have is gone");
}

#[test]
fn a_change_of_a_job_is_passed_on_and_waits_with_the_others() {
    let event = || Event::Job { job: 7, state: JobState::Running };
    let mut store = Store::new(&overview(Vec::new()));
    assert_eq!(store.apply(event()), Applied::Job);
    store.hold();
    assert_eq!(store.apply(event()), Applied::Nothing);
    assert_eq!(store.release(), [Applied::Job]);
}

#[test]
fn held_events_are_kept_when_reading_fails() {
    let mut store = Store::new(&overview(Vec::new()));
    store.hold();
    store.apply(event(vcluster("1", VclusterState::Running)));
    assert_eq!(store.release().len(), 1);
    assert_eq!(ids(&store), ["1"]);
}
