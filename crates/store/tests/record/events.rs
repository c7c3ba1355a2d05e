//! Events: in order, each owner's own, and honest about what is no longer kept.

use std::time::Duration;

use control::ports::store::{EventBody, EventReads, Store, StoredEvent};
use domain::{job::JobState, quota::Usage};

use super::Record;
use crate::fixture::{NODE, at, change_everything, everywhere, user_id, vcluster, vcluster_id};

fn gone(number: u128) -> EventBody {
    EventBody::VclusterGone { id: vcluster_id(number), usage: Usage::of_nodes(1, NODE) }
}

/// Appends one event per owner, a second apart.
async fn appended(record: &Record, owners: &[u128]) -> Vec<i64> {
    let mut transaction = record.begin().await;
    let mut sequences = Vec::new();
    for (second, owner) in (0..).zip(owners) {
        sequences.push(transaction.append_event(user_id(*owner), at(second), &gone(*owner)).await.expect("an event"));
    }
    transaction.commit().await.expect("a commit");
    sequences
}

async fn sequences(record: &Record, owner: u128, after: i64, limit: u32) -> Option<Vec<i64>> {
    let events = record.store.events_after(user_id(owner), after, limit).await.expect("a read")?;
    assert!(events.iter().all(|event| event.owner == user_id(owner)));
    Some(events.into_iter().map(|event| event.sequence).collect())
}

async fn sweep(record: &Record, before: i64) -> u64 {
    let mut transaction = record.begin().await;
    let dropped = transaction.sweep(at(before), at(before)).await.expect("a sweep");
    transaction.commit().await.expect("a commit");
    dropped
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_appended() {
    let record = Record::of([1]).await;
    let mut changed = vcluster(1, 1, 3);
    change_everything(&mut changed.nodes[2]);
    let bodies = [
        EventBody::Vcluster { vcluster: Box::new(changed), usage: Usage::of_nodes(3, NODE).with_vcluster() },
        gone(1),
        EventBody::LimitsChanged,
        EventBody::Job { id: 7_i64.try_into().expect("a number"), state: JobState::OutOfMemory },
    ];
    let mut transaction = record.begin().await;
    for body in &bodies {
        transaction.append_event(user_id(1), at(3), body).await.expect("an event");
    }
    transaction.commit().await.expect("a commit");
    let events = record.store.events_after(user_id(1), 0, 10).await.expect("a read").expect("all of them");
    let expected =
        (1..).zip(bodies).map(|(sequence, body)| StoredEvent { sequence, owner: user_id(1), at: at(3), body });
    assert_eq!(events, expected.collect::<Vec<_>>());
}

#[tokio::test]
async fn each_owner_sees_their_own_events_in_order() {
    let record = Record::of([1, 2]).await;
    assert_eq!(record.store.last_event().await.expect("a read"), 0);
    assert_eq!(sequences(&record, 1, 0, 10).await, Some(vec![]));
    assert_eq!(appended(&record, &[1, 2, 1, 1]).await, [1, 2, 3, 4]);
    assert_eq!(sequences(&record, 1, 0, 10).await, Some(vec![1, 3, 4]));
    assert_eq!(sequences(&record, 1, 1, 1).await, Some(vec![3]));
    assert_eq!(sequences(&record, 2, 0, 10).await, Some(vec![2]));
    assert_eq!(sequences(&record, 1, 4, 10).await, Some(vec![]));
    assert_eq!(record.store.last_event().await.expect("a read"), 4);
}

#[tokio::test]
async fn who_may_have_missed_a_dropped_event_is_told_so() {
    let record = Record::of([1, 2]).await;
    appended(&record, &[1, 2, 1, 1]).await;
    assert_eq!(sweep(&record, 2).await, 2, "1 and 2 are older");
    assert_eq!(sequences(&record, 1, 0, 10).await, None);
    assert_eq!(sequences(&record, 1, 1, 10).await, None);
    assert_eq!(sequences(&record, 1, 2, 10).await, Some(vec![3, 4]));
}

#[tokio::test]
async fn the_count_goes_on_when_all_events_were_old() {
    let record = Record::of([1]).await;
    appended(&record, &[1, 1, 1]).await;
    assert_eq!(sweep(&record, 1000).await, 2, "the newest stays, as the mark of where the count is");
    assert_eq!(record.store.last_event().await.expect("a read"), 3);
    assert_eq!(sequences(&record, 1, 3, 10).await, Some(vec![]));
    assert_eq!(appended(&record, &[1]).await, [4]);
}

#[tokio::test]
async fn a_watcher_from_the_future_must_start_again() {
    let record = Record::of([1]).await;
    assert_eq!(sequences(&record, 1, 7, 10).await, None, "an empty record");
    appended(&record, &[1]).await;
    assert_eq!(sequences(&record, 1, 2, 10).await, None, "an older copy of the record");
    assert_eq!(sequences(&record, 1, -5, 10).await, None, "no count ever was there");
}

#[tokio::test]
async fn an_event_that_was_rolled_back_never_happened() {
    let record = Record::of([1]).await;
    record.begin().await.append_event(user_id(1), at(0), &gone(1)).await.expect("an event");
    assert_eq!(record.store.last_event().await.expect("a read"), 0);
    assert_eq!(sequences(&record, 1, 0, 10).await, Some(vec![]));
}

/// Numbers are given in transactions: a reader that has seen one must never see a smaller one come behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_misses_no_event_however_many_write() {
    const WRITERS: usize = 6;
    const EACH: usize = 15;
    let record = Record::of([1]).await;
    let elsewhere = record.elsewhere(Duration::from_secs(30)).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = if writer % 2 == 0 { record.store.clone() } else { elsewhere.clone() };
            tokio::spawn(async move {
                let mut written = Vec::new();
                for round in 0..EACH {
                    let mut transaction = store.begin().await.expect("the writer's place");
                    let sequence = transaction.append_event(user_id(1), at(0), &gone(1)).await.expect("an event");
                    for _ in 0..(writer + round) % 4 {
                        transaction.subnets_in(everywhere()).await.expect("a read"); // some commit later than others
                    }
                    if round % 5 == 4 {
                        continue; // rolled back: no event has its number
                    }
                    transaction.commit().await.expect("a commit");
                    written.push(sequence);
                }
                written
            })
        })
        .collect();
    let mut seen = Vec::new();
    loop {
        let ended = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let after = seen.last().copied().unwrap_or_default();
        seen.extend(sequences(&record, 1, after, 3).await.expect("all of them are kept"));
        if ended && seen.last().copied().unwrap_or_default() == record.store.last_event().await.expect("a read") {
            break;
        }
    }
    let mut written = Vec::new();
    for writer in writers {
        written.extend(writer.await.expect("no panic"));
    }
    written.sort_unstable();
    assert_eq!(seen, written);
}
