//! Watches this worker's assignments and starts a driver for each instance.

use std::{collections::HashMap, sync::Arc, time::Duration};

use control::ports::{
    coordination::{Assignment, AssignmentEvent, CoordinationError, Order, Report},
    engine::{Container, EngineError},
};
use domain::{InstanceId, node::Generation};
use futures::StreamExt;

use crate::{driver::Driver, driver_state::DriverState, host::Host, instance_registry::DriverHandle};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Takes orders in.
pub(crate) struct AssignmentWatcher {
    host: Arc<Host>,
    /// What this worker last reported, before it was started.
    last: HashMap<InstanceId, Report>,
    /// The containers the engine had at the start, by instance; `None` when it did not answer.
    found: Option<HashMap<InstanceId, Container>>,
}

impl AssignmentWatcher {
    /// Waits until coordination answers: without its last reports a worker would start again what has ended.
    pub(crate) async fn open(host: Arc<Host>) -> Self {
        let found = match inventory(&host).await {
            Ok(found) => Some(found),
            Err(error) => {
                tracing::warn!(%error, "the containers of this host cannot be listed yet; each instance is looked at by itself");
                None
            }
        };
        let mut pause = FIRST_PAUSE;
        let last = loop {
            match host.coordination.last_reports(&host.config.name).await {
                Ok(last) => break last,
                Err(error) => pause = wait(&error, pause).await,
            }
        };
        host.out_of_memories.remember(&last);
        let last = last.into_iter().map(|report| (report.instance, report)).collect();
        Self { host, last, found }
    }

    /// Never ends by itself.
    pub(crate) async fn serve(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.watch(&mut pause).await {
                Ok(()) => tracing::info!("the watch on assignments has ended; it is begun anew"),
                Err(error) => pause = wait(&error, pause).await,
            }
        }
    }

    async fn watch(&mut self, pause: &mut Duration) -> Result<(), CoordinationError> {
        let mut events = self.host.coordination.watch_assignments(&self.host.config.name).await?;
        while let Some(event) = events.next().await {
            let event = event?;
            *pause = FIRST_PAUSE;
            match event {
                AssignmentEvent::Snapshot { assignments, complete } => self.snapshot(assignments, complete),
                AssignmentEvent::Changed(assignments) => {
                    for assignment in assignments {
                        let is_first = assignment.generation == Generation::FIRST && assignment.order == Order::Run;
                        if let Some(handle) = self.host.instances.assign(assignment) {
                            self.start_driver(handle, is_first);
                        }
                    }
                }
                AssignmentEvent::Withdrawn(nodes) => self.withdraw(&nodes),
                AssignmentEvent::Answered(answers) => {
                    self.host.orphans.answered(answers);
                    self.host.sweep_soon.notify_one();
                }
            }
        }
        Ok(())
    }

    fn snapshot(&mut self, assignments: Vec<Assignment>, complete: bool) {
        let (nodes, worker) = (assignments.len(), &self.host.config.name);
        if complete {
            tracing::info!(nodes, %worker, "all assignments of this worker");
        } else {
            tracing::debug!(nodes, %worker, "what coordination holds may be an older copy; waiting until control has published everything");
        }
        let (handles, gone) = self.host.instances.replace(assignments, complete);
        for handle in handles {
            self.start_driver(handle, false);
        }
        self.withdraw(&gone);
        self.host.orphans.ask_again();
        // A snapshot means that the watch began anew: what was told meanwhile may be lost.
        self.host.reports.tell_all_again();
        self.host.sweep_soon.notify_one();
    }

    fn start_driver(&mut self, handle: DriverHandle, is_first: bool) {
        let found = self.found.as_mut().map(|found| found.remove(&handle.instance));
        // The first order of a node, and the engine had nothing of it when it was asked: there is nothing to look at.
        let surely_nothing = is_first && matches!(found, Some(None));
        let container = found.flatten().map(|container| container.id);
        let last = self.last.remove(&handle.instance);
        // What this worker has paused itself, because no record claimed it, goes on now that one does.
        let paused_by_us = self.host.orphans.is_claimed(handle.instance);
        let begun = last.as_ref().is_some_and(|report| report.observation.notes.begun);
        let mut state = DriverState::new(container, surely_nothing, last.filter(|_| !paused_by_us).as_ref());
        state.begun = begun;
        spawn_driver(&self.host, handle, state);
    }

    fn withdraw(&self, nodes: &[InstanceId]) {
        for node in nodes {
            self.host.instances.withdraw(*node);
            self.host.reports.forget(*node);
            self.host.usage.forget(*node);
            self.host.out_of_memories.forget(*node);
        }
        if !nodes.is_empty() {
            self.host.sweep_soon.notify_one();
        }
    }
}

/// Gives a node its driver.
pub(crate) fn spawn_driver(host: &Arc<Host>, handle: DriverHandle, state: DriverState) {
    host.tasks.spawn(Driver::new(Arc::clone(host), handle, state).run());
}

async fn inventory(host: &Host) -> Result<HashMap<InstanceId, Container>, EngineError> {
    let installation = host.config.installation;
    let (containers, networks) =
        futures::future::try_join(host.engine.containers(installation), host.engine.networks(installation)).await?;
    host.networks.learn(networks).await;
    let by_node = |container: Container| container.ours.map(|labels| (labels.instance, container));
    Ok(containers.into_iter().filter_map(by_node).collect())
}

/// Waits a little; returns how long to wait the next time.
async fn wait(error: &CoordinationError, pause: Duration) -> Duration {
    tracing::warn!(%error, retry_in_ms = pause.as_millis(), "coordination does not answer; nodes go on as they are");
    tokio::time::sleep(pause).await;
    (pause * 2).min(LONGEST_PAUSE)
}
