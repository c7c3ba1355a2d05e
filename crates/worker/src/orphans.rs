//! Containers of ours without an assignment. Nothing is done to one because its assignment is missing: control is asked, and
//! what it answers from the record is carried out by the sweep. Remembers what was asked and answered; all of it can be lost:
//! what coordination holds of it is then compared with the containers that are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use control::ports::{
    coordination::{Answer, CoordinationError, Orphan, Verdict},
    engine::{Container, ContainerLabels, EngineError, RunState},
};
use domain::{InstanceId, VclusterId};
use parking_lot::Mutex;

use crate::{assignment_watcher::spawn_driver, driver_state::DriverState, host::Host};

#[derive(Debug, Default)]
pub(crate) struct Orphans(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<InstanceId, Known>,
    /// Coordination holds no question but those about what is known.
    compared: bool,
}

#[derive(Debug)]
struct Known {
    orphan: Orphan,
    asked: bool,
    verdict: Option<Verdict>,
}

impl Orphans {
    pub(crate) fn answered(&self, answers: Vec<Answer>) {
        let mut state = self.0.lock();
        for Answer { instance, verdict, .. } in answers {
            if let Some(known) = state.known.get_mut(&instance) {
                known.verdict = Some(verdict);
            }
        }
    }

    /// Whether something of this vcluster is kept that no record claims. Its network stays with it.
    pub(crate) fn keeps(&self, vcluster: VclusterId) -> bool {
        let kept = |known: &Known| known.orphan.vcluster == Some(vcluster) && known.verdict == Some(Verdict::Keep);
        self.0.lock().known.values().any(kept)
    }

    /// What was asked may be lost, and what was asked and answered may be an older copy's.
    pub(crate) fn ask_again(&self) {
        let mut state = self.0.lock();
        state.compared = false;
        state.known.values_mut().for_each(|known| (known.asked, known.verdict) = (false, None));
    }

    /// It has an assignment after all. Says whether it may be paused for want of one.
    pub(crate) fn is_claimed(&self, node: InstanceId) -> bool {
        self.verdict(node) == Some(Verdict::Keep)
    }

    /// Takes note of what there is now: what is to be asked, and what needs no answer any more.
    fn note(&self, now: Vec<Orphan>) -> (Vec<Orphan>, Vec<InstanceId>) {
        let mut state = self.0.lock();
        let known = &mut state.known;
        let present: BTreeSet<InstanceId> = now.iter().map(|orphan| orphan.instance).collect();
        let gone: Vec<InstanceId> = known.keys().filter(|node| !present.contains(node)).copied().collect();
        for orphan in now {
            let fresh = Known { orphan: orphan.clone(), asked: false, verdict: None };
            let there = known.entry(orphan.instance).or_insert(fresh);
            if there.orphan != orphan {
                *there = Known { orphan, asked: false, verdict: None };
            }
        }
        (known.values().filter(|known| !known.asked).map(|known| known.orphan.clone()).collect(), gone)
    }

    fn set_asked(&self, asked: &[Orphan]) {
        let mut state = self.0.lock();
        for orphan in asked {
            if let Some(known) = state.known.get_mut(&orphan.instance) {
                known.asked = true;
            }
        }
    }

    fn forget(&self, gone: &[InstanceId]) {
        let mut state = self.0.lock();
        for node in gone {
            state.known.remove(node);
        }
    }

    /// Of what coordination holds, the questions about what is not there.
    fn left_over(&self, asked: Vec<InstanceId>) -> Vec<InstanceId> {
        let state = self.0.lock();
        asked.into_iter().filter(|node| !state.known.contains_key(node)).collect()
    }

    fn verdict(&self, node: InstanceId) -> Option<Verdict> {
        self.0.lock().known.get(&node).and_then(|known| known.verdict)
    }
}

/// Asks about what has no assignment, and carries out what was answered. `ours`: all our containers on this host.
pub(crate) async fn look_after(host: &Arc<Host>, ours: &[(ContainerLabels, Container)]) -> Result<(), EngineError> {
    let without: Vec<_> = ours.iter().filter(|(labels, _)| !host.instances.wants(labels.instance)).collect();
    let orphan = |labels: &ContainerLabels| Orphan {
        instance: labels.instance,
        worker: host.config.name.clone(),
        vcluster: labels.vcluster,
        owner: labels.owner,
        generation: labels.generation,
    };
    let (ask, gone) = host.orphans.note(without.iter().map(|(labels, _)| orphan(labels)).collect());
    if let Err(error) = tell(host, &ask, &gone).await {
        tracing::warn!(%error, "control cannot be asked about containers without an assignment; they stay as they are");
    }
    for (labels, container) in without {
        match host.orphans.verdict(labels.instance) {
            Some(Verdict::Remove { generation }) if generation >= labels.generation => {
                remove(host, labels, container);
            }
            Some(Verdict::Remove { generation }) => {
                let (instance, refused, present) = (labels.instance, generation.0, labels.generation.0);
                tracing::warn!(%instance, refused, present, "a container is newer than the order to remove it, and stays");
            }
            Some(Verdict::Keep) if matches!(container.run, RunState::Running { .. }) => {
                tracing::warn!(instance = %labels.instance, container = container.id, "pausing a container that no record claims");
                host.engine.pause_container(&container.id).await?;
            }
            Some(Verdict::Keep) | None => {}
        }
    }
    Ok(())
}

async fn tell(host: &Host, ask: &[Orphan], gone: &[InstanceId]) -> Result<(), CoordinationError> {
    for orphan in ask {
        tracing::info!(instance = %orphan.instance, "a container has no assignment; control is asked about it");
    }
    host.coordination.ask(ask).await?;
    host.orphans.set_asked(ask);
    host.coordination.stop_asking(&host.config.name, gone).await?;
    host.orphans.forget(gone);
    compare(host).await
}

/// What went while no worker was there, or before coordination got an older copy of its data back, is not known here.
async fn compare(host: &Host) -> Result<(), CoordinationError> {
    // Said before it is done: a snapshot that comes meanwhile makes it be done again.
    if std::mem::replace(&mut host.orphans.0.lock().compared, true) {
        return Ok(());
    }
    let done = take_back_left_over(host).await;
    if done.is_err() {
        host.orphans.0.lock().compared = false;
    }
    done
}

async fn take_back_left_over(host: &Host) -> Result<(), CoordinationError> {
    let asked = host.coordination.asked(&host.config.name).await?;
    host.coordination.stop_asking(&host.config.name, &host.orphans.left_over(asked)).await
}

fn remove(host: &Arc<Host>, labels: &ContainerLabels, container: &Container) {
    if let Some(handle) = host.instances.orphan(labels.instance, labels.vcluster, Some(container.id.clone())) {
        spawn_driver(host, handle, DriverState::new(None, false, None));
    }
}
