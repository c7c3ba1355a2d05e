//! What nodes use, as their host sees it.

use std::time::Duration;

use control::ports::{
    node::{NodeAddress, NodeError},
    usage::{Sample, Usages},
};
use domain::node::Phase;
use testkit::obtain;

use crate::lab::{Lab, SOON, address};

async fn samples(lab: &Lab, node: &NodeAddress) -> Vec<Sample> {
    let found = lab.worker().samples(std::slice::from_ref(node), None).await.expect("the worker answers");
    found.into_iter().next().map(|node| node.samples).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn cpu_and_memory_of_each_node_are_seen_while_somebody_watches() {
    let lab = Lab::started().await;
    let mut nodes = lab.vcluster(2);
    for node in &mut nodes {
        (node.resources.cpu_milli, node.resources.memory_mib) = (500, 256);
    }
    lab.run(&nodes).await;
    let (busy, idle) = (address(&nodes[0]), address(&nodes[1]));
    // It holds 100 MB and computes as much as it may.
    let line = "nohup python3 -c 'x = bytearray(100_000_000)\nwhile True: pass' >/dev/null 2>&1 &";
    lab.shell(&nodes[0], line).expect("a busy program");
    let seen = obtain("a sample of the busy node", SOON, || async {
        let last = *samples(&lab, &busy).await.last()?;
        (last.cpu_milli > 300 && last.memory_bytes > 100_000_000).then_some(last)
    })
    .await;
    assert!(seen.cpu_milli < 700, "the limit of half a processor holds: {seen:?}");
    assert!(seen.memory_bytes < 256 * 1024 * 1024, "{seen:?}");
    let quiet =
        obtain("a sample of the idle node", SOON, || async { samples(&lab, &idle).await.last().copied() }).await;
    assert!(quiet.cpu_milli < 300 && quiet.memory_bytes < 100_000_000, "{quiet:?}");
    // Watched, there is one about every two seconds.
    let before = samples(&lab, &busy).await;
    let more = obtain("three samples more", SOON, || async {
        let after = samples(&lab, &busy).await;
        (after.len() >= before.len() + 3).then_some(after)
    })
    .await;
    let newest: Vec<_> = more[more.len() - 3..].iter().map(|sample| sample.at).collect();
    for pair in newest.windows(2) {
        let apart = (pair[1] - pair[0]).to_std().expect("oldest first");
        assert!((Duration::from_millis(1500)..Duration::from_secs(5)).contains(&apart), "{apart:?}");
    }
    let stopped = lab.order(&nodes, control::ports::coordination::Order::Stop).await;
    for node in &stopped {
        lab.phase(node, "stopped", |phase| *phase == Phase::Stopped).await;
    }
    assert!(samples(&lab, &busy).await.len() >= more.len(), "what was seen is kept for an hour");
    lab.remove(&stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_host_is_not_asked_for_here() {
    let mut lab = Lab::new();
    lab.start();
    let nodes = lab.vcluster(1);
    let elsewhere = NodeAddress { worker: "elsewhere".parse().expect("a name"), ..address(&nodes[0]) };
    assert!(matches!(lab.worker().samples(&[elsewhere], None).await, Err(NodeError::Unreachable(_))));
    let unknown = lab.worker().samples(&[address(&nodes[0])], None).await.expect("an answer");
    assert_eq!(unknown, []);
}
