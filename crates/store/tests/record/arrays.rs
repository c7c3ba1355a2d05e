//! Arrays: one row, and one for each element that has begun; counted, listed, found by what names them, and dropped together.

use std::collections::BTreeMap;

use control::ports::store::{JobFilter, JobReads, PageRequest, VclusterReads};
use domain::{
    job::{Counts, Job, JobState, Part},
    quota::Usage,
};
use store::SqlStore;

use super::{
    Record,
    jobs::{begun, id, new_job, numbers, pending, save, submitted},
};
use crate::fixture::{NODE, at, user_id};

/// Of ten elements, at most three at a time.
async fn array(store: &SqlStore, owner: u128) -> Job {
    let mut new = new_job(owner, None);
    new.spec.array = Some("0-9%3".parse().expect("an array"));
    (new.spec.begin_at, new.spec.deadline) = (Some(at(7)), Some(at(900)));
    submitted(store, &new).await
}

/// Begins in its array's place, as control does it.
async fn split(record: &Record, array: &mut Job, index: u32, state: JobState) -> Job {
    let element = array.element(index).expect("an element");
    let mut transaction = record.begin().await;
    let element = transaction.insert_element(element, Some(3)).await.expect("a number");
    let element = begun(element, state, "here");
    transaction.save_job(&element).await.expect("saved");
    assert!(array.left.remove(index));
    transaction.save_job(array).await.expect("saved");
    transaction.commit().await.expect("a commit");
    element
}

async fn elements(record: &Record, states: &[JobState], after: Option<u32>, limit: u32) -> Vec<u32> {
    let (filter, page) = (JobFilter { states: states.to_vec(), ..JobFilter::default() }, PageRequest { after, limit });
    let found = record.store.elements_of(id(1), &filter, page).await.expect("a read");
    found.iter().filter_map(|job| job.part).map(|part| part.index).collect()
}

#[tokio::test]
async fn an_array_is_one_row_and_each_element_that_begins_is_one_more() {
    let record = Record::of([1]).await;
    let mut array = array(&record.store, 1).await;
    assert_eq!(record.store.job(array.id).await.expect("a read"), Some(array.clone()));
    assert_eq!((array.left.len(), array.not_before), (10, Some(at(7))));
    let element = split(&record, &mut array, 7, JobState::Running).await;
    assert_eq!((element.id, element.part), (id(2), Some(Part { of: array.id, index: 7, size: 10 })));
    for job in [&array, &element] {
        assert_eq!(record.store.job(job.id).await.expect("a read").as_ref(), Some(job));
    }
    assert_eq!(record.store.part_of(array.id, 7).await.expect("a read"), Some(element.clone()));
    assert_eq!(record.store.part_of(array.id, 6).await.expect("a read"), None);
    assert_eq!(record.store.part_of(element.id, 7).await.expect("a read"), None);
    let page = PageRequest { after: None, limit: 9 };
    let listed = record.store.jobs_of(user_id(1), &JobFilter::default(), page).await.expect("a list");
    assert_eq!(numbers(&listed), [1], "elements are listed with their array only");
    let twice = record.begin().await.insert_element(Job { part: element.part, ..element }, None).await;
    assert!(twice.is_err(), "no element is there twice");
}

#[tokio::test]
async fn an_array_of_irregular_numbers_is_read_back_however_long_its_text_is() {
    let record = Record::of([1]).await;
    let mut new = new_job(1, None);
    new.spec.array = Some("0-999:2,0-999:3".parse().expect("an array"));
    let array = submitted(&record.store, &new).await;
    assert_eq!(record.store.job(array.id).await.expect("a read"), Some(array));
}

#[tokio::test]
async fn the_queue_is_told_how_many_of_an_array_are_left() {
    let record = Record::of([1]).await;
    let mut array = array(&record.store, 1).await;
    let element = split(&record, &mut array, 0, JobState::Pending).await;
    let queued = record.store.pending_jobs().await.expect("a read");
    let left: Vec<_> = queued.iter().map(|queued| (queued.array, queued.left)).collect();
    assert_eq!(left, [(None, 9), (Some(array.id), 1)]);
    for queued in &queued {
        assert_eq!((queued.at_most, queued.not_before, queued.deadline), (Some(3), Some(at(7)), Some(at(900))));
    }
    save(&record, &Job { state: JobState::Running, ..element }).await;
    array.left = Default::default();
    save(&record, &array).await;
    assert_eq!(pending(&record).await, [0_i64; 0], "nothing of it is left");
}

