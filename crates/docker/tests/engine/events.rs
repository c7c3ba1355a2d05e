//! Events: what happens to our containers and networks, also from outside, is hinted at; what happens to others is not.

use std::{collections::VecDeque, time::Duration};

use control::ports::engine::{Engine, EngineError, EngineEvent};
use futures::{StreamExt, stream::BoxStream};

use crate::bench::{Bench, docker};

const SOON: Duration = Duration::from_secs(20);

async fn until(events: &mut BoxStream<'static, Result<EngineEvent, EngineError>>, wanted: &EngineEvent) {
    let mut others = VecDeque::new();
    let wait = async {
        loop {
            let event = events.next().await.expect("the stream goes on").expect("an event");
            if event == *wanted {
                return;
            }
            others.push_back(event);
        }
    };
    if tokio::time::timeout(SOON, wait).await.is_err() {
        panic!("waited for {wanted:?}, got {others:?}");
    }
}

#[tokio::test]
async fn what_others_do_to_our_things_is_heard() {
    let bench = Bench::new();
    let (network, spec, _) = bench.running().await;
    let mut events = bench.engine.events(bench.installation).await.expect("subscribed");
    let node = EngineEvent::Container(spec.instance);
    for action in ["pause", "unpause", "kill", "start", "stop"] {
        docker(&[action, &spec.name]);
        until(&mut events, &node).await;
    }
    docker(&["start", &spec.name]);
    docker(&["rm", "--force", &spec.name]);
    until(&mut events, &node).await;
    docker(&["network", "rm", &network.name]);
    until(&mut events, &EngineEvent::Network(network.vcluster)).await;
}

#[tokio::test]
async fn what_happens_between_subscribing_and_listening_is_heard() {
    let bench = Bench::new();
    let (_, spec, _) = bench.running().await;
    let mut events = bench.engine.events(bench.installation).await.expect("subscribed");
    // The request is sent when the stream is first polled; nothing may be missed until then.
    docker(&["kill", &spec.name]);
    docker(&["rm", &spec.name]);
    until(&mut events, &EngineEvent::Container(spec.instance)).await;
}

#[tokio::test]
async fn what_happens_to_others_is_not_heard() {
    let (bench, other) = (Bench::new(), Bench::new());
    let (_, mine, _) = bench.running().await;
    let mut events = bench.engine.events(bench.installation).await.expect("subscribed");
    let (_, theirs, _) = other.running().await;
    docker(&["kill", &theirs.name]);
    docker(&["kill", &mine.name]);
    // Own events since the subscription only: perhaps the start, surely the end.
    assert_eq!(
        tokio::time::timeout(SOON, events.next()).await.expect("in time"),
        Some(Ok(EngineEvent::Container(mine.instance)))
    );
}
