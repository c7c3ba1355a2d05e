//! Tasks in the record: ordered, reported on, over once.

use control::{
    Error,
    ports::{
        coordination::{AssignmentPublisher as _, Order, Orphan, Report, Verdict, WorkerCoordination as _, Workload},
        store::TaskReads as _,
    },
};
use domain::{
    TaskId,
    node::{Generation, Observation, Phase},
    resources::Resources,
    task::{Exit, NewTask, Outcome, Task, TaskState},
};

use crate::harness::{Harness, SOON, chrono_epoch, eventually, obtain};

const ENDED: Outcome = Outcome { exit: Exit::Code(3), out_of_memory: false, timed_out: false, used: None };

pub(crate) fn new_task() -> NewTask {
    NewTask {
        id: TaskId::new(uuid::Uuid::new_v4()),
        worker: "here".parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        runtime: None,
        resources: Resources { cpu_milli: 500, memory_mib: 256, pids: 64 },
        command: vec!["true".to_owned()].try_into().expect("a command"),
        batch: None,
    }
}

fn running() -> Phase {
    Phase::Running { since: chrono_epoch() }
}

impl Harness {
    async fn begin(&self) -> TaskId {
        self.control.tasks.begin(&self.ada, new_task()).await.expect("a task").id
    }

    async fn task(&self, id: TaskId) -> Task {
        self.control.tasks.get(&self.ada, id).await.expect("a task")
    }

    pub(crate) async fn ordered(&self, id: TaskId, order: Order) -> Generation {
        let published = async || self.coordination.assignment(id).filter(|published| published.order == order);
        obtain(&format!("the order {order:?}"), SOON, published).await.generation
    }

    pub(crate) async fn tell(&self, id: TaskId, generation: Generation, phase: Phase) {
        let worker = "here".parse().expect("a name");
        let report = Report { instance: id.into(), worker, observation: Observation::new(generation, phase) };
        self.coordination.report(&[report]).await.expect("coordination answers");
    }

    async fn until_task(&self, id: TaskId, what: &str, holds: impl Fn(&Task) -> bool) -> Task {
        obtain(what, SOON, async || Some(self.task(id).await).filter(|task| holds(task))).await
    }

    /// From the first order to nothing left, with control ended as by kill -9 after each step that `kill` names.
    async fn whole_life(&mut self, kill: impl Fn(u32) -> bool) -> TaskId {
        let id = self.begin().await;
        self.restart_if(kill(0)).await;
        let first = self.ordered(id, Order::Run).await;
        self.tell(id, first, Phase::Starting { step: "creating the container".into() }).await;
        self.restart_if(kill(1)).await;
        self.tell(id, first, running()).await;
        self.restart_if(kill(2)).await;
        self.until_task(id, "it to run", |task| matches!(task.state, TaskState::Running { .. })).await;
        self.tell(id, first, Phase::Exited(ENDED)).await;
        self.restart_if(kill(3)).await;
        let ended = self.until_task(id, "its end", |task| task.state.is_final()).await;
        let second = self.ordered(id, Order::Remove).await;
        self.restart_if(kill(4)).await;
        self.tell(id, second, Phase::Absent).await;
        self.restart_if(kill(5)).await;
        let cleared = self.until_task(id, "nothing to be left", |task| task.cleared).await;
        assert_eq!(Task { cleared: false, ..cleared }, ended, "its end was taken in once");
        eventually("its assignment to be taken back", SOON, async || self.coordination.assignment(id).is_none()).await;
        eventually("its report, too", SOON, async || self.coordination.report_of(id).is_none()).await;
        id
    }

    pub(crate) async fn restart_if(&mut self, kill: bool) {
        if kill {
            self.restart().await;
        }
    }
}

