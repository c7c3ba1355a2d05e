//! Nodes that do not come up: they say why, and nothing of them runs on.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use control::ports::{coordination::Order, engine::RunState};

use crate::lab::Lab;

/// A lab whose docklet-init is this script.
async fn lab_with(script: &str) -> (Lab, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let init = dir.path().join("init");
    std::fs::write(&init, script).expect("written");
    std::fs::set_permissions(&init, std::fs::Permissions::from_mode(0o755)).expect("made executable");
    let mut lab = Lab::new();
    lab.config.init = init;
    lab.config.ready_within = Duration::from_secs(2);
    control::ports::coordination::AssignmentPublisher::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    (lab, dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_exits_at_once_says_its_last_words() {
    let (lab, _dir) = lab_with("#!/bin/sh\necho first line\necho 'cannot go on' >&2\nexit 3\n").await;
    let nodes = lab.vcluster(1);
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.starts_with("the node ended with exit code 3 right after its start; it said: "), "{reason}");
    assert!(reason.contains("cannot go on"), "{reason}");
    let again = lab.order(&nodes, Order::Run).await;
    assert!(lab.failure(&again[0]).await.contains("exit code 3"), "a start is a new try");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_init_never_answers_is_given_up_and_does_not_run_on() {
    let (lab, _dir) = lab_with("#!/bin/sh\necho thinking\nexec sleep 600\n").await;
    let nodes = lab.vcluster(1);
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.starts_with("docklet-init was not ready within 2 s"), "{reason}");
    assert!(reason.ends_with("it said: thinking"), "{reason}");
    let run = lab.container(&nodes[0]).await.expect("is there").run;
    assert!(matches!(run, RunState::Exited { .. }), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_executed_is_said() {
    let (lab, _dir) = lab_with("not a program").await;
    let nodes = lab.vcluster(1);
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    // By the engine, or, where the engine only notices later, as the node's last words.
    assert!(reason.contains("exec format error"), "{reason}");
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
}

/// Its socket was taken away: the owner's start must bring it back.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_cut_off_is_restarted_by_a_new_order_only() {
    let mut lab = Lab::new();
    lab.config.ready_within = Duration::from_secs(2);
    control::ports::coordination::AssignmentPublisher::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    std::fs::remove_file(lab.run_dir(nodes[0].instance).join("init.sock")).expect("removed");
    lab.kill();
    lab.start();
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.contains("its docklet-init does not answer"), "{reason}");
    assert_eq!(lab.running_since(&nodes[0]).await, since, "adopting never restarts");
    let again = lab.order(&nodes, Order::Run).await;
    lab.run(&again).await;
    assert!(lab.running_since(&nodes[0]).await > since);
}