#[tokio::test]
async fn elements_hold_and_their_array_does_not() {
    let record = Record::of([1]).await;
    let mut array = array(&record.store, 1).await;
    for (index, state) in [(0, JobState::Running), (1, JobState::Completing), (2, JobState::Failed)] {
        split(&record, &mut array, index, state).await;
    }
    array.left = Default::default();
    save(&record, &Job { state: JobState::Running, ..array.clone() }).await;
    let two = Usage { nodes: 0, ..Usage::of_nodes(2, NODE) };
    assert_eq!(record.store.usage(user_id(1)).await.expect("a read"), two);
    assert_eq!(record.store.worker_usage().await.expect("a read").first().map(|(_, usage)| *usage), Some(two));
    assert_eq!(numbers(&record.store.active_jobs().await.expect("a read")), [2, 3]);
    assert_eq!(record.store.active_elements(array.id).await.expect("a count"), 2);
    let counts = record.store.job_counts(user_id(1), at(0)).await.expect("a count");
    assert_eq!(counts, [(JobState::Running, 1)], "its owner sees it as one job that runs");
}

#[tokio::test]
async fn elements_are_counted_by_state_and_listed_by_index() {
    use JobState::{Completed, Failed, Running};
    let record = Record::of([1]).await;
    let mut one = array(&record.store, 1).await;
    for (index, state) in [(4, Completed), (0, Running), (9, Completed), (2, Failed)] {
        split(&record, &mut one, index, state).await;
    }
    let mut other = array(&record.store, 1).await;
    split(&record, &mut other, 5, Failed).await;
    let none = array(&record.store, 1).await;
    let counts = record.store.element_counts(&[one.id, other.id, none.id]).await.expect("a count");
    let of_one = Counts::from([(Running, 1), (Completed, 2), (Failed, 1)]);
    assert_eq!(counts, BTreeMap::from([(one.id, of_one.clone()), (other.id, Counts::from([(Failed, 1)]))]));
    assert!(record.store.element_counts(&[]).await.expect("no question").is_empty());
    record.run("UPDATE jobs SET state = 'asleep' WHERE array_index = 5").await;
    let readable = record.store.element_counts(&[one.id, other.id]).await.expect("a count");
    assert_eq!(readable, BTreeMap::from([(one.id, of_one)]), "one that is in no known state stops nothing");
    assert_eq!(elements(&record, &[], None, 9).await, [0, 2, 4, 9]);
    assert_eq!(elements(&record, &[], None, 2).await, [0, 2]);
    assert_eq!(elements(&record, &[], Some(2), 9).await, [4, 9]);
    assert_eq!(elements(&record, &[Completed, Running], Some(0), 9).await, [4, 9]);
    let indexes = record.store.element_indexes(one.id, &[Completed, Failed]).await.expect("a read");
    assert_eq!(indexes, [2, 4, 9]);
    let states = record.store.job_states(&[one.id, id(2), id(99)]).await.expect("a read");
    let ada = user_id(1);
    assert_eq!(states, BTreeMap::from([(one.id, (ada, JobState::Pending)), (id(2), (ada, Completed))]));
}

#[tokio::test]
async fn of_one_array_those_elements_are_cancelled_that_wait() {
    use JobState::{Cancelled, Failed, Pending, Running};
    let record = Record::of([1]).await;
    let (mut one, mut other) = (array(&record.store, 1).await, array(&record.store, 1).await);
    let waits = Job { attempt: None, ..split(&record, &mut one, 0, Pending).await };
    save(&record, &waits).await;
    for (index, state) in [(1, Pending), (2, Running), (3, Failed)] {
        split(&record, &mut one, index, state).await;
    }
    split(&record, &mut other, 0, Pending).await;
    let mut transaction = record.begin().await;
    assert_eq!(transaction.cancel_elements(one.id, at(9)).await.expect("a change"), 2);
    transaction.commit().await.expect("a commit");
    let counts = record.store.element_counts(&[one.id, other.id]).await.expect("a count");
    let of_one = Counts::from([(Cancelled, 2), (Running, 1), (Failed, 1)]);
    assert_eq!(counts, BTreeMap::from([(one.id, of_one), (other.id, Counts::from([(Pending, 1)]))]));
    let cancelled = Job { state: Cancelled, ended_at: Some(at(9)), ..waits };
    assert_eq!(record.store.job(cancelled.id).await.expect("a read"), Some(cancelled));
    assert_eq!(record.store.job(one.id).await.expect("a read"), Some(one), "the array itself waits on");
}

#[tokio::test]
async fn elements_are_dropped_with_their_array_and_not_before() {
    let record = Record::of([1]).await;
    let mut array = array(&record.store, 1).await;
    let element = split(&record, &mut array, 0, JobState::Completed).await;
    save(&record, &Job { ended_at: Some(at(2)), ..element.clone() }).await;
    let mut transaction = record.begin().await;
    assert_eq!(transaction.sweep_jobs(at(10)).await.expect("a sweep"), 0, "its number stays known");
    array.left = Default::default();
    transaction.save_job(&Job { state: JobState::Completed, ended_at: Some(at(3)), ..array }).await.expect("saved");
    assert_eq!(transaction.sweep_jobs(at(10)).await.expect("a sweep"), 2);
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.job(element.id).await.expect("a read"), None);
}