#[tokio::test]
async fn an_end_is_in_the_record_once_whenever_control_is_ended() {
    let mut harness = Harness::new().await;
    for step in 0..6 {
        let id = harness.whole_life(|now| now == step).await;
        assert_eq!(harness.task(id).await.state, TaskState::Ended(ENDED), "ended after step {step}");
    }
    let id = harness.whole_life(|_| true).await;
    // A report from before, late.
    harness.tell(id, Generation::FIRST, running()).await;
    // With the next pass over everything, which comes half a minute after the last one.
    eventually("it is dropped", 2 * SOON, async || harness.coordination.report_of(id).is_none()).await;
    assert_eq!(harness.task(id).await.state, TaskState::Ended(ENDED));
}

#[tokio::test]
async fn a_task_is_its_owners_to_look_at_and_to_cancel() {
    let harness = Harness::new().await;
    let tasks = &harness.control.tasks;
    let new = new_task();
    let id = tasks.begin(&harness.ada, new.clone()).await.expect("a task").id;
    let again = tasks.begin(&harness.ada, new.clone()).await.expect("the same task");
    assert_eq!((again.id, again.generation), (id, Generation::FIRST), "as after an answer that did not come");
    assert!(matches!(tasks.begin(&harness.bob, new).await, Err(Error::NotFound("task"))));
    assert!(matches!(tasks.get(&harness.bob, id).await, Err(Error::NotFound("task"))));
    assert!(matches!(tasks.cancel(&harness.bob, id).await, Err(Error::NotFound("task"))));
    let first = harness.ordered(id, Order::Run).await;
    harness.tell(id, first, running()).await;
    harness.until_task(id, "it to run", |task| task.begun).await;
    tasks.cancel(&harness.ada, id).await.expect("cancelled");
    let second = harness.ordered(id, Order::Stop).await;
    let killed = Outcome { exit: Exit::Signal(15), out_of_memory: false, timed_out: false, used: None };
    harness.tell(id, second, Phase::Exited(killed)).await;
    let ended = harness.until_task(id, "its end", |task| task.state.is_final()).await;
    assert_eq!(ended.state, TaskState::Ended(killed));
    harness.ordered(id, Order::Remove).await;
    assert_eq!(tasks.cancel(&harness.ada, id).await.expect("nothing to do"), harness.task(id).await);
}

#[tokio::test]
async fn while_its_host_is_away_a_task_is_lost_and_found_again() {
    let mut harness = Harness::new().await;
    let (id, worker) = (harness.begin().await, "here".parse().expect("a name"));
    let first = harness.ordered(id, Order::Run).await;
    harness.tell(id, first, running()).await;
    harness.until_task(id, "it to run", |task| task.begun).await;
    harness.coordination.expire(&worker);
    harness.until_task(id, "it to be lost", |task| matches!(task.state, TaskState::Lost { .. })).await;
    harness.announce().await;
    harness.until_task(id, "it to be found", |task| matches!(task.state, TaskState::Running { .. })).await;
    let root = harness.root().await;
    // After a start no host has been heard yet: that alone says nothing.
    harness.coordination.cut();
    harness.stop();
    harness.start();
    let refused = harness.control.installation.forget_host(&root, "here").await;
    assert!(matches!(refused, Err(Error::HostNotLost(_))), "{refused:?}");
    harness.coordination.mend();
    harness.announce().await;
    // For good.
    harness.coordination.expire(&worker);
    harness.until_task(id, "it to be lost", |task| matches!(task.state, TaskState::Lost { .. })).await;
    let gone = harness.control.installation.forget_host(&root, "here").await.expect("a host that is gone");
    assert_eq!((gone.tasks.len(), gone.nodes.len()), (1, 0));
    let task = harness.task(id).await;
    assert_eq!((task.state, task.cleared), (TaskState::Failed { reason: "host here was declared gone".into() }, true));
}

