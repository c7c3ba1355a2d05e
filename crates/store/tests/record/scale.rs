//! How long things take with 10,000 vclusters. Printed, not asserted: machines differ, and `make bench` has the bars.

use std::time::{Duration, Instant};

use control::ports::store::{PageRequest, VclusterReads};
use domain::subnet;

use super::Record;
use crate::fixture::{at, user_id, vcluster};

const VCLUSTERS: u128 = 10_000;
const OWNERS: u128 = 500;
const ROUNDS: u32 = 50;

#[tokio::test]
async fn lists_and_saves_among_ten_thousand_vclusters() {
    let pool = "172.16.0.0/12".parse().expect("a network");
    let record = Record::of(1..=OWNERS).await;
    let mut transaction = record.begin().await;
    for number in 1..=VCLUSTERS {
        let owner = number % OWNERS + 1;
        transaction.save_vcluster(&vcluster(owner, number, 2), at(0)).await.expect("a save");
    }
    transaction.commit().await.expect("a commit");

    let mut times: Vec<(&str, Vec<Duration>)> = Vec::new();
    let (mut pages, mut usages, mut places, mut saves) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let owner = user_id(u128::from(round) % OWNERS + 1);
        let began = Instant::now();
        let page =
            record.store.vclusters_of(owner, PageRequest { after: None, limit: 50 }).await.expect("a read").vclusters;
        pages.push(began.elapsed());
        assert_eq!(page.len(), 20);
        assert!(page.iter().all(|vcluster| vcluster.nodes.len() == 2));

        let began = Instant::now();
        record.store.usage(owner).await.expect("a read");
        usages.push(began.elapsed());

        let began = Instant::now();
        let transaction = record.begin().await;
        transaction.worker_usage().await.expect("a read");
        let newest = transaction.newest_subnet().await.expect("a read");
        let window = subnet::windows(pool, 27, newest).next().expect("a window");
        transaction.subnets_in(window).await.expect("a read");
        places.push(began.elapsed());
        drop(transaction);

        let began = Instant::now();
        record.save(&page[0]).await;
        saves.push(began.elapsed());
    }
    times.extend([
        ("a page of 20", pages),
        ("usage of one owner", usages),
        ("what a placement reads", places),
        ("a save with its commit", saves),
    ]);
    let began = Instant::now();
    assert_eq!(
        record.store.all_vclusters().await.expect("a read").vclusters.len(),
        usize::try_from(VCLUSTERS).expect("a number")
    );
    times.push(("all of them", vec![began.elapsed()]));
    report(times);
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
fn report(times: Vec<(&str, Vec<Duration>)>) {
    for (what, mut times) in times {
        times.sort();
        println!("{what}: p50 {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1]);
    }
}
