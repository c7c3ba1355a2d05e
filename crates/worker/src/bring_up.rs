//! Bringing an instance up: what it stands on, its container, its start, its docklet-init.

use std::{collections::BTreeMap, io, time::Duration};

use chrono::{DateTime, Utc};
use control::ports::{
    coordination::{Assignment, Workload},
    engine::{Attachment, ContainerSpec, EngineError, RunState},
};
use domain::{
    image::Source,
    job::Warning,
    node::Phase,
    task::{Batch, Command},
};
use futures::future;
use node_init::client::Handover;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{
    driver::{Driver, Flow},
    homes, jupyter, names,
    plan::{Cause, Past, Seen},
    ready::Ready,
    reason, run_dir,
};

/// For a node that did not come up: its owner has no work in it yet.
const SHORT_GRACE_SECONDS: u32 = 2;
/// docklet-init hurries when it is told to stop, so that it ends its processes itself before the engine kills it.
const HEAD_START: Duration = Duration::from_secs(2);
/// How long to wait for a container that another request is still making.
const IN_THE_MAKING: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Where a task's command begins: its owner's home.
const HOME: &str = "/root";

impl Driver {
    pub(crate) async fn create(&mut self, order: &Assignment) -> Result<Flow, EngineError> {
        let host = self.host.clone();
        match order.source {
            Source::Engine => {}
            Source::Nowhere => return Err(EngineError::ImageNotAllowed(order.image.with_tag())),
            // An administrator may have given this name to another image.
            Source::Registry if !host.images.came_through_us(&host, &order.image).await? => {
                return self.pull(order, order.image.with_tag()).await;
            }
            Source::Registry => {}
        }
        self.step(order, "creating the container");
        self.make_anew().await?;
        let (network, home) = future::join(self.network(order), homes::ensure(&host, order)).await;
        home?;
        let spec = self.spec(order, network?);
        match host.in_turn(&host.permits, host.engine.create_container(&spec)).await {
            Ok(id) if self.is_superseded() => {
                self.state.container = Some(id);
                Ok(Flow::Superseded)
            }
            Ok(id) => {
                self.state.container = Some(id.clone());
                self.start(order, &id).await
            }
            Err(EngineError::NameTaken(name)) => self.find_out_whose(order, name).await,
            Err(EngineError::NoSuchImage(image)) => self.pull(order, image).await,
            Err(error) => Err(error),
        }
    }

    /// Of a vcluster; a task has none.
    async fn network(&self, order: &Assignment) -> Result<Option<Attachment>, EngineError> {
        let Some(member) = order.member() else { return Ok(None) };
        let network = self.host.networks.ensure(&self.host, order.owner, member).await?;
        Ok(Some(Attachment { network, ip: member.ip }))
    }

    fn spec(&self, order: &Assignment, network: Option<Attachment>) -> ContainerSpec {
        let config = &self.host.config;
        let grace = config.stop_grace.saturating_sub(HEAD_START).as_millis().to_string();
        let mut env = BTreeMap::from([("DOCKLET_GRACE_MS".to_owned(), grace)]);
        if order.is_task() {
            env.insert("DOCKLET_INSTANCE".to_owned(), order.instance.to_string());
        }
        let host_name = match &order.workload {
            Workload::Node(member) => {
                env.insert("DOCKLET_SSHD".to_owned(), "1".to_owned());
                env.extend(jupyter::services(member.name).map(|services| ("DOCKLET_SERVICES".to_owned(), services)));
                member.name.to_string()
            }
            Workload::Task { command, batch, .. } => {
                env.insert("DOCKLET_SERVICES".to_owned(), task_service(command, batch.as_ref()));
                "task".to_owned()
            }
        };
        ContainerSpec {
            name: names::container_name(order),
            installation: config.installation,
            owner: order.owner,
            vcluster: order.vcluster(),
            instance: order.instance,
            generation: order.generation,
            host_name,
            image: order.image.clone(),
            runtime: order.runtime.clone(),
            resources: order.resources,
            ceilings: config.ceilings,
            network,
            home: names::home_name(order.owner),
            init: self.host.init.clone(),
            run_dir: run_dir::offer(&config.data_dir, self.instance),
            env,
        }
    }