#[tokio::test]
async fn a_container_of_a_task_without_an_assignment_is_claimed_removed_or_kept_as_the_record_says() {
    let mut harness = Harness::new().await;
    let (there, over) = (harness.begin().await, harness.whole_life(|_| false).await);
    let ask = async |id: TaskId, generation: u64| {
        let worker = "here".parse().expect("a name");
        let owner = harness.ada.user;
        let orphan = Orphan { instance: id.into(), worker, vcluster: None, owner, generation: Generation(generation) };
        harness.coordination.ask(&[orphan]).await.expect("coordination answers");
    };
    ask(over, 1).await;
    assert_eq!(harness.verdict(over).await, Verdict::Remove { generation: Generation(2) });
    let stranger = TaskId::new(uuid::Uuid::from_u128(77));
    ask(stranger, 1).await;
    assert_eq!(harness.verdict(stranger).await, Verdict::Keep);
    let root = harness.root().await;
    let notices = harness.control.installation.notices(&root).await.expect("notices");
    assert!(notices.iter().any(|notice| notice.text.contains(&format!("task {stranger} of user"))), "{notices:?}");
    let published = harness.ordered(there, Order::Run).await;
    let place = ("here".parse().expect("a name"), there.into(), published);
    harness.coordination.withdraw(&[place]).await.expect("coordination answers");
    ask(there, 1).await;
    harness.ordered(there, Order::Run).await;
}

#[tokio::test]
async fn a_record_that_is_older_than_a_task_on_its_host_runs_nothing_again() {
    let harness = Harness::new().await;
    let (reported, published) = (harness.begin().await, harness.begin().await);
    for id in [reported, published] {
        harness.ordered(id, Order::Run).await;
    }
    // Its worker has carried out a later order than the record has.
    harness.tell(reported, Generation(2), Phase::Absent).await;
    // And of the other one a later order is published.
    let mut later = harness.coordination.assignment(published).expect("an assignment");
    (later.generation, later.order) = (Generation(2), Order::Remove);
    harness.coordination.assign(&[later]).await.expect("coordination answers");
    harness.coordination.end_streams();
    for id in [reported, published] {
        let task = harness.until_task(id, "it to be over", |task| task.state.is_final()).await;
        assert!(matches!(&task.state, TaskState::Failed { reason } if reason.contains("restored")), "{task:?}");
        assert!(harness.ordered(id, Order::Remove).await > Generation(1));
    }
}

#[tokio::test]
async fn a_task_that_cannot_be_read_stops_no_other_and_keeps_its_order() {
    let mut harness = Harness::new().await;
    let broken = harness.begin().await;
    harness.ordered(broken, Order::Run).await;
    harness.sql("UPDATE tasks SET spec = 'nonsense'").await;
    let other = harness.begin().await;
    harness.restart().await;
    harness.tell(broken, Generation::FIRST, running()).await;
    let first = harness.ordered(other, Order::Run).await;
    harness.tell(other, first, Phase::Exited(ENDED)).await;
    harness.until_task(other, "its end", |task| task.state == TaskState::Ended(ENDED)).await;
    assert!(harness.coordination.assignment(broken).is_some_and(|order| order.order == Order::Run));
    assert!(harness.coordination.report_of(broken).is_some(), "what its worker says stays, too");
    let root = harness.root().await;
    let notices = harness.control.installation.notices(&root).await.expect("notices");
    assert!(notices.iter().any(|notice| notice.text.contains(&format!("task {broken} cannot be read"))), "{notices:?}");
    let found = harness.store.tasks_on(None).await.expect("a read");
    assert_eq!((found.tasks.len(), found.unreadable.len()), (1, 1));
}

#[tokio::test]
async fn what_is_published_of_a_task_is_its_command_and_whether_it_has_begun() {
    let harness = Harness::new().await;
    let id = harness.begin().await;
    let first = harness.ordered(id, Order::Run).await;
    let begun = |begun| Workload::Task { command: new_task().command, begun, batch: None };
    assert_eq!(harness.coordination.assignment(id).expect("it is published").workload, begun(false));
    harness.tell(id, first, running()).await;
    harness.until_task(id, "it to run", |task| task.begun).await;
    harness.coordination.end_streams();
    let told = async || harness.coordination.assignment(id).is_some_and(|order| order.workload == begun(true));
    eventually("that is told to its worker", SOON, told).await;
}
