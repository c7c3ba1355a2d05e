//! Which node is read when, and what becomes of what was read. No file is read here.

use domain::NodeId;
use uuid::Uuid;

use super::*;

const CONTAINER: &str = "0123456789abcdef";

fn node(number: u128) -> NodeAddress {
    NodeAddress { node: NodeId::new(Uuid::from_u128(number)), worker: "here".parse().expect("a name") }
}

fn reading(cpu_ms: u64) -> Option<Reading> {
    Some(Reading { cpu_ns: cpu_ms * 1_000_000, memory_bytes: 42 })
}

/// Reads every node whose turn it is as having used this much since its start; returns their number.
fn sample(usage: &Usage, now: Instant, at: DateTime<Utc>, cpu_ms: u64) -> usize {
    let (turns, _) = usage.turns(now);
    let count = turns.len();
    turns.into_iter().for_each(|turn| usage.take_in(turn, reading(cpu_ms), now, at));
    count
}

#[test]
fn a_node_is_read_seldom_until_somebody_watches_and_seldom_again_afterwards() {
    let (usage, begin, at) = (Usage::default(), Instant::now(), DateTime::<Utc>::UNIX_EPOCH);
    usage.runs(node(1).node.into(), CONTAINER);
    assert_eq!(sample(&usage, begin, at, 0), 1, "what it has used so far is where counting begins");
    let (turns, next) = usage.turns(begin + Duration::from_secs(14));
    assert_eq!((turns.len(), next), (0, begin + OTHERWISE_EVERY));
    let watched = begin + OTHERWISE_EVERY;
    assert_eq!(usage.watch(&[node(1)], None, watched)[0].samples, []);
    assert_eq!(sample(&usage, watched, at, 1500), 1);
    let seen = usage.watch(&[node(1)], None, watched);
    assert_eq!(seen[0].samples, [Sample { at, cpu_milli: 100, memory_bytes: 42 }]);
    assert_eq!(usage.watch(&[node(1)], Some(at), watched)[0].samples, [], "only what is new");
    let times = (1..40).filter(|second| sample(&usage, watched + Duration::from_secs(*second), at, 1500) == 1);
    assert_eq!(times.collect::<Vec<_>>(), [2, 4, 6, 8, 23, 38]);
}

#[test]
fn an_hour_is_kept_and_no_more_than_fits() {
    let (usage, begin) = (Usage::default(), Instant::now());
    usage.runs(node(1).node.into(), CONTAINER);
    for second in (0_u32..3 * 3600).step_by(2) {
        let now = begin + Duration::from_secs(second.into());
        let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(second.into());
        usage.watch(&[node(1)], None, now);
        sample(&usage, now, at, u64::from(second) * 500);
    }
    let samples = &usage.watch(&[node(1)], None, begin)[0].samples;
    assert!((MOST_KEPT - 1..=MOST_KEPT).contains(&samples.len()), "{}", samples.len());
    assert!(samples.iter().all(|sample| sample.cpu_milli == 500));
    assert!(samples[samples.len() - 1].at - samples[0].at <= KEPT_FOR);
}

#[test]
fn a_node_that_rests_keeps_its_past_and_counts_anew_in_its_next_container() {
    let (usage, begin, at) = (Usage::default(), Instant::now(), DateTime::<Utc>::UNIX_EPOCH);
    let (one, seconds) = (node(1).node.into(), Duration::from_secs);
    usage.runs(one, CONTAINER);
    sample(&usage, begin, at, 10_000);
    sample(&usage, begin + seconds(20), at, 30_000);
    let stale = usage.turns(begin + seconds(40)).0.remove(0);
    usage.rests(one);
    usage.take_in(stale, reading(50_000), begin + seconds(40), at);
    assert_eq!(sample(&usage, begin + seconds(60), at, 0), 0, "what does not run is not read");
    usage.runs(one, "fedcba9876543210");
    sample(&usage, begin + seconds(80), at, 5);
    sample(&usage, begin + seconds(100), at, 2005);
    let shares: Vec<u32> = usage.watch(&[node(1)], None, begin)[0].samples.iter().map(|s| s.cpu_milli).collect();
    assert_eq!(shares, [1000, 100]);
    usage.forget(one);
    assert_eq!(usage.watch(&[node(1)], None, begin), []);
}
