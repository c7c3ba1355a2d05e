//! One writer at a time, in this process and in others; nothing of a transaction is seen before its commit.

use std::{collections::BTreeSet, task::Poll, time::Duration};

use control::ports::store::{PageRequest, Store, StoreError, Transaction, UserReads, VclusterReads};
use domain::vcluster::Vcluster;
use futures::FutureExt;
use store::SqlStore;

use super::{HASTE, Record};
use crate::fixture::{account, at, everywhere, user_id, vcluster, vcluster_id};

const LONG: Duration = Duration::from_secs(30);

async fn refused(store: &SqlStore) -> StoreError {
    store.begin().await.err().expect("somebody else writes")
}

/// The writer's place, taken with less patience than a busy machine needs for a statement.
async fn at_last(store: &SqlStore) -> Box<dyn Transaction> {
    testkit::obtain("the writer's place", LONG, async || store.begin().await.ok()).await
}

#[tokio::test]
async fn a_second_process_waits_for_the_first() {
    let record = Record::of([1]).await;
    let elsewhere = record.elsewhere(LONG).await;
    let mut first = record.begin().await;
    let mut second = Box::pin(elsewhere.begin());
    assert!((&mut second).now_or_never().is_none());
    assert!(tokio::time::timeout(HASTE, &mut second).await.is_err(), "it waits");
    first.set_locked(user_id(1), true).await.expect("a change");
    first.commit().await.expect("a commit");
    let second = second.await.expect("the writer's place");
    let seen = second.account(&account(1).user.name).await.expect("a read").expect("the account");
    assert!(seen.user.locked, "and sees what the first has done");
}

#[tokio::test]
async fn a_second_process_gives_up_when_its_patience_ends() {
    let record = Record::of([1]).await;
    let elsewhere = record.elsewhere(HASTE).await;
    let first = record.begin().await;
    let error = refused(&elsewhere).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    drop(first);
    at_last(&elsewhere).await;
}

#[tokio::test]
async fn a_second_task_gives_up_when_its_patience_ends() {
    let record = Record::of([1]).await;
    let hasty = record.elsewhere(HASTE).await;
    let first = at_last(&hasty).await;
    let error = refused(&hasty).await;
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    drop(first);
    at_last(&hasty).await;
}

#[tokio::test]
async fn readers_do_not_wait_for_the_writer_and_see_what_was_committed() {
    let record = Record::of([1]).await;
    let mut writer = record.begin().await;
    writer.save_vcluster(&vcluster(1, 1, 2), at(0)).await.expect("a save");
    assert_eq!(record.store.vcluster(vcluster_id(1)).await.expect("a read"), None);
    writer.commit().await.expect("a commit");
    assert_eq!(record.store.vcluster(vcluster_id(1)).await.expect("a read"), Some(vcluster(1, 1, 2)));
}

#[tokio::test]
async fn a_transaction_that_is_dropped_changes_nothing() {
    let record = Record::of([1]).await;
    let mut dropped = record.begin().await;
    dropped.save_vcluster(&vcluster(1, 1, 2), at(0)).await.expect("a save");
    drop(dropped);
    let next = record.begin().await;
    assert_eq!(next.vcluster(vcluster_id(1)).await.expect("a read"), None);
    assert_eq!(next.subnets_in(everywhere()).await.expect("a read"), []);
}

#[tokio::test]
async fn a_refused_statement_leaves_the_transaction_usable_and_uncommitted() {
    let record = Record::of([1]).await;
    let mut transaction = record.begin().await;
    transaction.save_vcluster(&vcluster(1, 1, 1), at(0)).await.expect("a save");
    transaction.insert_account(&account(1)).await.expect_err("taken");
    assert!(transaction.vcluster(vcluster_id(1)).await.expect("a read").is_some());
    drop(transaction);
    assert_eq!(record.store.vcluster(vcluster_id(1)).await.expect("a read"), None);
}

/// A client that hangs up drops its request wherever it is. Whatever was under way must not stay open behind it.
#[tokio::test]
async fn a_caller_that_leaves_at_any_moment_leaves_nothing_behind() {
    let record = Record::of([1]).await;
    let elsewhere = record.elsewhere(LONG).await;
    let mut left = 0;
    // How often work is polled depends on the machine: where every answer was there at once, no caller left, and it
    // begins again.
    while left == 0 {
        for polls in 1.. {
            if is_done_before_leaving(&record, &elsewhere, polls).await {
                break;
            }
            left += 1;
        }
    }
}

