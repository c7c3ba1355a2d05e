//! Processes are reserved as memory is: an owner's nodes together, and all nodes of a host.

use control::{Error, Policy, ports::coordination::WorkerInfo};
use domain::{Violation, quota::Limits};

use crate::harness::{Harness, LIMITS, SOON, eventually, host, order, policy};

#[tokio::test]
async fn an_owner_s_nodes_together_have_no_more_processes_than_the_limit() {
    let quota_policy = Limits { pids: 3 * 512, ..LIMITS }.into();
    let harness = Harness::with(Policy { quota_policy, ..policy() }).await;
    let lab = harness.create("lab", 2).await;
    let refused = harness.control.vclusters.create(&harness.ada, order("more", 2), None).await;
    let rule = "needs 1024 processes, but your limit of 1536 leaves 512";
    let expected = [Violation::new("nodes", rule)];
    assert!(matches!(&refused, Err(Error::LimitExceeded(faults)) if *faults == expected), "{refused:?}");
    harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await.expect("one more fits");
    let refused = harness.control.vclusters.add_nodes(&harness.ada, lab.id, 1).await;
    assert!(matches!(refused, Err(Error::LimitExceeded(_))), "{refused:?}");
    harness.control.vclusters.create(&harness.bob, order("lab", 3), None).await.expect("another owner's are their own");
    let (limits, usage) = harness.control.accounts.holdings(&harness.ada).await.expect("holdings");
    assert_eq!((limits.pids, usage.pids), (1536, 1536));
}

#[tokio::test]
async fn all_nodes_of_a_host_leave_it_a_quarter_of_its_processes() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    harness.announce_as(&WorkerInfo { pids: Some(4096), ..host() }).await;
    eventually("control to hear of the host's kernel", SOON, async || {
        let hosts = harness.control.installation.hosts(&root).await.expect("hosts");
        hosts[0].offered_pids == Some(3072)
    })
    .await;
    harness.create("lab", 4).await;
    let refused = harness.control.vclusters.create(&harness.bob, order("lab", 3), None).await;
    let rule = "only 2 of the nodes fit now: each may have 512 processes, and the emptiest host has 0 left to give out";
    let expected = [Violation::new("nodes", rule)];
    assert!(matches!(&refused, Err(Error::NoRoom(faults)) if *faults == expected), "{refused:?}");
    harness.control.vclusters.create(&harness.bob, order("lab", 2), None).await.expect("two fit");
}

#[tokio::test]
async fn a_node_keeps_its_processes_when_the_setting_changes() {
    let mut harness = Harness::new().await;
    let lab = harness.create("lab", 1).await;
    let lab = harness.running(lab).await;
    harness.restart_with(Policy { pids: 64, ..policy() }).await;
    let lab = harness.get(lab.id).await.expect("it is there");
    assert_eq!((lab.resources.pids, lab.nodes[0].generation.0), (512, 1));
    assert_eq!(harness.create("new", 1).await.resources.pids, 64);
}
