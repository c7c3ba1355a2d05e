//! One instance's driver: looks, plans, acts, until there is nothing left to do; then waits for something else
//! to be desired, or for a hint to look.
//! One per instance, so what is done to it is done one after the other. Steps themselves are in bring_up and take_down.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use control::ports::{
    coordination::{Assignment, Order, Workload},
    engine::{Container, EngineError, RunState},
};
use domain::{
    InstanceId,
    node::{Generation, Notes, Observation, Phase},
    task::{Exit, Outcome},
};
use node_init::protocol::{NotStarted, TaskResult};
use tokio::sync::{Notify, watch};

use crate::{
    driver_state::DriverState,
    homes,
    host::Host,
    host_restarts::SHUTTING_DOWN,
    instance_registry::{Desired, DriverHandle},
    names,
    plan::{Cause, Down, End, Past, Runs, Seen, Step, Wanted, plan},
    reason, run_dir,
};

/// Steps that lead to another look, in a row. An instance that needs more is not coming up.
const MOST_LOOKS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE_WITHOUT_ENGINE: Duration = Duration::from_secs(5);
const LATER: Duration = Duration::from_secs(1);
/// docklet-init writes a task's result at its end, and little after it.
const RESULT_LINES: u32 = 100;
/// For so long after a task's end it is tried to read how it ended.
const LOG_MISSED: TimeDelta = TimeDelta::minutes(10);

/// What a step leads to.
#[derive(Debug)]
pub(crate) enum Flow {
    /// Look again: something has changed.
    Look,
    /// Nothing more to do for this order.
    Rest(Phase),
    /// Something else is desired by now.
    Superseded,
    /// Look again in a moment.
    Later,
    /// Nothing is done until there is another order, and it is said that this later one is known.
    Refused(Generation),
}

/// One instance.
pub(crate) struct Driver {
    pub(crate) host: Arc<Host>,
    pub(crate) instance: InstanceId,
    pub(crate) desired: watch::Receiver<Desired>,
    pub(crate) look: Arc<Notify>,
    pub(crate) state: DriverState,
    pause: Duration,
}

/// What to wait for.
enum Wait {
    ForAnything,
    AtMost(Duration),
    Not,
}

impl Driver {
    pub(crate) fn new(host: Arc<Host>, handle: DriverHandle, state: DriverState) -> Self {
        Self { host, instance: handle.instance, desired: handle.desired, look: handle.look, state, pause: FIRST_PAUSE }
    }

    /// Until nothing is wanted of the instance any more, or the worker ends.
    pub(crate) async fn run(mut self) {
        let end = self.host.end.clone();
        loop {
            let desired = self.desired.borrow_and_update().clone();
            let wait = match desired {
                Desired::Assigned(assignment) => self.carry_out(&assignment).await,
                Desired::Orphan { container } => self.remove_orphan(container.as_deref()).await,
                Desired::Nothing if self.host.instances.leave(self.instance) => return,
                Desired::Nothing => Wait::Not,
            };
            let hint = async {
                tokio::select! {
                    // An error means that the registry is gone, and with it the worker: `end` fires.
                    _ = self.desired.changed() => {}
                    () = self.look.notified() => {}
                }
            };
            tokio::select! {
                biased;
                () = end.cancelled() => return,
                () = wait.over(hint) => {}
            }
        }
    }

    async fn carry_out(&mut self, order: &Assignment) -> Wait {
        match self.settle(order).await {
            Ok(Flow::Rest(phase @ Phase::Lost { .. })) => {
                self.tell(order, phase);
                self.pause = FIRST_PAUSE;
                Wait::ForAnything
            }
            Ok(Flow::Rest(phase)) => {
                self.report(order, phase);
                self.pause = FIRST_PAUSE;
                Wait::ForAnything
            }
            Ok(Flow::Look | Flow::Superseded) => Wait::Not,
            Ok(Flow::Later) => Wait::AtMost(LATER),
            Ok(Flow::Refused(known)) => {
                let (instance, generation) = (self.instance, order.generation.0);
                tracing::warn!(%instance, generation, known = known.0, "an order older than what was already done is refused");
                // Not remembered: of the later order it says nothing but that there was one.
                let reason = "the host has carried out a later order than the one it was given".to_owned();
                self.host.reports.set(self.instance, Observation::new(known, Phase::Stuck { reason }));
                Wait::ForAnything
            }
            Err(error) => self.fault(order, error),
        }
    }

