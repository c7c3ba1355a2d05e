//! The engine itself is restarted: an engine of the test's own, with whatever was on it.

use control::ports::{
    clock::{Clock, SystemClock},
    coordination::{Assignment, AssignmentPublisher, Order},
    engine::RunState,
};
use domain::{node::Phase, resources::Resources};
use testkit::{OwnEngine, eventually};

use crate::lab::{Lab, SOON};

/// What a person has left behind when the engine is restarted.
#[derive(Debug, Clone, Copy)]
enum Left {
    Nothing,
    Stopped,
    Running,
}

fn inside(engine: &OwnEngine, lab: &Lab, node: &Assignment, line: &str) -> String {
    engine.docker(&["exec", &lab.name(node), "sh", "-c", line]).expect("a shell")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_of_the_engine_a_persons_next_node_has_their_home_whatever_they_left_behind() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    for left in [Left::Nothing, Left::Stopped, Left::Running] {
        let nodes = lab.vcluster(1);
        lab.run(&nodes).await;
        inside(&engine, &lab, &nodes[0], "echo mine > /root/mark");
        match left {
            Left::Nothing => lab.remove(&nodes).await,
            Left::Stopped => {
                let stopped = lab.order(&nodes, Order::Stop).await;
                lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
            }
            Left::Running => {}
        }
        engine.stop().await;
        engine.go_on().await;
        let next: Vec<Assignment> = lab
            .vcluster(1)
            .into_iter()
            .map(|node| Assignment { owner: nodes[0].owner, has_home: true, ..node })
            .collect();
        lab.run(&next).await;
        assert_eq!(inside(&engine, &lab, &next[0], "cat /root/mark"), "mine", "{left:?}");
    }
}

/// How the engine goes away.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// Told to: it stops the containers first, and answers meanwhile.
    Stopped,
    Killed,
    /// With everything on the host.
    NoPower,
}

async fn gone(engine: &OwnEngine, way: Way) {
    match way {
        Way::Stopped => engine.stop().await,
        Way::Killed => engine.kill().await,
        Way::NoPower => engine.cut_power().await,
    }
}

/// As control does with one that went down.
async fn started_again(lab: &Lab, nodes: &[Assignment], words: &str) -> Vec<Assignment> {
    for node in nodes {
        let phase = lab.phase(node, "interrupted", |phase| matches!(phase, Phase::Interrupted { .. })).await;
        assert!(matches!(&phase, Phase::Interrupted { reason, .. } if reason == words), "{phase:?}");
    }
    let again = lab.order(nodes, Order::Run).await;
    lab.run(&again).await;
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_when_the_engine_went_away_is_said_to_have_gone_down_with_it_however_it_went() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let mut nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    inside(&engine, &lab, &nodes[0], "echo kept > /opt/mark");
    for way in [Way::Stopped, Way::Killed, Way::NoPower] {
        gone(&engine, way).await;
        engine.go_on().await;
        nodes = started_again(&lab, &nodes, "the Docker Engine was restarted").await;
        let kept = inside(&engine, &lab, &nodes[0], "cat /opt/mark");
        assert_eq!(kept, "kept", "the same container runs: {way:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_in_which_a_process_once_ran_out_of_memory_runs_again_like_any_other() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let small = |node: Assignment| {
        let resources = Resources { memory_mib: 64, ..node.resources };
        Assignment { resources, ..node }
    };
    let nodes: Vec<Assignment> = lab.vcluster(1).into_iter().map(small).collect();
    lab.run(&nodes).await;
    let greedy = "text=0123456789abcdef; while :; do text=$text$text; done";
    let ended = engine.docker(&["exec", &lab.name(&nodes[0]), "sh", "-c", greedy]);
    assert!(ended.is_err(), "the kernel ends it: {ended:?}");
    eventually("it is told", SOON, || async { lab.notes(&nodes[0]).out_of_memory.is_some() }).await;
    engine.stop().await;
    engine.go_on().await;
    let says = |what| engine.docker(&["inspect", "--format", what, &lab.name(&nodes[0])]).expect("it is there");
    assert_eq!(says("{{.State.OOMKilled}}"), "true", "the engine goes on saying so of the whole container");
    started_again(&lab, &nodes, "the Docker Engine was restarted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_from_its_power_ran_until_then_and_not_until_the_engine_found_it() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    engine.cut_power().await;
    let cut = SystemClock.now();
    engine.go_on().await;
    let phase = lab.phase(&nodes[0], "interrupted", |phase| matches!(phase, Phase::Interrupted { .. })).await;
    let found = match lab.container(&nodes[0]).await.map(|container| container.run) {
        Some(RunState::Exited { at, .. }) => at,
        other => panic!("it has ended: {other:?}"),
    };
    assert!(matches!(phase, Phase::Interrupted { ended, .. } if ended <= cut && ended > chrono::DateTime::UNIX_EPOCH));
    assert!(found > cut, "the engine itself says when it found it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_went_down_with_its_host_concludes_the_same_when_it_is_back() {
    let mut engine = OwnEngine::start(&[]).await;
    let mut lab = Lab::on(&engine.socket());
    lab.config.boot_id = lab.config.data_dir.join("boot_id");
    lab.coordination.assign_all(&[]).await.expect("coordination answers");
    for (boot, way) in [Way::Stopped, Way::NoPower].into_iter().enumerate() {
        std::fs::write(&lab.config.boot_id, format!("{boot}")).expect("written");
        lab.start();
        let mut nodes = lab.vcluster(1);
        lab.run(&nodes).await;
        lab.kill();
        gone(&engine, way).await;
        std::fs::write(&lab.config.boot_id, format!("another {boot}")).expect("written");
        engine.go_on().await;
        lab.start();
        // The worker is ended once more before control has taken the report in.
        let interrupted = |phase: &Phase| matches!(phase, Phase::Interrupted { .. });
        lab.phase(&nodes[0], "interrupted", interrupted).await;
        lab.kill();
        lab.start();
        nodes = started_again(&lab, &nodes, "the host was restarted").await;
        lab.remove(&nodes).await;
        lab.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_by_itself_before_a_restart_stays_down_after_it() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    engine.docker(&["rm", "--force", &lab.name(&nodes[0])]).expect("removed");
    let reason = lab.failure(&nodes[0]).await;
    engine.stop().await;
    engine.go_on().await;
    started_again(&lab, &nodes[1..], "the Docker Engine was restarted").await;
    lab.looked_over().await;
    assert_eq!(lab.failure(&nodes[0]).await, reason);
    assert_eq!(lab.container(&nodes[0]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_live_restore_a_restart_of_the_engine_ends_nothing() {
    let mut engine = OwnEngine::start(&["--live-restore"]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let nodes = lab.vcluster(2);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    for way in [Way::Stopped, Way::Killed] {
        gone(&engine, way).await;
        for node in &nodes {
            lab.phase(node, "lost", |phase| matches!(phase, Phase::Lost { .. })).await;
        }
        engine.go_on().await;
        lab.run(&nodes).await;
        assert_eq!(lab.running_since(&nodes[0]).await, since, "{way:?}");
    }
    // What ends while it is away, and the others run on, has ended by itself.
    let id = engine.docker(&["inspect", "--format", "{{.State.Pid}}", &lab.name(&nodes[0])]).expect("it runs");
    engine.kill().await;
    engine.end_process(&id);
    engine.go_on().await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.contains("ended while the Docker Engine was away"), "{reason}");
}