    /// The name is taken; the next look says by which container. When there is none to look at, the engine is still
    /// making it, most likely for a request of ours from before we were ended.
    async fn find_out_whose(&mut self, order: &Assignment, name: String) -> Result<Flow, EngineError> {
        let began = Instant::now();
        while began.elapsed() < IN_THE_MAKING {
            if self.see(order).await? != Seen::Nothing {
                return Ok(Flow::Look);
            }
            if self.is_superseded() {
                return Ok(Flow::Superseded);
            }
            sleep(LOOK_AGAIN).await;
        }
        Err(EngineError::NameTaken(name))
    }

    /// For a container that is not there yet: what an older dockletd's had mounted, and may have filled, goes first.
    async fn make_anew(&self) -> Result<(), EngineError> {
        let data_dir = &self.host.config.data_dir;
        let cleared = if run_dir::is_shared(data_dir, self.instance) {
            run_dir::remove(data_dir, self.instance).await
        } else {
            Ok(())
        };
        cleared.and_then(|()| run_dir::make(data_dir, self.instance)).map_err(no_directory)
    }

    /// Ready for docklet-init to ask for its socket. `None` where an older dockletd made the node: it makes its own.
    fn handover(&self) -> Result<Option<Handover>, EngineError> {
        let (data_dir, node) = (&self.host.config.data_dir, self.instance);
        if run_dir::is_shared(data_dir, node) {
            return Ok(None);
        }
        run_dir::make(data_dir, node).map_err(no_directory)?;
        let opened = Handover::open(&run_dir::offer(data_dir, node), &run_dir::path(data_dir, node));
        opened.map(Some).map_err(no_directory)
    }

    async fn pull(&mut self, order: &Assignment, image: String) -> Result<Flow, EngineError> {
        if self.state.pulled_for.replace(order.generation) == Some(order.generation) {
            return Err(EngineError::NoSuchImage(image));
        }
        self.step(order, "pulling the image");
        let mut pull = self.host.pulls.join(&self.host, &order.image);
        let end = self.host.end.clone();
        loop {
            let step = tokio::select! {
                biased;
                () = end.cancelled() => return Ok(Flow::Superseded),
                _ = self.desired.changed() => return Ok(Flow::Superseded),
                step = pull.next() => step?,
            };
            match step {
                Some(step) => self.step(order, step),
                None => return Ok(Flow::Look),
            }
        }
    }

    pub(crate) async fn start(&mut self, order: &Assignment, id: &str) -> Result<Flow, EngineError> {
        self.step(order, "starting");
        let host = self.host.clone();
        let handover = self.handover()?;
        host.out_of_memories.forget(self.instance);
        let ip = self.network(order).await?.map(|attachment| attachment.ip);
        host.firewall.ensure(&host).await?;
        if self.is_superseded() {
            return Ok(Flow::Superseded);
        }
        // Told before it is done: a worker that is ended here leaves the engine a request that it may yet carry out.
        self.state.begun = true;
        self.step(order, "starting");
        let started = host.in_turn(&host.permits, host.engine.start_container(id, ip));
        if let Err(error) = during(handover.as_ref(), started).await {
            // Unless it is unknown what the engine makes of it.
            self.state.begun &= matches!(error, EngineError::Unreachable(_) | EngineError::Gone(_));
            return Err(error);
        }
        (self.state.started_at, self.state.ready_since) = (Some(host.now()), None);
        self.step(order, "waiting for docklet-init");
        // Looked at meanwhile, so that it costs no time: since when it runs, by the engine's own clock.
        let look = host.engine.container(host.config.installation, id);
        let ready = self.until_ready(id, handover.as_ref());
        let (ready, seen) = future::join(ready, look).await;
        let run = seen?.map(|container| container.run);
        match (ready?, run) {
            (Ready::Yes, Some(RunState::Running { since })) => Ok(self.running(since)),
            (Ready::Superseded, _) => Ok(Flow::Superseded),
            (Ready::Yes | Ready::Ended | Ready::No(_), _) if order.is_task() => Ok(Flow::Look),
            (Ready::No(fault), _) => self.give_up(id, &fault).await,
            (Ready::Yes | Ready::Ended, _) => self.ended_at_once(order).await,
        }
    }