    /// Steps until there is nothing more to do.
    async fn settle(&mut self, order: &Assignment) -> Result<Flow, EngineError> {
        if let Some(later) = self.state.later_than(order.generation) {
            return Ok(Flow::Refused(later));
        }
        let mut fault = None;
        for _ in 0..MOST_LOOKS {
            let seen = self.see(order).await?;
            self.state.begun |= order.is_task() && has_begun(&seen);
            let past = self.state.past(order.generation);
            let has_ended = matches!(seen, Seen::Ours { run: RunState::Exited { .. }, .. });
            if order.order == Order::Run && has_ended && (order.is_task() || *past != Past::Nothing) {
                self.host.look_for_restart().await?;
            }
            let runs = runs(order, self.state.begun);
            let wanted = Wanted { order: order.order, generation: order.generation, runs };
            let step = plan(wanted, seen, past, &self.host.restarts.latest());
            tracing::debug!(instance = %self.instance, generation = order.generation.0, ?step, "next step");
            match self.take(order, step).await {
                Ok(Flow::Look) => {}
                // What was there is gone: look what is there now.
                Err(EngineError::Gone(what)) => {
                    self.forget_network(order).await;
                    fault = Some(EngineError::Gone(what));
                }
                outcome => return outcome,
            }
            if self.is_superseded() {
                return Ok(Flow::Superseded);
            }
        }
        Err(fault.unwrap_or_else(|| EngineError::Refused("the container does not stay as it is made".into())))
    }

    async fn take(&mut self, order: &Assignment, step: Step) -> Result<Flow, EngineError> {
        match step {
            Step::Create => self.create(order).await,
            Step::Start { id } => {
                homes::ensure(&self.host, order).await?;
                self.start(order, &id).await
            }
            Step::Adopt { id, since } => self.adopt(order, &id, since).await,
            Step::Discard { id } => self.discard(&id).await,
            Step::Stop { id } => self.stop(order, &id).await,
            Step::Remove { id } => self.remove(order, &id).await,
            Step::Clear => self.clear(order.vcluster()).await,
            Step::Refuse { known } => Ok(Flow::Refused(known)),
            Step::Stopped => Ok(Flow::Rest(Phase::Stopped)),
            Step::Conclude { end, down } => self.conclude(order, end, down).await,
            Step::Wait => {
                let reason = "the task was paused outside Docklet; it goes on when it is continued there".to_owned();
                Ok(Flow::Rest(Phase::Lost { reason }))
            }
            Step::Ended(outcome) => Ok(Flow::Rest(Phase::Exited(outcome))),
            Step::Interrupted(Down { reason, ended }) => Ok(Flow::Rest(Phase::Interrupted { reason, ended })),
            Step::Failed(cause) => {
                let reason = reason::of(&self.host, &self.state, order, cause).await?;
                Ok(Flow::Rest(Phase::Failed { reason }))
            }
        }
    }

    /// How a task's command ended: docklet-init has written it down, for a container's exit code does not tell a signal from
    /// a code above 128. Where it has not, or was told to end before, it was not the command that ended the container.
    async fn conclude(&mut self, order: &Assignment, end: End, down: Option<Down>) -> Result<Flow, EngineError> {
        let (ago, told_by_us) = (self.host.now() - end.at, order.order == Order::Stop);
        let log = match self.host.engine.container_log(&end.id, RESULT_LINES).await {
            // It will not be read any more, and the task must end some time.
            Err(EngineError::Gone(_) | EngineError::Refused(_)) if told_by_us || ago > LOG_MISSED => String::new(),
            log => log?,
        };
        if let Some(fault) = NotStarted::last_in(&log) {
            let reason = format!("its script could not be started: {}", fault.reason());
            return Ok(Flow::Rest(Phase::Failed { reason }));
        }
        let result = TaskResult::last_in(&log).filter(|result| !result.told || told_by_us);
        let killed = Outcome {
            exit: Exit::Signal(reason::SIGKILL),
            out_of_memory: end.out_of_memory,
            timed_out: false,
            used: None,
        };
        Ok(match (result, down) {
            (Some(result), _) => Flow::Rest(Phase::Exited(result.outcome)),
            (None, Some(Down { reason, ended })) => Flow::Rest(Phase::Interrupted { reason, ended }),
            // docklet-init was killed, and the command with it: for the memory, or because it did not end in its time.
            (None, None) if end.code == reason::KILLED && (end.out_of_memory || told_by_us) => {
                Flow::Rest(Phase::Exited(killed))
            }
            (None, None) if told_by_us && end.code == 0 => {
                let reason = "it was told to end before its command had begun".to_owned();
                Flow::Rest(Phase::Failed { reason })
            }
            (None, None) if !told_by_us && (TimeDelta::zero()..SHUTTING_DOWN).contains(&ago) => {
                // An engine that is told to end stops its containers first: that it is restarted is not known yet.
                self.tell(order, Phase::Stopping);
                Flow::Later
            }
            (None, None) => {
                let End { id, code, out_of_memory, .. } = end;
                let cause = Cause::Ended { id, code, out_of_memory };
                Flow::Rest(Phase::Failed { reason: reason::of(&self.host, &self.state, order, cause).await? })
            }
        })
    }

    async fn forget_network(&self, order: &Assignment) {
        if let Some(vcluster) = order.vcluster() {
            self.host.networks.forget(vcluster).await;
        }
    }

