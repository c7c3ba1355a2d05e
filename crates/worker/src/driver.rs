//! One node's driver: looks, plans, acts, until there is nothing left to do; then waits for a new wish or a hint to look.
//! One per node, so what is done to a node is done one after the other. Steps themselves are in bring_up and take_down.

use std::{sync::Arc, time::Duration};

use control::ports::{
    coordination::{Assignment, Order},
    engine::{Container, EngineError, RunState},
};
use domain::{
    NodeId,
    node::{Generation, Notes, Observation, Phase},
};
use tokio::sync::{Notify, watch};

use crate::{
    homes,
    host::Host,
    memory::Memory,
    names,
    plan::{Down, Past, Seen, Step, plan},
    reason,
    roster::{Seat, Wish},
    run_dir,
};

/// Steps that lead to another look, in a row. A node that needs more is not coming up.
const MOST_LOOKS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE_WITHOUT_ENGINE: Duration = Duration::from_secs(5);

/// What a step leads to.
#[derive(Debug)]
pub(crate) enum Flow {
    /// Look again: something has changed.
    Look,
    /// Nothing more to do for this order.
    Rest(Phase),
    /// A new wish is there.
    Superseded,
    /// Nothing is done until there is another order, and it is said that this later one is known.
    Refused(Generation),
}

/// One node.
pub(crate) struct Driver {
    pub(crate) host: Arc<Host>,
    pub(crate) node: NodeId,
    pub(crate) wish: watch::Receiver<Wish>,
    pub(crate) look: Arc<Notify>,
    pub(crate) memory: Memory,
    pause: Duration,
}

/// What to wait for.
enum Wait {
    ForAnything,
    AtMost(Duration),
    Not,
}

impl Driver {
    pub(crate) fn new(host: Arc<Host>, seat: Seat, memory: Memory) -> Self {
        Self { host, node: seat.node, wish: seat.wish, look: seat.look, memory, pause: FIRST_PAUSE }
    }

