//! A host that is gone for good. An administrator says so, because nothing else can, and its nodes leave the record without
//! their worker's word. Whether the host answers is the caller's to find out.

use chrono::{DateTime, Utc};
use domain::{
    NodeId,
    name::WorkerName,
    node::{Generation, NodeIntent, NodeState},
    vcluster::{Change, Vcluster},
};

use crate::{
    Error,
    ports::store::{EventBody, Store, StoreError, StoredEvent, Transaction},
};

/// What has left the record with a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoneHost {
    /// By worker, with their last orders.
    pub nodes: Vec<(WorkerName, NodeId, Generation)>,
    /// Of how many vclusters.
    pub vclusters: usize,
}

/// Takes the host's nodes out of the record, as the command line does it: open pages hear of it when they are loaded again.
pub async fn forget_host(store: &dyn Store, host: &WorkerName, now: DateTime<Utc>) -> Result<GoneHost, Error> {
    let (tx, _, gone) = prepare(store, host, now).await?;
    tx.commit().await?;
    Ok(gone)
}

/// The same, not committed yet, with what watchers are to be told.
pub(super) async fn prepare(
    store: &dyn Store,
    host: &WorkerName,
    now: DateTime<Utc>,
) -> Result<(Box<dyn Transaction>, Vec<StoredEvent>, GoneHost), Error> {
    let has_nodes_there = |vcluster: &Vcluster| vcluster.nodes.iter().any(|node| node.worker == *host);
    let there: Vec<_> = store.all_vclusters().await?.vclusters.into_iter().filter(has_nodes_there).collect();
    let mut tx = store.begin().await?;
    let (mut events, mut gone) = (Vec::new(), GoneHost::default());
    for id in there.iter().map(|vcluster| vcluster.id) {
        if let Some(vcluster) = tx.vcluster(id).await? {
            // After a start, or while coordination is away, no host has been heard yet: that alone says nothing.
            if vcluster.nodes.iter().any(|node| node.worker == *host && node.state == NodeState::Running) {
                return Err(Error::HostNotLost(host.clone()));
            }
            events.extend(forget(&mut *tx, vcluster, host, now, &mut gone).await?);
        }
    }
    if gone.nodes.is_empty() { Err(Error::NotFound("host")) } else { Ok((tx, events, gone)) }
}

async fn forget(
    tx: &mut dyn Transaction,
    mut vcluster: Vcluster,
    host: &WorkerName,
    now: DateTime<Utc>,
    gone: &mut GoneHost,
) -> Result<Option<StoredEvent>, StoreError> {
    let leaving: Vec<_> = vcluster.nodes.iter().filter(|node| node.worker == *host).cloned().collect();
    let change = vcluster.forget_host(host, now);
    match change {
        Change::None => return Ok(None),
        Change::Changed { .. } => tx.save_vcluster(&vcluster, now).await?,
        Change::Gone => tx.remove_vcluster(vcluster.id, now).await?,
    }
    // Their owners have not let go of them: should the host come back, what it has of them is kept.
    let missed = leaving.iter().filter(|node| node.intent != NodeIntent::Absent).map(|node| node.id);
    tx.forget_departed(&missed.collect::<Vec<_>>()).await?;
    let usage = tx.usage(vcluster.owner).await?;
    let (id, owner) = (vcluster.id, vcluster.owner);
    let body = if change == Change::Gone {
        EventBody::VclusterGone { id, usage }
    } else {
        EventBody::Vcluster { vcluster: Box::new(vcluster), usage }
    };
    gone.vclusters += 1;
    gone.nodes.extend(leaving.into_iter().map(|node| (node.worker, node.id, node.generation)));
    let sequence = tx.append_event(owner, now, &body).await?;
    Ok(Some(StoredEvent { sequence, owner, at: now, body }))
}
