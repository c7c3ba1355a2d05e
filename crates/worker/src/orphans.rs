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
use domain::{NodeId, VclusterId};
use parking_lot::Mutex;

use crate::{desk::employ, host::Host, memory::Memory};

#[derive(Debug, Default)]
pub(crate) struct Orphans(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<NodeId, Known>,
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
        for Answer { node, verdict, .. } in answers {
            if let Some(known) = state.known.get_mut(&node) {
                known.verdict = Some(verdict);
            }
        }
    }

    /// Whether something of this vcluster is kept that no record claims. Its network stays with it.
    pub(crate) fn keeps(&self, vcluster: VclusterId) -> bool {
        let kept = |known: &Known| known.orphan.vcluster == vcluster && known.verdict == Some(Verdict::Keep);
        self.0.lock().known.values().any(kept)
    }

    /// What was asked may be lost, and what was asked and answered may be an older copy's.
    pub(crate) fn ask_again(&self) {
        let mut state = self.0.lock();
        state.compared = false;
        state.known.values_mut().for_each(|known| (known.asked, known.verdict) = (false, None));
    }

    /// It has an assignment after all. Says whether it may be paused for want of one.
    pub(crate) fn is_claimed(&self, node: NodeId) -> bool {
        self.verdict(node) == Some(Verdict::Keep)
    }

    /// Takes note of what there is now: what is to be asked, and what needs no answer any more.
    fn note(&self, now: Vec<Orphan>) -> (Vec<Orphan>, Vec<NodeId>) {
        let mut state = self.0.lock();
        let known = &mut state.known;
        let present: BTreeSet<NodeId> = now.iter().map(|orphan| orphan.node).collect();
        let gone: Vec<NodeId> = known.keys().filter(|node| !present.contains(node)).copied().collect();
        for orphan in now {
            let fresh = Known { orphan: orphan.clone(), asked: false, verdict: None };
            let there = known.entry(orphan.node).or_insert(fresh);
            if there.orphan != orphan {
                *there = Known { orphan, asked: false, verdict: None };
            }
        }
        (known.values().filter(|known| !known.asked).map(|known| known.orphan.clone()).collect(), gone)
    }

    fn set_asked(&self, asked: &[Orphan]) {
        let mut state = self.0.lock();
        for orphan in asked {
            if let Some(known) = state.known.get_mut(&orphan.node) {
                known.asked = true;
            }
        }
    }

    fn forget(&self, gone: &[NodeId]) {
        let mut state = self.0.lock();
        for node in gone {
            state.known.remove(node);
        }
    }

    /// Of what coordination holds, the questions about what is not there.
    fn left_over(&self, asked: Vec<NodeId>) -> Vec<NodeId> {
        let state = self.0.lock();
        asked.into_iter().filter(|node| !state.known.contains_key(node)).collect()
    }

    fn verdict(&self, node: NodeId) -> Option<Verdict> {
        self.0.lock().known.get(&node).and_then(|known| known.verdict)
    }
}

/// Asks about what has no assignment, and carries out what was answered. `ours`: all our containers on this host.
pub(crate) async fn look_after(host: &Arc<Host>, ours: &[(ContainerLabels, Container)]) -> Result<(), EngineError> {
    let without: Vec<_> = ours.iter().filter(|(labels, _)| !host.roster.wants(labels.node)).collect();
    let orphan = |labels: &ContainerLabels| Orphan {
        node: labels.node,
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
        match host.orphans.verdict(labels.node) {
            Some(Verdict::Remove { generation }) if generation >= labels.generation => {
                remove(host, labels, container);
            }
            Some(Verdict::Remove { generation }) => {
                let (node, refused, present) = (labels.node, generation.0, labels.generation.0);
                tracing::warn!(%node, refused, present, "a container is newer than the order to remove it, and stays");
            }
            Some(Verdict::Keep) if matches!(container.run, RunState::Running { .. }) => {
                tracing::warn!(node = %labels.node, container = container.id, "pausing a container that no record claims");
                host.engine.pause_container(&container.id).await?;
            }
            Some(Verdict::Keep) | None => {}
        }
    }
    Ok(())
}

async fn tell(host: &Host, ask: &[Orphan], gone: &[NodeId]) -> Result<(), CoordinationError> {
    for orphan in ask {
        tracing::info!(node = %orphan.node, "a container has no assignment; control is asked about it");
    }
    host.duty.ask(ask).await?;
    host.orphans.set_asked(ask);
    host.duty.stop_asking(&host.config.name, gone).await?;
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
    let asked = host.duty.asked(&host.config.name).await?;
    host.duty.stop_asking(&host.config.name, &host.orphans.left_over(asked)).await
}

fn remove(host: &Arc<Host>, labels: &ContainerLabels, container: &Container) {
    if let Some(seat) = host.roster.orphan(labels.node, Some(labels.vcluster), Some(container.id.clone())) {
        employ(host, seat, Memory::new(None, false, None));
    }
}