    /// Until nothing is wanted of the node any more, or the worker ends.
    pub(crate) async fn run(mut self) {
        let end = self.host.end.clone();
        loop {
            let wish = self.wish.borrow_and_update().clone();
            let wait = match wish {
                Wish::Assigned(assignment) => self.carry_out(&assignment).await,
                Wish::Orphan { container } => self.remove_orphan(container.as_deref()).await,
                Wish::Nothing if self.host.roster.leave(self.node) => return,
                Wish::Nothing => Wait::Not,
            };
            let hint = async {
                tokio::select! {
                    // An error means that the roster is gone, and with it the worker: `end` fires.
                    _ = self.wish.changed() => {}
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
            Ok(Flow::Rest(phase)) => {
                self.report(order, phase);
                self.pause = FIRST_PAUSE;
                Wait::ForAnything
            }
            Ok(Flow::Look | Flow::Superseded) => Wait::Not,
            Ok(Flow::Refused(known)) => {
                let (node, generation) = (self.node, order.generation.0);
                tracing::warn!(%node, generation, known = known.0, "an order older than what was already done is refused");
                // Not remembered: of the later order it says nothing but that there was one.
                let reason = "the host has carried out a later order than the one it was given".to_owned();
                self.host.reports.set(self.node, Observation::new(known, Phase::Stuck { reason }));
                Wait::ForAnything
            }
            Err(error) => self.fault(order, error),
        }
    }

    /// Steps until there is nothing more to do.
    async fn settle(&mut self, order: &Assignment) -> Result<Flow, EngineError> {
        if let Some(later) = self.memory.later_than(order.generation) {
            return Ok(Flow::Refused(later));
        }
        let mut fault = None;
        for _ in 0..MOST_LOOKS {
            let seen = self.see(order).await?;
            let past = self.memory.past(order.generation);
            let has_ended = matches!(seen, Seen::Ours { run: RunState::Exited { .. }, .. });
            if order.order == Order::Run && has_ended && *past != Past::Nothing {
                self.host.look_for_restart().await?;
            }
            let step = plan(order.order, order.generation, seen, past, &self.host.restarts.latest());
            tracing::debug!(node = %self.node, generation = order.generation.0, ?step, "next step");
            match self.take(order, step).await {
                Ok(Flow::Look) => {}
                // What was there is gone: look what is there now.
                Err(EngineError::Gone(what)) => {
                    self.host.networks.forget(order.vcluster).await;
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
            Step::Clear => self.clear(order.vcluster).await,
            Step::Refuse { known } => Ok(Flow::Refused(known)),
            Step::Stopped => Ok(Flow::Rest(Phase::Stopped)),
            Step::Interrupted(Down { reason, ended }) => Ok(Flow::Rest(Phase::Interrupted { reason, ended })),
            Step::Failed(cause) => {
                let reason = reason::of(&self.host, &self.memory, order, cause).await?;
                Ok(Flow::Rest(Phase::Failed { reason }))
            }
        }
    }

    /// What the engine has under the node's name.
    pub(crate) async fn see(&mut self, order: &Assignment) -> Result<Seen, EngineError> {
        if std::mem::take(&mut self.memory.surely_nothing) {
            return Ok(Seen::Nothing);
        }
        let (engine, installation) = (&self.host.engine, self.host.config.installation);
        // By id first: an administrator may have renamed it.
        if let Some(id) = self.memory.container.clone() {
            if let Some(container) = engine.container(installation, &id).await? {
                return Ok(self.recognise(container));
            }
            self.memory.container = None;
        }
        let found = engine.container(installation, &names::container_name(order)).await?;
        Ok(found.map_or(Seen::Nothing, |container| self.recognise(container)))
    }

    fn recognise(&mut self, container: Container) -> Seen {
        match container.ours {
            Some(labels) if labels.node == self.node => {
                self.memory.container = Some(container.id.clone());
                let run = self.host.out_of_memories.judge(self.node, container.run);
                Seen::Ours { id: container.id, created_for: labels.generation, run }
            }
            _ => Seen::Foreign,
        }
    }

    pub(crate) fn report(&mut self, order: &Assignment, phase: Phase) {
        self.memory.note(order.generation, &phase);
        match (&phase, &self.memory.container) {
            (Phase::Running { .. }, Some(container)) => self.host.usage.runs(self.node, container),
            // The engine is away; the node may run all the same.
            (Phase::Lost { .. }, _) => {}
            _ => self.host.usage.rests(self.node),
        }
        let notes = Notes {
            made_before: run_dir::is_shared(&self.host.config.data_dir, self.node),
            out_of_memory: self.host.out_of_memories.of(self.node),
        };
        self.host.reports.set(self.node, Observation { generation: order.generation, phase, notes });
    }

    pub(crate) fn step(&mut self, order: &Assignment, step: impl Into<String>) {
        self.report(order, Phase::Starting { step: step.into() });
    }

    fn fault(&mut self, order: &Assignment, error: EngineError) -> Wait {
        let (node, reason) = (self.node, error.to_string());
        tracing::warn!(%node, vcluster = %order.vcluster, order = ?order.order, error = %reason, "an order cannot be carried out");
        match (error, order.order) {
            (EngineError::Unreachable(_), _) => {
                self.report(order, Phase::Lost { reason });
                self.wait_longer(LONGEST_PAUSE_WITHOUT_ENGINE)
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
        tracing::info!(node = %self.node, container, "removing what is left of a node the record has let go of");
        match self.take_all_away(container).await {
            Ok(()) => {
                self.host.roster.forget_orphan(self.node);
                // The next look at everything finds that there is nothing more to ask about.
                self.host.sweep_soon.notify_one();
                Wait::Not
            }
            Err(error) => {
                tracing::warn!(node = %self.node, container, %error, "what is left of a node cannot be removed");
                self.wait_longer(LONGEST_PAUSE)
            }
        }
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
