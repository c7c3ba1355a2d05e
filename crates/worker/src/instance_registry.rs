//! The instances of this host and what is wanted of each. Passes orders to their drivers; calls no engine.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use control::ports::coordination::{Assignment, Order};
use domain::{InstanceId, VclusterId, image::ImageRef};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

/// What is wanted of one instance.
#[derive(Debug, Clone)]
pub(crate) enum Desired {
    Assigned(Arc<Assignment>),
    /// It has no assignment, and the record says that nothing of it may be left: its container has to go, and its directory.
    Orphan {
        container: Option<String>,
    },
    /// Nothing any more. Its driver may end.
    Nothing,
}

/// One instance of this host.
#[derive(Debug)]
struct Instance {
    desired: watch::Sender<Desired>,
    look: Arc<Notify>,
    /// Of a node; unknown for an orphan of which only the directory is left.
    vcluster: Option<VclusterId>,
    /// Nothing of it is left on the engine.
    cleared: bool,
}

/// What a new driver is given: the other end of its `Instance`.
#[derive(Debug)]
pub(crate) struct DriverHandle {
    pub(crate) instance: InstanceId,
    pub(crate) desired: watch::Receiver<Desired>,
    pub(crate) look: Arc<Notify>,
}

/// The instances of this host.
#[derive(Debug, Default)]
pub(crate) struct InstanceRegistry {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    instances: BTreeMap<InstanceId, Instance>,
    /// The last snapshot of the assignments was complete: what is not here has no assignment.
    complete: bool,
}

impl InstanceRegistry {
    /// Takes all assignments in, in one go: a sweep must not see the new completeness with the old assignments and take
    /// the difference for orphans. Returns handles for drivers of new nodes, and the nodes that have no assignment any
    /// more. Of a snapshot that is not complete nothing is believed: it may be an older copy.
    pub(crate) fn replace(&self, assignments: Vec<Assignment>, complete: bool) -> (Vec<DriverHandle>, Vec<InstanceId>) {
        let mut book = self.book.lock();
        book.complete = complete;
        if !complete {
            return (Vec::new(), Vec::new());
        }
        let present: BTreeSet<InstanceId> = assignments.iter().map(|assignment| assignment.instance).collect();
        let handles = assignments.into_iter().filter_map(|assignment| book.assign(assignment)).collect();
        let gone = book.assigned().filter(|node| !present.contains(node)).collect();
        (handles, gone)
    }

    /// Takes an assignment in. Returns the handle for a driver when the node is new here.
    pub(crate) fn assign(&self, assignment: Assignment) -> Option<DriverHandle> {
        self.book.lock().assign(assignment)
    }

    /// Something that is to be removed unless it is assigned. Returns the handle for a driver when that is so and the node
    /// has none.
    pub(crate) fn orphan(
        &self,
        node: InstanceId,
        vcluster: Option<VclusterId>,
        container: Option<String>,
    ) -> Option<DriverHandle> {
        let mut book = self.book.lock();
        if !book.complete {
            return None;
        }
        match book.instances.entry(node) {
            Entry::Occupied(instance) => {
                // One that is withdrawn but whose driver has not ended yet.
                if matches!(*instance.get().desired.borrow(), Desired::Nothing) {
                    instance.get().desired.send_replace(Desired::Orphan { container });
                }
                None
            }
            Entry::Vacant(vacant) => {
                let (instance, handle) = Instance::new(node, vcluster, Desired::Orphan { container });
                vacant.insert(instance);
                Some(handle)
            }
        }
    }

    pub(crate) fn withdraw(&self, node: InstanceId) {
        if let Some(instance) = self.book.lock().instances.get(&node) {
            instance.desired.send_replace(Desired::Nothing);
        }
    }

    /// The nodes that have an assignment.
    pub(crate) fn assigned(&self) -> Vec<InstanceId> {
        self.book.lock().assigned().collect()
    }

    /// What is wanted of the node, if anything is.
    pub(crate) fn assignment(&self, node: InstanceId) -> Option<Arc<Assignment>> {
        match &*self.book.lock().instances.get(&node)?.desired.borrow() {
            Desired::Assigned(assignment) => Some(Arc::clone(assignment)),
            Desired::Orphan { .. } | Desired::Nothing => None,
        }
    }

    /// The images of all nodes that are to stay, of stopped ones, too.
    pub(crate) fn images(&self) -> Vec<ImageRef> {
        let image = |instance: &Instance| match &*instance.desired.borrow() {
            Desired::Assigned(assignment) if assignment.order != Order::Remove => Some(assignment.image.clone()),
            Desired::Assigned(_) | Desired::Orphan { .. } | Desired::Nothing => None,
        };
        self.book.lock().instances.values().filter_map(image).collect()
    }

    /// A driver with nothing more to do gives its handle back; `false` when something new is wanted after all.
    pub(crate) fn leave(&self, node: InstanceId) -> bool {
        let instances = &mut self.book.lock().instances;
        let done = instances.get(&node).is_some_and(|instance| matches!(*instance.desired.borrow(), Desired::Nothing));
        if done {
            instances.remove(&node);
        }
        done
    }

