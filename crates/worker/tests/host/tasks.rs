//! Tasks: a command in a container of its own, run to its end and once, whatever happens to the worker meanwhile.

use control::ports::{
    coordination::{Assignment, AssignmentPublisher, Order, Workload},
    engine::RunState,
};
use domain::{
    node::Phase,
    resources::Resources,
    task::{Exit, Outcome},
};
use testkit::{OwnEngine, build, eventually};

use crate::lab::{Lab, SOON, WORKER, docker};

/// Notes each run in the owner's home.
const COUNTED: &str = "echo run >> /root/runs; ";

fn shell(line: &str) -> Assignment {
    let task = build::task(WORKER, &["sh", "-c", &format!("{COUNTED}{line}")]);
    Assignment { resources: Resources { memory_mib: 96, ..task.resources }, ..task }
}

const fn code(code: u8) -> Outcome {
    Outcome { exit: Exit::Code(code), out_of_memory: false, timed_out: false, used: None }
}

const fn signal(signal: u8) -> Outcome {
    Outcome { exit: Exit::Signal(signal), out_of_memory: false, timed_out: false, used: None }
}

impl Lab {
    /// How its command ended. What it used is another every time.
    pub(crate) async fn outcome(&self, task: &Assignment) -> Outcome {
        match self
            .phase(task, "over", |phase| {
                !matches!(phase, Phase::Starting { .. } | Phase::Running { .. } | Phase::Stopping | Phase::Lost { .. })
            })
            .await
        {
            Phase::Exited(outcome) => Outcome { used: None, ..outcome },
            other => panic!("its command ended: {other:?}"),
        }
    }

    async fn runs(&self, task: &Assignment) {
        self.phase(task, "running", |phase| matches!(phase, Phase::Running { .. })).await;
        eventually("its command has begun", SOON, || async { runs_of(docker, task) == 1 }).await;
    }
}

