//! Which nodes this host has, and what is wanted of each. Passes wishes to the nodes' drivers; talks to nothing else.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::Arc,
};

use control::ports::coordination::{Assignment, Order};
use domain::{NodeId, VclusterId, image::ImageRef};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

/// What is wanted of one node.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Assigned(Arc<Assignment>),
    /// It has no assignment, and the record says that nothing of it may be left: its container has to go, and its directory.
    Orphan {
        container: Option<String>,
    },
    /// Nothing any more. Its driver may end.
    Nothing,
}

/// One node's place in the roster.
#[derive(Debug)]
struct Place {
    wish: watch::Sender<Wish>,
    look: Arc<Notify>,
    /// Unknown for an orphan of which only the directory is left.
    vcluster: Option<VclusterId>,
    /// Nothing of it is left on the engine.
    cleared: bool,
}

/// What a new driver is given.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) node: NodeId,
    pub(crate) wish: watch::Receiver<Wish>,
    pub(crate) look: Arc<Notify>,
}

/// The nodes of this host.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    places: BTreeMap<NodeId, Place>,
    /// The last snapshot of the assignments was complete: what is not here has no assignment.
    complete: bool,
}

impl Roster {
    /// Takes all assignments in, in one go: a sweep must not see the new completeness with the old assignments and take
    /// the difference for orphans. Returns seats for drivers of new nodes, and the nodes that have no assignment any
    /// more. Of a snapshot that is not complete nothing is believed: it may be an older copy.
    pub(crate) fn replace(&self, assignments: Vec<Assignment>, complete: bool) -> (Vec<Seat>, Vec<NodeId>) {
        let mut book = self.book.lock();
        book.complete = complete;
        if !complete {
            return (Vec::new(), Vec::new());
        }
        let present: BTreeSet<NodeId> = assignments.iter().map(|assignment| assignment.node).collect();
        let seats = assignments.into_iter().filter_map(|assignment| book.assign(assignment)).collect();
        let gone = book.assigned().filter(|node| !present.contains(node)).collect();
        (seats, gone)
    }

    /// Takes an assignment in. Returns the seat for a driver when the node is new here.
    pub(crate) fn assign(&self, assignment: Assignment) -> Option<Seat> {
        self.book.lock().assign(assignment)
    }

    /// Something that is to be removed unless it is assigned. Returns the seat for a driver when that is so and the node has
    /// none.
    pub(crate) fn orphan(&self, node: NodeId, vcluster: Option<VclusterId>, container: Option<String>) -> Option<Seat> {
        let mut book = self.book.lock();
        if !book.complete {
            return None;
        }
        match book.places.entry(node) {
            Entry::Occupied(place) => {
                // One that is withdrawn but whose driver has not ended yet.
                if matches!(*place.get().wish.borrow(), Wish::Nothing) {
                    place.get().wish.send_replace(Wish::Orphan { container });
                }
                None
            }
            Entry::Vacant(vacant) => {
                let (place, seat) = Place::new(node, vcluster, Wish::Orphan { container });
                vacant.insert(place);
                Some(seat)
            }
        }
    }

    pub(crate) fn withdraw(&self, node: NodeId) {
        if let Some(place) = self.book.lock().places.get(&node) {
            place.wish.send_replace(Wish::Nothing);
        }
    }

    /// The nodes that have an assignment.
    pub(crate) fn assigned(&self) -> Vec<NodeId> {
        self.book.lock().assigned().collect()
    }

    /// What is wanted of the node, if anything is.
    pub(crate) fn assignment(&self, node: NodeId) -> Option<Arc<Assignment>> {
        match &*self.book.lock().places.get(&node)?.wish.borrow() {
            Wish::Assigned(assignment) => Some(Arc::clone(assignment)),
            Wish::Orphan { .. } | Wish::Nothing => None,
        }
    }

    /// The images of all nodes that are to stay, of stopped ones, too.
    pub(crate) fn images(&self) -> Vec<ImageRef> {
        let image = |place: &Place| match &*place.wish.borrow() {
            Wish::Assigned(assignment) if assignment.order != Order::Remove => Some(assignment.image.clone()),
            Wish::Assigned(_) | Wish::Orphan { .. } | Wish::Nothing => None,
        };
        self.book.lock().places.values().filter_map(image).collect()
    }

    /// A driver with nothing more to do gives its seat back; `false` when something new is wanted after all.
    pub(crate) fn leave(&self, node: NodeId) -> bool {
        let places = &mut self.book.lock().places;
        let done = places.get(&node).is_some_and(|place| matches!(*place.wish.borrow(), Wish::Nothing));
        if done {
            places.remove(&node);
        }
        done
    }