    /// What the engine has under the instance's name.
    pub(crate) async fn see(&mut self, order: &Assignment) -> Result<Seen, EngineError> {
        if std::mem::take(&mut self.state.surely_nothing) {
            return Ok(Seen::Nothing);
        }
        let (engine, installation) = (&self.host.engine, self.host.config.installation);
        // By id first: an administrator may have renamed it.
        if let Some(id) = self.state.container.clone() {
            if let Some(container) = engine.container(installation, &id).await? {
                return Ok(self.recognise(container));
            }
            self.state.container = None;
        }
        let found = engine.container(installation, &names::container_name(order)).await?;
        Ok(found.map_or(Seen::Nothing, |container| self.recognise(container)))
    }

    fn recognise(&mut self, container: Container) -> Seen {
        match container.ours {
            Some(labels) if labels.instance == self.instance => {
                self.state.container = Some(container.id.clone());
                let run = self.host.out_of_memories.judge(self.instance, container.run);
                Seen::Ours { id: container.id, created_for: labels.generation, run }
            }
            _ => Seen::Foreign,
        }
    }

    pub(crate) fn report(&mut self, order: &Assignment, phase: Phase) {
        self.state.note(order.generation, &phase);
        self.tell(order, phase);
    }

    /// Says so, and takes no note of it: it changes nothing in what has become of the order.
    fn tell(&self, order: &Assignment, phase: Phase) {
        match (&phase, &self.state.container) {
            (Phase::Running { .. }, Some(container)) => self.host.usage.runs(self.instance, container),
            // The engine is away; it may run all the same.
            (Phase::Lost { .. }, _) => {}
            _ => self.host.usage.rests(self.instance),
        }
        let notes = Notes {
            made_before: run_dir::is_shared(&self.host.config.data_dir, self.instance),
            out_of_memory: self.host.out_of_memories.of(self.instance),
            begun: order.is_task() && self.state.begun,
        };
        self.host.reports.set(self.instance, Observation { generation: order.generation, phase, notes });
    }

    pub(crate) fn step(&mut self, order: &Assignment, step: impl Into<String>) {
        self.report(order, Phase::Starting { step: step.into() });
    }

    fn fault(&mut self, order: &Assignment, error: EngineError) -> Wait {
        let (instance, reason) = (self.instance, error.to_string());
        tracing::warn!(%instance, vcluster = ?order.vcluster(), order = ?order.order, error = %reason, "an order cannot be carried out");
        match (error, order.order) {
            (EngineError::Unreachable(_), _) => {
                self.report(order, Phase::Lost { reason });
                self.wait_longer(LONGEST_PAUSE_WITHOUT_ENGINE)
            }
            // A refusal says nothing of a command that runs: looked at again, it is found.
            (_, Order::Run) if matches!(runs(order, self.state.begun), Runs::Once { begun: true }) => {
                self.tell(order, Phase::Lost { reason });
                self.wait_longer(LONGEST_PAUSE)
            }
            (error, Order::Run) => {
                let phase = if matches!(error, EngineError::SubnetTaken(_)) {
                    // Control does not know of that network yet.
                    self.host.presence.look_again();
                    Phase::SubnetTaken { reason }
                } else {
                    Phase::Failed { reason }
                };
                self.report(order, phase);
                Wait::ForAnything
            }
            (_, Order::Stop | Order::Remove) => {
                self.report(order, Phase::Stuck { reason });
                self.wait_longer(LONGEST_PAUSE)
            }
        }
    }

    fn wait_longer(&mut self, longest: Duration) -> Wait {
        let pause = self.pause;
        self.pause = (pause * 2).min(longest);
        Wait::AtMost(pause)
    }

    async fn remove_orphan(&mut self, container: Option<&str>) -> Wait {
        tracing::info!(instance = %self.instance, container, "removing what is left of an instance the record has let go of");
        match self.take_all_away(container).await {
            Ok(()) => {
                self.host.instances.forget_orphan(self.instance);
                // The next look at everything finds that there is nothing more to ask about.
                self.host.sweep_soon.notify_one();
                Wait::Not
            }
            Err(error) => {
                tracing::warn!(instance = %self.instance, container, %error, "what is left of an instance cannot be removed");
                self.wait_longer(LONGEST_PAUSE)
            }
        }
    }
}

fn has_begun(seen: &Seen) -> bool {
    let begun = |run: &RunState| matches!(run, RunState::Running { .. } | RunState::Paused | RunState::Exited { .. });
    matches!(seen, Seen::Ours { run, .. } if begun(run))
}

fn runs(order: &Assignment, started: bool) -> Runs {
    match order.workload {
        Workload::Node(_) => Runs::On,
        Workload::Task { begun, .. } => Runs::Once { begun: begun || started },
    }
}

impl Wait {
    async fn over(self, hint: impl Future<Output = ()>) {
        match self {
            Self::ForAnything => hint.await,
            Self::AtMost(pause) => {
                // Either way it is over.
                let _ = tokio::time::timeout(pause, hint).await;
            }
            Self::Not => {}
        }
    }
}