/// How often its command has begun.
fn runs_of(docker: impl Fn(&[&str]) -> Result<String, String>, task: &Assignment) -> usize {
    let home = worker::home_name(task.owner);
    let place = docker(&["volume", "inspect", "--format", "{{.Mountpoint}}", &home]).expect("a home");
    std::fs::read_to_string(format!("{place}/runs")).map_or(0, |runs| runs.lines().count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_a_signal_and_used_up_memory_are_told_apart() {
    let lab = Lab::started().await;
    let hog = "python3 -c 'x = bytearray(300 << 20)'";
    for (line, outcome) in [
        ("exit 0", code(0)),
        ("exit 3", code(3)),
        // What a shell says of a signal is a code all the same.
        ("exit 137", code(137)),
        ("kill -9 $$", signal(9)),
        ("kill -15 $$", signal(15)),
        (&format!("exec {hog}"), Outcome { out_of_memory: true, ..signal(9) }),
        (&format!("{hog}; exit 4"), Outcome { out_of_memory: true, ..code(4) }),
    ] {
        let task = shell(line);
        lab.publish(std::slice::from_ref(&task)).await;
        assert_eq!(lab.outcome(&task).await, outcome, "{line}");
        assert_eq!(runs_of(docker, &task), 1, "{line}");
        lab.remove(&[task]).await;
    }
    let missing = build::task(WORKER, &["no-such-program"]);
    lab.publish(std::slice::from_ref(&missing)).await;
    assert_eq!(lab.outcome(&missing).await, code(127));
    lab.remove(&[missing]).await;
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_has_no_network_and_what_its_command_leaves_running_ends_with_it() {
    let lab = Lab::started().await;
    let task = shell("sleep 1000 & ls /sys/class/net > /root/links; exit 0");
    lab.publish(std::slice::from_ref(&task)).await;
    assert_eq!(lab.outcome(&task).await, code(0));
    let home = worker::home_name(task.owner);
    let place = docker(&["volume", "inspect", "--format", "{{.Mountpoint}}", &home]).expect("a home");
    assert_eq!(std::fs::read_to_string(format!("{place}/links")).expect("written").trim(), "lo");
    lab.remove(&[task]).await;
}

/// How many requests a task takes from the beginning to its end, those of the worker's own rounds among them.
async fn requests_of(lab: &Lab, line: &str) -> usize {
    let (task, before) = (shell(line), lab.door.requests());
    lab.publish(std::slice::from_ref(&task)).await;
    assert_eq!(lab.outcome(&task).await, code(7));
    let requests = lab.door.requests() - before;
    lab.remove(&[task]).await;
    requests
}

/// Each request of a task in turn is held, before the engine has heard of it or with its answer, and then the worker is ended as
/// by kill -9. What ends at once has ended by then, and what takes a moment is still under way.
#[tokio::test(flavor = "multi_thread")]
async fn ended_at_every_request_to_the_engine_a_worker_runs_a_task_once_and_tells_its_end() {
    let mut lab = Lab::started().await;
    for (line, answered) in [("sleep 0.3; exit 7", false), ("exit 7", true)] {
        let requests = requests_of(&lab, line).await;
        assert!(requests >= 5, "created, started, looked at, concluded: {requests}");
        for request in 0..requests {
            let task = shell(line);
            let hold = lab.door.hold(request, answered);
            lab.publish(std::slice::from_ref(&task)).await;
            // Another run may need fewer.
            tokio::select! {
                () = hold.held.cancelled() => {}
                _ = lab.outcome(&task) => {}
            }
            lab.kill();
            lab.door.let_go();
            lab.start();
            let at = format!("{line}: ended at request {request} of {requests}, answered: {answered}");
            assert_eq!(lab.outcome(&task).await, code(7), "{at}");
            assert_eq!(runs_of(docker, &task), 1, "{at}");
            lab.remove(&[task]).await;
        }
    }
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_started_again_from_outside_is_not_run_again() {
    let lab = Lab::started().await;
    let task = shell("exit 3");
    lab.publish(std::slice::from_ref(&task)).await;
    assert_eq!(lab.outcome(&task).await, code(3));
    docker(&["start", &lab.name(&task)]).expect("started from outside");
    docker(&["wait", &lab.name(&task)]).expect("it ends");
    lab.looked_over().await;
    assert_eq!((lab.outcome(&task).await, runs_of(docker, &task)), (code(3), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_paused_from_outside_goes_on_when_it_is_continued() {
    let lab = Lab::started().await;
    let task = shell("until [ -e /root/go ]; do sleep 0.05; done; exit 3");
    lab.publish(std::slice::from_ref(&task)).await;
    lab.runs(&task).await;
    docker(&["pause", &lab.name(&task)]).expect("paused");
    lab.phase(&task, "told to be paused", |phase| matches!(phase, Phase::Lost { .. })).await;
    docker(&["unpause", &lab.name(&task)]).expect("continued");
    lab.shell(&task, "touch /root/go").expect("a shell");
    assert_eq!((lab.outcome(&task).await, runs_of(docker, &task)), (code(3), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_removed_while_it_starts_is_not_made_again() {
    let lab = Lab::started().await;
    let task = shell("sleep 1000");
    lab.publish(std::slice::from_ref(&task)).await;
    let runs = async || matches!(lab.container(&task).await.map(|there| there.run), Some(RunState::Running { .. }));
    eventually("its container runs", SOON, runs).await;
    docker(&["rm", "-f", &lab.name(&task)]).expect("removed");
    assert_eq!(lab.failure(&task).await, "the task's container was removed outside Docklet");
    lab.looked_over().await;
    assert_eq!(lab.container(&task).await, None);
    assert!(runs_of(docker, &task) <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_told_again_by_a_worker_that_has_lost_its_reports() {
    let mut lab = Lab::started().await;
    let task = shell("exit 5");
    lab.publish(std::slice::from_ref(&task)).await;
    assert_eq!(lab.outcome(&task).await, code(5));
    lab.kill();
    lab.coordination.wipe();
    lab.coordination.assign_all(std::slice::from_ref(&task)).await.expect("published");
    lab.start();
    assert_eq!(lab.outcome(&task).await, code(5), "its container is enough");
    docker(&["rm", &lab.name(&task)]).expect("removed outside");
    lab.kill();
    lab.start();
    lab.looked_over().await;
    assert_eq!(lab.outcome(&task).await, code(5), "its report is enough");
    assert_eq!(runs_of(docker, &task), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_removed_or_killed_from_outside_has_failed_and_is_not_run_again() {
    let mut lab = Lab::started().await;
    for (how, why) in [
        (["rm", "-f"].as_slice(), "the task's container was removed outside Docklet"),
        // Not told before it is sure that the engine was not about to end.
        (["kill"].as_slice(), "the task was killed outside Docklet"),
    ] {
        let task = shell("sleep 1000");
        lab.publish(std::slice::from_ref(&task)).await;
        lab.runs(&task).await;
        docker(&[how, &[&lab.name(&task)]].concat()).expect("done from outside");
        let told = lab.failure(&task).await;
        assert!(told.starts_with(why), "{how:?}: {told}");
        lab.kill();
        lab.start();
        lab.looked_over().await;
        assert_eq!(lab.failure(&task).await, told);
        assert_eq!(runs_of(docker, &task), 1, "{how:?}");
        lab.remove(&[task]).await;
    }
    // The record has seen it run, and nothing else knows of it any more.
    let mut forgotten = shell("exit 0");
    let Workload::Task { begun, .. } = &mut forgotten.workload else { panic!("{forgotten:?} is a task's") };
    *begun = true;
    lab.publish(std::slice::from_ref(&forgotten)).await;
    assert_eq!(lab.failure(&forgotten).await, "the task's container was removed outside Docklet");
    assert_eq!(lab.container(&forgotten).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_told_to_end_says_how_its_command_ended() {
    let lab = Lab::started().await;
    for (line, outcome) in
        [("exec sleep 1000", signal(15)), ("trap 'exit 6' TERM; while :; do sleep 0.05; done", code(6))]
    {
        let task = shell(line);
        lab.publish(std::slice::from_ref(&task)).await;
        lab.runs(&task).await;
        let told = lab.order(&[task], Order::Stop).await;
        assert_eq!(lab.outcome(&told[0]).await, outcome, "{line}");
        lab.remove(&told).await;
    }
    let fresh = Assignment { order: Order::Stop, ..shell("exit 0") };
    lab.publish(std::slice::from_ref(&fresh)).await;
    lab.phase(&fresh, "stopped", |phase| *phase == Phase::Stopped).await;
    assert_eq!(lab.container(&fresh).await, None, "it was never made");
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_goes_down_with_its_engine_and_one_that_had_ended_has_ended() {
    let mut engine = OwnEngine::start(&[]).await;
    let lab = Lab::started_on(&engine.socket()).await;
    let (ended, runs) = (shell("exit 0"), shell("sleep 1000"));
    lab.publish(&[ended.clone(), runs.clone()]).await;
    assert_eq!(lab.outcome(&ended).await, code(0));
    lab.phase(&runs, "running", |phase| matches!(phase, Phase::Running { .. })).await;
    engine.stop().await;
    engine.go_on().await;
    lab.phase(&runs, "interrupted", |phase| matches!(phase, Phase::Interrupted { .. })).await;
    lab.looked_over().await;
    assert_eq!(lab.outcome(&ended).await, code(0));
    let inside = |arguments: &[&str]| engine.docker(arguments);
    assert_eq!((runs_of(inside, &ended), runs_of(inside, &runs)), (1, 1));
    let run = lab.container(&runs).await.expect("its container").run;
    assert!(matches!(run, RunState::Exited { .. }), "it is not run again: {run:?}");
}
