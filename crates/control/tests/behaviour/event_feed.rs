//! The feed: in order, the owner's own, and nothing missed over a gap.

use crate::harness::{Harness, SOON, eventually, order};
use control::{
    events::Feed,
    ports::{coordination::Order, store::EventBody},
};
use domain::{node::Phase, quota::OwnLimits};
use futures::StreamExt;

fn name(feed: Feed) -> (i64, String) {
    match feed {
        Feed::Event(event) => match event.body {
            EventBody::Vcluster { vcluster, .. } => (event.sequence, vcluster.name.to_string()),
            EventBody::VclusterGone { .. } => (event.sequence, "gone".into()),
            EventBody::LimitsChanged => (event.sequence, "limits".into()),
            EventBody::Job { id, .. } => (event.sequence, format!("job {id}")),
        },
        Feed::Resync { sequence } => (sequence, "resync".into()),
    }
}

#[tokio::test]
async fn watchers_see_their_own_changes_live_and_in_order() {
    let harness = Harness::new().await;
    let events = &harness.control.events;
    let mut feed = Box::pin(events.subscribe(&harness.ada, None).await.expect("a feed"));
    harness.control.vclusters.create(&harness.bob, order("bobs", 1), None).await.expect("bob's");
    harness.create("one", 1).await;
    harness.create("two", 1).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(name(feed.next().await.expect("an event").expect("no error")));
    }
    assert_eq!([seen[0].1.as_str(), seen[1].1.as_str()], ["one", "two"]);
    assert!(seen[0].0 < seen[1].0);
}

#[tokio::test]
async fn whoever_gets_other_limits_is_told_and_nobody_else() {
    let harness = Harness::new().await;
    let events = &harness.control.events;
    let mut feed = Box::pin(events.subscribe(&harness.ada, None).await.expect("a feed"));
    let more = OwnLimits { nodes: Some(3), ..OwnLimits::default() };
    for name in ["bob", "ada"] {
        harness.control.accounts.set_own_limits(name, more).await.expect("it is changed");
    }
    harness.create("one", 1).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        seen.push(name(feed.next().await.expect("an event").expect("no error")).1);
    }
    assert_eq!(seen, ["limits", "one"]);
}

#[tokio::test]
async fn a_watcher_that_was_away_gets_what_it_missed_and_goes_on_live() {
    let harness = Harness::new().await;
    let events = &harness.control.events;
    let position = events.position().await.expect("a position");
    let one = harness.create("one", 1).await;
    let mut feed = Box::pin(events.subscribe(&harness.ada, Some(position)).await.expect("a feed"));
    assert_eq!(name(feed.next().await.expect("an event").expect("no error")).1, "one");
    harness.control.vclusters.delete(&harness.ada, one.id).await.expect("it can be deleted");
    harness.work(one.nodes[0].id, Order::Remove, Phase::Absent).await;
    eventually("the vcluster to be gone", SOON, async || harness.get(one.id).await.is_none()).await;
    let mut last = String::new();
    while last != "gone" {
        last = name(feed.next().await.expect("an event").expect("no error")).1;
    }
}

#[tokio::test]
async fn a_position_from_another_record_is_answered_with_resync() {
    let harness = Harness::new().await;
    let mut feed = Box::pin(harness.control.events.subscribe(&harness.ada, Some(1_000_000)).await.expect("a feed"));
    assert_eq!(name(feed.next().await.expect("a feed item").expect("no error")).1, "resync");
    harness.create("one", 1).await;
    assert_eq!(name(feed.next().await.expect("an event").expect("no error")).1, "one");
}