    /// An orphan is gone.
    pub(crate) fn forget_orphan(&self, node: NodeId) {
        if let Some(place) = self.book.lock().places.get(&node) {
            place.wish.send_if_modified(|wish| {
                let is_orphan = matches!(wish, Wish::Orphan { .. });
                if is_orphan {
                    *wish = Wish::Nothing;
                }
                is_orphan
            });
        }
    }

    pub(crate) fn look_at(&self, node: NodeId) {
        if let Some(place) = self.book.lock().places.get(&node) {
            place.look.notify_one();
        }
    }

    pub(crate) fn look_at_vcluster(&self, vcluster: VclusterId) {
        self.book
            .lock()
            .places
            .values()
            .filter(|place| place.vcluster == Some(vcluster))
            .for_each(|place| place.look.notify_one());
    }

    pub(crate) fn look_at_all(&self) {
        self.book.lock().places.values().for_each(|place| place.look.notify_one());
    }

    /// Nodes whose driver has ended without leaving: it panicked. They are taken out, to be assigned anew.
    pub(crate) fn take_out_broken(&self) -> Vec<Arc<Assignment>> {
        let places = &mut self.book.lock().places;
        let broken: Vec<NodeId> = places.iter().filter(|(_, p)| p.wish.is_closed()).map(|(node, _)| *node).collect();
        let taken = broken.into_iter().filter_map(|node| places.remove(&node));
        taken
            .filter_map(|place| match &*place.wish.borrow() {
                Wish::Assigned(assignment) => Some(Arc::clone(assignment)),
                Wish::Orphan { .. } | Wish::Nothing => None,
            })
            .collect()
    }

    /// Whether something is wanted of this node.
    pub(crate) fn wants(&self, node: NodeId) -> bool {
        self.book.lock().places.get(&node).is_some_and(|place| !matches!(*place.wish.borrow(), Wish::Nothing))
    }

    /// Whether this vcluster has a place here at all.
    pub(crate) fn knows(&self, vcluster: VclusterId) -> bool {
        self.book.lock().places.values().any(|place| place.vcluster == Some(vcluster))
    }

    /// Whether some node of the vcluster is to stay, so that its network must.
    pub(crate) fn stays(&self, vcluster: VclusterId) -> bool {
        let stays = |place: &Place| matches!(&*place.wish.borrow(), Wish::Assigned(assignment) if assignment.order != Order::Remove);
        self.book.lock().places.values().any(|place| place.vcluster == Some(vcluster) && stays(place))
    }

    /// Whether another node of the vcluster is still on its way out, and will clear away what they share.
    pub(crate) fn others_are_leaving(&self, vcluster: VclusterId, node: NodeId) -> bool {
        self.book
            .lock()
            .places
            .iter()
            .any(|(other, place)| *other != node && place.vcluster == Some(vcluster) && !place.cleared)
    }

    pub(crate) fn set_cleared(&self, node: NodeId) {
        if let Some(place) = self.book.lock().places.get_mut(&node) {
            place.cleared = true;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.book.lock().complete
    }
}

impl Book {
    fn assign(&mut self, assignment: Assignment) -> Option<Seat> {
        let (node, vcluster) = (assignment.node, assignment.vcluster);
        let wish = Wish::Assigned(Arc::new(assignment));
        match self.places.entry(node) {
            Entry::Occupied(mut place) => {
                let place = place.get_mut();
                if supersedes(&wish, &place.wish.borrow()) {
                    place.cleared = false;
                    place.wish.send_replace(wish);
                }
                None
            }
            Entry::Vacant(vacant) => {
                let (place, seat) = Place::new(node, Some(vcluster), wish);
                vacant.insert(place);
                Some(seat)
            }
        }
    }

    fn assigned(&self) -> impl Iterator<Item = NodeId> {
        let is_assigned = |place: &Place| matches!(*place.wish.borrow(), Wish::Assigned(_));
        self.places.iter().filter(move |(_, place)| is_assigned(place)).map(|(node, _)| *node)
    }
}

impl Place {
    fn new(node: NodeId, vcluster: Option<VclusterId>, first: Wish) -> (Self, Seat) {
        let (wish, receiver) = watch::channel(first);
        let look = Arc::new(Notify::new());
        let seat = Seat { node, wish: receiver, look: Arc::clone(&look) };
        (Self { wish, look, vcluster, cleared: false }, seat)
    }
}

/// Only a later order takes the place of one: the sender of an older one did not know of it.
fn supersedes(new: &Wish, present: &Wish) -> bool {
    match (new, present) {
        (Wish::Assigned(new), Wish::Assigned(present)) => {
            if new.generation < present.generation {
                let (node, refused, present) = (new.node, new.generation.0, present.generation.0);
                tracing::warn!(%node, refused, present, "an order older than the present one is refused");
            }
            new.generation > present.generation
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests;