    /// It runs already. What ran before is never restarted.
    pub(crate) async fn adopt(
        &mut self,
        order: &Assignment,
        id: &str,
        since: DateTime<Utc>,
    ) -> Result<Flow, EngineError> {
        if self.state.ready_since == Some(since) {
            return Ok(self.running(since));
        }
        // One that was started while no worker was there has not got its socket yet.
        let handover = self.handover()?;
        let fault = match self.until_ready(id, handover.as_ref()).await? {
            Ready::Yes => return Ok(self.running(since)),
            Ready::Superseded => return Ok(Flow::Superseded),
            Ready::Ended => return Ok(Flow::Look),
            Ready::No(fault) => fault,
        };
        if order.is_task() {
            // Its command may run all the same. If it has not got its socket yet, it is offered that again.
            tracing::warn!(instance = %self.instance, fault, "the docklet-init of a task that runs does not answer");
            return Ok(Flow::Later);
        }
        if *self.state.past(order.generation) == Past::Nothing {
            // The order is to bring it up, and this way it is of no use: from the start, then.
            tracing::warn!(instance = %self.instance, fault, "a node runs, but its docklet-init does not answer; it is restarted as ordered");
            self.host.engine.stop_container(id, SHORT_GRACE_SECONDS).await?;
            return Ok(Flow::Look);
        }
        let reason = format!("the node runs, but its docklet-init does not answer ({fault}); restart the vcluster");
        Ok(Flow::Rest(Phase::Failed { reason }))
    }

    fn running(&mut self, since: DateTime<Utc>) -> Flow {
        self.state.ready_since = Some(since);
        Flow::Rest(Phase::Running { since })
    }

    /// It was started and does not answer. Its owner cannot use it, so it must not run on and keep its reservation.
    async fn give_up(&mut self, id: &str, fault: &str) -> Result<Flow, EngineError> {
        let host = self.host.clone();
        let log = host.engine.container_log(id, reason::LOG_LINES).await?;
        host.engine.stop_container(id, SHORT_GRACE_SECONDS).await?;
        let within = host.config.ready_within.as_secs();
        let words = reason::last_words(&log);
        let reason = format!("docklet-init was not ready within {within} s ({fault}){words}");
        Ok(Flow::Rest(Phase::Failed { reason }))
    }

    async fn ended_at_once(&mut self, order: &Assignment) -> Result<Flow, EngineError> {
        let cause = match self.see(order).await? {
            Seen::Ours { id, run: RunState::Exited { code, out_of_memory, .. }, .. } => {
                Cause::Ended { id, code, out_of_memory }
            }
            Seen::Nothing | Seen::Foreign => Cause::Removed,
            // Already started again from outside Docklet, or paused.
            Seen::Ours { .. } => return Ok(Flow::Look),
        };
        let reason = reason::of(&self.host, &self.state, order, cause).await?;
        Ok(Flow::Rest(Phase::Failed { reason }))
    }

    /// A container that is of no use.
    pub(crate) async fn discard(&mut self, id: &str) -> Result<Flow, EngineError> {
        tracing::info!(instance = %self.instance, container = id, "removing a container that was never started or is half removed");
        self.take_away(id).await?;
        self.state.container = None;
        Ok(Flow::Look)
    }

    pub(crate) fn is_superseded(&self) -> bool {
        self.desired.has_changed().unwrap_or(true)
    }
}

/// A task's command or script, as docklet-init's one service.
fn task_service(command: &Command, batch: Option<&Batch>) -> String {
    let mut service = json!({"name": "task", "start": "once", "command": command.words(), "cwd": HOME});
    if let (Some(batch), Some(fields)) = (batch, service.as_object_mut()) {
        let limit = batch.time_limit.seconds();
        let mut script = json!({"script": batch.script.runnable(), "output": batch.output, "time_limit_s": limit});
        if let Some(Warning { signal, seconds, all }) = batch.warning {
            script["warning"] = json!({"signal": signal, "seconds": seconds, "all": all});
        }
        fields.insert("batch".to_owned(), script);
        fields.insert("env".to_owned(), json!(batch.environment));
        fields.insert("cwd".to_owned(), json!(batch.directory.as_deref().unwrap_or(HOME)));
    }
    json!([service]).to_string()
}

/// Does the work, and hands the node its socket meanwhile.
pub(crate) async fn during<T>(handover: Option<&Handover>, work: impl Future<Output = T>) -> T {
    match handover {
        Some(handover) => handover.during(work).await,
        None => work.await,
    }
}

fn no_directory(fault: io::Error) -> EngineError {
    EngineError::Refused(format!("its directory on the host cannot be made: {fault}"))
}
