//! The record is an older copy of itself: what is published, or a worker, knows later orders than it does. Its orders stay what
//! they are and get numbers above those that are known, so that workers carry them out.

use std::sync::Arc;

use domain::{node::Node, vcluster::Vcluster};

use super::notices::Notices;
use crate::{
    Error, Ports,
    events::Events,
    ports::{
        clock::Clock,
        coordination::{Newer, Order},
        store::{EventBody, Store, StoreError, StoredEvent},
    },
};

#[derive(Clone)]
pub(super) struct CatchUp {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    events: Events,
    notices: Notices,
}

impl CatchUp {
    pub(super) fn new(ports: &Ports, events: Events, notices: Notices) -> Self {
        Self { store: ports.store.clone(), clock: ports.clock.clone(), events, notices }
    }

    /// Returns what is to be published again.
    pub(super) async fn raise(&self, newer: Vec<Newer>) -> Result<Vec<Vcluster>, Error> {
        let mut raised: Vec<Vcluster> = Vec::new();
        for Newer { node, generation, order } in newer {
            let now = self.clock.now();
            let mut tx = self.store.begin().await?;
            let mut vcluster = match tx.vcluster_of_node(node).await {
                Ok(Some(vcluster)) => vcluster,
                // Gone meanwhile, or one of those that are said to be unreadable.
                Ok(None) | Err(StoreError::Unreadable { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            // By now the record may say what is published.
            let is_same = |node: &Node| node.generation == generation && Order::of(node.intent) == order;
            if vcluster.node_by_id(node).is_some_and(is_same) || !vcluster.catch_up(node, generation) {
                continue;
            }
            tx.save_vcluster(&vcluster, now).await?;
            let usage = tx.usage(vcluster.owner).await?;
            let body = EventBody::Vcluster { vcluster: Box::new(vcluster.clone()), usage };
            let sequence = tx.append_event(vcluster.owner, now, &body).await?;
            let event = StoredEvent { sequence, owner: vcluster.owner, at: now, body };
            self.events.commit(tx, vec![event], || ()).await?;
            self.notices.tell(now, was_behind(&vcluster));
            raised.retain(|other| other.id != vcluster.id);
            raised.push(vcluster);
        }
        Ok(raised)
    }
}

pub(super) fn was_behind(vcluster: &Vcluster) -> String {
    format!(
        "the record was older than what hosts have carried out for vcluster {} ({}), as after a restore; what the record says \
         holds again",
        vcluster.name, vcluster.id
    )
}
