//! Reads files of homes where no container of the owner's is known to run: through one that does nothing else, made of the
//! installation's own image, and kept for a while because a reader usually reads again.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    TaskId, UserId,
    image::ImageRef,
    name::{RuntimeName, WorkerName},
    resources::Resources,
    task::{BadCommand, Command, NewTask, Task, TaskState},
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::output::HEARD_WITHIN;
use crate::{
    Error, Policy, Ports,
    actor::Actor,
    events::Events,
    ports::{
        clock::{Clock, Entropy},
        node::{FilePart, NodeAddress, NodeError, NodeLink, ReadFile},
        store::Store,
    },
    reconcile::{Dispatcher, host_lost, hosts::Hosts},
    tasks::Tasks,
};

/// It ends by itself. Another one is begun when it has.
const COMMAND: [&str; 2] = ["sleep", "600"];
/// How long a reader waits for it to run.
const RUNS_WITHIN: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(super) struct Files {
    store: Arc<dyn Store>,
    nodes: Arc<dyn NodeLink>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    hosts: Hosts,
    tasks: Tasks,
    image: ImageRef,
    pids: u32,
    /// The last one of each owner on each host. Forgotten with this process: those that are left end by themselves.
    begun: Arc<Mutex<HashMap<(UserId, WorkerName), TaskId>>>,
}

impl Files {
    pub(super) fn new(ports: &Ports, policy: &Policy, hosts: Hosts, events: Events, dispatcher: Dispatcher) -> Self {
        let Ports { store, nodes, clock, entropy, .. } = ports.clone();
        let (image, pids) = (policy.images.base.clone(), policy.pids);
        let tasks = Tasks::new(ports, events, dispatcher);
        Self { store, nodes, clock, entropy, hosts, tasks, image, pids, begun: Arc::default() }
    }

    /// A part of a file in the actor's home on this host.
    ///
    /// # Errors
    /// [`NodeError::Busy`] where its container does not run in time.
    pub(super) async fn read(
        &self,
        actor: &Actor,
        worker: &WorkerName,
        runtime: Option<&RuntimeName>,
        read: &ReadFile,
    ) -> Result<FilePart, Error> {
        if !self.hosts.knows(worker) {
            return Err(NodeError::Unreachable(host_lost(worker)).into());
        }
        let task = self.running(actor, worker, runtime).await?;
        match self.nodes.read_file(&NodeAddress::of_task(&task), read).await {
            // Its time is over: then through the next one.
            Err(NodeError::Unreachable(_)) if self.is_over(task.id).await? => {
                let next = self.running(actor, worker, runtime).await?;
                Ok(self.nodes.read_file(&NodeAddress::of_task(&next), read).await?)
            }
            part => Ok(part?),
        }
    }

    /// Whether it has ended. The record may hear of that a little later than its reader.
    async fn is_over(&self, id: TaskId) -> Result<bool, Error> {
        let deadline = Instant::now() + HEARD_WITHIN;
        loop {
            let is_over = self.store.task(id).await?.is_none_or(|task| task.state.is_final());
            if is_over || Instant::now() >= deadline {
                return Ok(is_over);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn running(&self, actor: &Actor, worker: &WorkerName, runtime: Option<&RuntimeName>) -> Result<Task, Error> {
        let deadline = Instant::now() + RUNS_WITHIN;
        let mut id = self.last(actor.user, worker, None);
        let mut replaced = false;
        loop {
            let task = match self.store.task(id).await? {
                Some(task) => task,
                None => self.tasks.begin(actor, self.new_task(id, worker, runtime)?).await?,
            };
            match task.state {
                TaskState::Running { .. } => return Ok(task),
                _ if task.state.is_final() && !replaced => {
                    (id, replaced) = (self.last(actor.user, worker, Some(id)), true);
                }
                TaskState::Failed { reason } | TaskState::Lost { reason } => {
                    return Err(NodeError::Unreachable(reason).into());
                }
                _ if Instant::now() >= deadline => return Err(NodeError::Busy(not_yet(worker)).into()),
                _ => tokio::time::sleep(BETWEEN_LOOKS).await,
            }
        }
    }

    /// The one that was begun last, or is to be begun now in place of the one that is over.
    fn last(&self, owner: UserId, worker: &WorkerName, over: Option<TaskId>) -> TaskId {
        let mut begun = self.begun.lock();
        let last = begun.entry((owner, worker.clone())).or_insert_with(|| self.new_id());
        if Some(*last) == over {
            *last = self.new_id();
        }
        *last
    }

    fn new_id(&self) -> TaskId {
        TaskId::new(self.entropy.id(self.clock.now()))
    }

    fn new_task(&self, id: TaskId, worker: &WorkerName, runtime: Option<&RuntimeName>) -> Result<NewTask, Error> {
        Ok(NewTask {
            id,
            worker: worker.clone(),
            image: self.image.clone(),
            runtime: runtime.cloned(),
            resources: Resources { cpu_milli: 100, memory_mib: Resources::LEAST_MEMORY_MIB, pids: self.pids },
            command: command()?,
            batch: None,
        })
    }
}

fn command() -> Result<Command, Error> {
    let words: Vec<String> = COMMAND.iter().map(|word| (*word).to_owned()).collect();
    words.try_into().map_err(|fault: BadCommand| NodeError::NoProgram(fault.to_string()).into())
}

fn not_yet(worker: &WorkerName) -> String {
    format!("the container on host {worker} that the output is read through does not run yet; try again in a moment")
}
