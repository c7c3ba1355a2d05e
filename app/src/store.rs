//! What the page knows about the user's vclusters: begun with what the server rendered, kept current by events.
//!
//! Plain data without signals and without a network. Events carry whole vclusters and come in order, so the last one wins.
//! While lists are read again, events are held back and applied on top.

use std::collections::BTreeSet;

use wire::{
    event::Event,
    session::Amount,
    vcluster::{UnreadableVcluster, Vcluster},
};

use crate::api::overview::Overview;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Store {
    /// Newest first: ids are time-ordered.
    vclusters: Vec<Vcluster>,
    unreadable: Vec<UnreadableVcluster>,
    gone: BTreeSet<String>,
    limits: Amount,
    usage: Amount,
    /// Events that came while the lists are being read again.
    held: Option<Vec<Event>>,
}

/// What an event did, for telling the person.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Applied {
    Nothing,
    Changed {
        before: Option<Box<Vcluster>>,
        after: Box<Vcluster>,
    },
    Gone(Box<Vcluster>),
    /// Something has happened to a job. Which ones there are is not known here.
    Job,
    /// Events were missed: read everything again.
    ReadAgain,
}

impl Store {
    pub(crate) fn new(overview: &Overview) -> Self {
        let mut store = Self {
            vclusters: overview.vclusters.clone(),
            unreadable: overview.unreadable.clone(),
            gone: BTreeSet::new(),
            limits: overview.session.limits,
            usage: overview.session.usage,
            held: None,
        };
        store.sort();
        store
    }

    pub(crate) fn vclusters(&self) -> &[Vcluster] {
        &self.vclusters
    }

    pub(crate) fn unreadable(&self) -> &[UnreadableVcluster] {
        &self.unreadable
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Vcluster> {
        self.vclusters.iter().find(|vcluster| vcluster.id == id)
    }

    /// It was there and has been deleted.
    pub(crate) fn is_gone(&self, id: &str) -> bool {
        self.gone.contains(id)
    }

    pub(crate) const fn limits(&self) -> Amount {
        self.limits
    }

    pub(crate) const fn usage(&self) -> Amount {
        self.usage
    }

    pub(crate) fn apply(&mut self, event: Event) -> Applied {
        if let Some(held) = &mut self.held {
            held.push(event);
            return Applied::Nothing;
        }
        match event {
            Event::Resync => Applied::ReadAgain,
            Event::Job { .. } => Applied::Job,
            Event::Vcluster { vcluster, usage } => {
                self.usage = usage;
                let before = self.put(*vcluster.clone());
                Applied::Changed { before: before.map(Box::new), after: vcluster }
            }
            Event::VclusterGone { id, usage } => {
                self.usage = usage;
                self.remove(&id).map_or(Applied::Nothing, |vcluster| Applied::Gone(Box::new(vcluster)))
            }
        }
    }

    /// Takes in the answer to an action of this page. The feed may have been faster: what it has said about the same or a
    /// later operation is newer than the answer. Says whether the answer was news.
    pub(crate) fn answered(&mut self, vcluster: &Vcluster) -> bool {
        let known = self.find(&vcluster.id).is_some_and(|known| known.operation.id >= vcluster.operation.id);
        let news = !known && !self.is_gone(&vcluster.id);
        if news {
            self.put(vcluster.clone());
        }
        news
    }

    /// From here to [`Self::read_again`] events are held back.
    pub(crate) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// The lists as they were read after [`Self::hold`], with everything that has happened since on top.
    pub(crate) fn read_again(&mut self, overview: &Overview) -> Vec<Applied> {
        let held = self.held.take().unwrap_or_default();
        let gone = std::mem::take(&mut self.gone);
        let before = std::mem::replace(self, Self::new(overview));
        let lost = before.vclusters.into_iter().map(|v| v.id).filter(|id| self.find(id).is_none());
        self.gone = gone.into_iter().chain(lost).collect();
        held.into_iter().map(|event| self.apply(event)).collect()
    }

    /// Reading the lists again did not work: the events at least are not lost.
    pub(crate) fn release(&mut self) -> Vec<Applied> {
        let held = self.held.take().unwrap_or_default();
        held.into_iter().map(|event| self.apply(event)).collect()
    }

    fn put(&mut self, vcluster: Vcluster) -> Option<Vcluster> {
        if let Some(known) = self.vclusters.iter_mut().find(|known| known.id == vcluster.id) {
            return Some(std::mem::replace(known, vcluster));
        }
        self.gone.remove(&vcluster.id);
        self.vclusters.push(vcluster);
        self.sort();
        None
    }

    fn remove(&mut self, id: &str) -> Option<Vcluster> {
        self.gone.insert(id.to_owned());
        self.forget_unreadable(id);
        let index = self.vclusters.iter().position(|vcluster| vcluster.id == id)?;
        Some(self.vclusters.remove(index))
    }

    pub(crate) fn forget_unreadable(&mut self, id: &str) {
        self.unreadable.retain(|unreadable| unreadable.id != id);
    }

    fn sort(&mut self) {
        self.vclusters.sort_by(|a, b| b.id.cmp(&a.id));
    }
}

#[cfg(test)]
mod tests;