/// Leaves after so many polls and looks for what is left behind. Says whether the work was done by then.
async fn is_done_before_leaving(record: &Record, elsewhere: &SqlStore, polls: usize) -> bool {
    let done = leave_after(polls, save_and_commit(record.store.clone())).await;
    let mut next = record.begin().await;
    let was_saved = next.vcluster(vcluster_id(1)).await.expect("a read").is_some();
    assert!(was_saved || !done, "what was answered is there");
    next.remove_vcluster(vcluster_id(1), at(1)).await.expect("a removal");
    next.set_locked(user_id(1), polls.is_multiple_of(2)).await.expect("a change");
    next.commit().await.expect("a commit");
    // Had a transaction been left open, this commit would have been a savepoint's, which no other connection sees.
    let seen = elsewhere.user(user_id(1)).await.expect("a read").expect("the user");
    assert_eq!(seen.locked, polls.is_multiple_of(2), "after {polls} polls");
    elsewhere.begin().await.expect("nobody holds the lock");
    done
}

async fn save_and_commit(store: SqlStore) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.save_vcluster(&vcluster(1, 1, 2), at(0)).await?;
    transaction.commit().await
}

/// Lets the work go on until it has been polled so often, then drops it. Says whether it was done by then.
async fn leave_after(polls: usize, work: impl Future<Output = Result<(), StoreError>>) -> bool {
    let mut work = std::pin::pin!(work);
    let mut polled = 0;
    std::future::poll_fn(|context| {
        polled += 1;
        match work.as_mut().poll(context) {
            Poll::Ready(result) => {
                result.expect("a commit");
                Poll::Ready(true)
            }
            Poll::Pending if polled >= polls => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The statements that load a vcluster must see one state of the record, however quickly it changes.
#[tokio::test(flavor = "multi_thread")]
async fn a_vcluster_is_never_seen_half_saved() {
    let record = Record::of([1]).await;
    record.save(&round_of(1)).await;
    let store = record.store.clone();
    let writer = tokio::spawn(async move {
        for round in 2..=300 {
            let mut transaction = store.begin().await?;
            transaction.save_vcluster(&round_of(round), at(0)).await?;
            transaction.commit().await?;
        }
        Ok::<_, StoreError>(())
    });
    let mut seen_rounds = BTreeSet::new();
    while !writer.is_finished() {
        let page = PageRequest { after: None, limit: 10 };
        let mut seen = record.store.vclusters_of(user_id(1), page).await.expect("a read").vclusters;
        seen.extend(record.store.all_vclusters().await.expect("a read").vclusters);
        seen.extend(record.store.vcluster(vcluster_id(1)).await.expect("a read"));
        for vcluster in seen {
            let round = vcluster.resources.cpu_milli;
            assert_eq!(vcluster, round_of(round));
            seen_rounds.insert(round);
        }
    }
    writer.await.expect("no panic").expect("every save");
    assert!(seen_rounds.len() > 2, "the reads ran beside the writes: {seen_rounds:?}");
}

/// One vcluster whose row and nodes all carry this number.
fn round_of(round: u32) -> Vcluster {
    let mut vcluster = vcluster(1, 1, 8);
    vcluster.resources.cpu_milli = round;
    vcluster.nodes.iter_mut().for_each(|node| node.generation.0 = u64::from(round));
    vcluster
}

/// Reads what is taken, then takes it if it is free: what control does with a name, a subnet or a limit.
async fn take(store: &SqlStore, new: Vcluster) -> Result<bool, StoreError> {
    let mut transaction: Box<dyn Transaction> = store.begin().await?;
    let full = transaction.usage(new.owner).await?.vclusters > 0;
    let taken = full || transaction.subnets_in(everywhere()).await?.contains(&new.subnet);
    tokio::task::yield_now().await;
    if !taken {
        transaction.save_vcluster(&new, at(0)).await?;
        transaction.commit().await?;
    }
    Ok(!taken)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_want_the_last_place_one_gets_it() {
    let record = Record::of([1]).await;
    let elsewhere = record.elsewhere(LONG).await;
    let contenders = (1..=24).map(|number| {
        let mut new = vcluster(1, number, 1);
        new.subnet = vcluster(1, 1, 1).subnet;
        let store = if number % 2 == 0 { record.store.clone() } else { elsewhere.clone() };
        tokio::spawn(async move { take(&store, new).await })
    });
    let mut winners = 0;
    for contender in futures::future::join_all(contenders).await {
        winners += usize::from(contender.expect("no panic").expect("no error"));
    }
    assert_eq!(winners, 1);
    assert_eq!(record.store.all_vclusters().await.expect("a read").vclusters.len(), 1);
}