    /// An orphan is gone.
    pub(crate) fn forget_orphan(&self, node: InstanceId) {
        if let Some(instance) = self.book.lock().instances.get(&node) {
            instance.desired.send_if_modified(|desired| {
                let is_orphan = matches!(desired, Desired::Orphan { .. });
                if is_orphan {
                    *desired = Desired::Nothing;
                }
                is_orphan
            });
        }
    }

    pub(crate) fn look_at(&self, node: InstanceId) {
        if let Some(instance) = self.book.lock().instances.get(&node) {
            instance.look.notify_one();
        }
    }

    pub(crate) fn look_at_vcluster(&self, vcluster: VclusterId) {
        self.book
            .lock()
            .instances
            .values()
            .filter(|instance| instance.vcluster == Some(vcluster))
            .for_each(|instance| instance.look.notify_one());
    }

    pub(crate) fn look_at_all(&self) {
        self.book.lock().instances.values().for_each(|instance| instance.look.notify_one());
    }

    /// Nodes whose driver has ended without leaving: it panicked. They are taken out, to be assigned anew.
    pub(crate) fn take_out_broken(&self) -> Vec<Arc<Assignment>> {
        let instances = &mut self.book.lock().instances;
        let broken: Vec<InstanceId> =
            instances.iter().filter(|(_, p)| p.desired.is_closed()).map(|(node, _)| *node).collect();
        let taken = broken.into_iter().filter_map(|node| instances.remove(&node));
        taken
            .filter_map(|instance| match &*instance.desired.borrow() {
                Desired::Assigned(assignment) => Some(Arc::clone(assignment)),
                Desired::Orphan { .. } | Desired::Nothing => None,
            })
            .collect()
    }

    /// Whether something is wanted of this node.
    pub(crate) fn wants(&self, node: InstanceId) -> bool {
        self.book
            .lock()
            .instances
            .get(&node)
            .is_some_and(|instance| !matches!(*instance.desired.borrow(), Desired::Nothing))
    }

    /// Whether this vcluster has a node here at all.
    pub(crate) fn knows(&self, vcluster: VclusterId) -> bool {
        self.book.lock().instances.values().any(|instance| instance.vcluster == Some(vcluster))
    }

    /// Whether some node of the vcluster is to stay, so that its network must.
    pub(crate) fn stays(&self, vcluster: VclusterId) -> bool {
        let stays = |instance: &Instance| matches!(&*instance.desired.borrow(), Desired::Assigned(assignment) if assignment.order != Order::Remove);
        self.book.lock().instances.values().any(|instance| instance.vcluster == Some(vcluster) && stays(instance))
    }

    /// Whether another node of the vcluster is still on its way out, and will clear away what they share.
    pub(crate) fn others_are_leaving(&self, vcluster: VclusterId, node: InstanceId) -> bool {
        self.book
            .lock()
            .instances
            .iter()
            .any(|(other, instance)| *other != node && instance.vcluster == Some(vcluster) && !instance.cleared)
    }

    pub(crate) fn set_cleared(&self, node: InstanceId) {
        if let Some(instance) = self.book.lock().instances.get_mut(&node) {
            instance.cleared = true;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.book.lock().complete
    }
}

impl Book {
    fn assign(&mut self, assignment: Assignment) -> Option<DriverHandle> {
        let (node, vcluster) = (assignment.instance, assignment.vcluster());
        let desired = Desired::Assigned(Arc::new(assignment));
        match self.instances.entry(node) {
            Entry::Occupied(mut instance) => {
                let instance = instance.get_mut();
                if supersedes(&desired, &instance.desired.borrow()) {
                    instance.cleared = false;
                    instance.desired.send_replace(desired);
                }
                None
            }
            Entry::Vacant(vacant) => {
                let (instance, handle) = Instance::new(node, vcluster, desired);
                vacant.insert(instance);
                Some(handle)
            }
        }
    }

    fn assigned(&self) -> impl Iterator<Item = InstanceId> {
        let is_assigned = |instance: &Instance| matches!(*instance.desired.borrow(), Desired::Assigned(_));
        self.instances.iter().filter(move |(_, instance)| is_assigned(instance)).map(|(node, _)| *node)
    }
}

impl Instance {
    fn new(node: InstanceId, vcluster: Option<VclusterId>, first: Desired) -> (Self, DriverHandle) {
        let (desired, receiver) = watch::channel(first);
        let look = Arc::new(Notify::new());
        let handle = DriverHandle { instance: node, desired: receiver, look: Arc::clone(&look) };
        (Self { desired, look, vcluster, cleared: false }, handle)
    }
}

/// Only a later order takes the place of one: the sender of an older one did not know of it.
fn supersedes(new: &Desired, present: &Desired) -> bool {
    match (new, present) {
        (Desired::Assigned(new), Desired::Assigned(present)) => {
            if new.generation < present.generation {
                let (instance, refused, present) = (new.instance, new.generation.0, present.generation.0);
                tracing::warn!(%instance, refused, present, "an order older than the present one is refused");
            }
            new.generation > present.generation
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
