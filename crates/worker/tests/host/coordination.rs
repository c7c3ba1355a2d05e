//! Coordination comes, goes and forgets; nodes do not mind.

use control::ports::{
    coordination::{Assignment, AssignmentPublisher, Order},
    engine::RunState,
};
use domain::node::{Generation, Phase};
use testkit::build::OfNode as _;
use testkit::eventually;

use crate::lab::{Lab, SOON, WORKER, docker};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_and_emptied_coordination_is_told_everything_again() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    lab.coordination.cut();
    lab.coordination.wipe();
    lab.coordination.mend();
    eventually("it announces itself again", SOON, || async { !lab.coordination.workers().is_empty() }).await;
    lab.coordination.assign_all(&nodes).await.expect("published");
    lab.run(&nodes).await;
    assert_eq!(lab.running_since(&nodes[0]).await, since);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_coordination_is_cut_is_told_afterwards() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.coordination.cut();
    docker(&["kill", &lab.name(&nodes[0])]).expect("killed");
    docker(&["wait", &lab.name(&nodes[0])]).expect("has ended");
    lab.coordination.mend();
    assert_eq!(lab.failure(&nodes[0]).await, "the node was killed outside Docklet");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_order_is_refused_also_after_a_restart() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let newer = lab.order(&nodes, Order::Run).await;
    lab.run(&newer).await;
    lab.kill();
    // A portal that does not know the newest order publishes an older one into an emptied coordination.
    let report = lab.coordination.report_of(nodes[0].instance).expect("reported");
    lab.coordination.wipe();
    control::ports::coordination::WorkerCoordination::report(&lab.coordination, &[report]).await.expect("put back");
    let old = Assignment { order: Order::Remove, generation: Generation::FIRST, ..nodes[0].clone() };
    // Complete, even: what is refused is no orphan either.
    lab.coordination.assign_all(&[old]).await.expect("published");
    lab.start();
    lab.looked_over().await;
    assert!(lab.container(&nodes[0]).await.is_some(), "it was not removed");
    // The reports are lost, too, but the container itself was made for a later order than this one.
    lab.kill();
    let late = Assignment { generation: Generation(7), ..newer[0].clone() };
    docker(&["rm", "--force", &lab.name(&late)]).expect("removed");
    lab.coordination.wipe();
    lab.coordination.assign_all(std::slice::from_ref(&late)).await.expect("published");
    lab.start();
    lab.run(std::slice::from_ref(&late)).await;
    lab.kill();
    lab.coordination.wipe();
    let remove = Assignment { order: Order::Remove, ..newer[0].clone() };
    lab.coordination.assign_all(&[remove]).await.expect("published");
    lab.start();
    lab.looked_over().await;
    assert!(lab.container(&nodes[0]).await.is_some(), "it was not removed");
    // Control hears which order was carried out: its record is behind.
    eventually("the later order is reported", SOON, || async {
        lab.coordination
            .report_of(nodes[0].instance)
            .is_some_and(|report| report.observation.generation == Generation(7))
    })
    .await;
    let newest = lab.order(&[late], Order::Stop).await;
    lab.phase(&newest[0], "stopped", |phase| *phase == Phase::Stopped).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_coordination_changes_nothing_on_the_host() {
    let lab = Lab::started().await;
    let (early, gone) = (lab.vcluster(1), lab.vcluster(1));
    lab.run(&early).await;
    lab.run(&gone).await;
    let copy = lab.coordination.copy();
    // What the copy does not know: a later order, a removed node, and a new one.
    let stopped = lab.order(&early, Order::Stop).await;
    lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
    lab.remove(&gone).await;
    let gone = lab.coordination.assignment(gone[0].instance).expect("published");
    lab.coordination.withdraw(&[(gone.worker.clone(), gone.instance, gone.generation)]).await.expect("withdrawn");
    let late = lab.vcluster(1);
    lab.run(&late).await;
    lab.shell(&late[0], "echo mine > /opt/file").expect("written");
    let since = lab.running_since(&late[0]).await;
    lab.coordination.forget_that_everything_was_published();
    lab.coordination.restore(&copy);
    eventually("it watches again", SOON, || async { lab.coordination.watchers().0 == 1 }).await;
    lab.looked_over().await;
    assert_eq!(lab.running_since(&late[0]).await, since, "a node the copy does not know runs on");
    assert!(lab.container(&gone).await.is_none(), "a node only the copy knows is not made again");
    assert!(!matches!(lab.container(&early[0]).await.expect("is there").run, RunState::Running { .. }));

    let all = [stopped, late.clone()].concat();
    lab.coordination.assign_all(&all).await.expect("published");
    lab.run(&late).await;
    assert_eq!(lab.running_since(&late[0]).await, since);
    assert_eq!(lab.shell(&late[0], "cat /opt/file").as_deref(), Ok("mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_what_its_host_has_and_what_it_routes() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let here = || async { lab.coordination.workers().into_iter().find(|info| info.name.as_str() == WORKER) };
    eventually("it is ready", SOON, || async { here().await.is_some_and(|info| info.unready.is_none()) }).await;
    let info = here().await.expect("announced");
    assert!(info.cpu_milli >= 1000 && info.memory_mib >= 512, "{info:?}");
    let is_bridge = |text: &str| info.routed.contains(&text.parse().expect("a network"));
    assert!(is_bridge("172.17.0.0/16"), "Docker's own bridge: {:?}", info.routed);
    assert!(!info.routed.contains(&nodes[0].place().subnet), "its own networks are not in the way: {:?}", info.routed);
    assert!(info.routed.iter().all(|network| network.prefix_len() > 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_in_order_and_not_too_often() {
    use control::ports::coordination::ReportEvent;
    use futures::StreamExt;
    let lab = Lab::started().await;
    let mut reports = lab.coordination.watch_reports().await.expect("watched");
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let mut phases = Vec::new();
    while !matches!(phases.last(), Some(Phase::Running { .. })) {
        if let ReportEvent::Reported(batch) = reports.next().await.expect("goes on").expect("a report") {
            phases.extend(batch.into_iter().map(|report| report.observation.phase));
        }
    }
    let (last, steps) = phases.split_last().expect("at least one");
    assert!(matches!(last, Phase::Running { .. }));
    assert_eq!(steps.first(), Some(&Phase::Starting { step: "creating the container".into() }));
    assert!(steps.iter().all(|phase| matches!(phase, Phase::Starting { .. })), "{steps:?}");
}
