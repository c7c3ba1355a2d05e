//! Vclusters whose rows cannot be read: what is said of them, and how the record gets rid of one.

use domain::VclusterId;

use super::Vclusters;
use crate::{
    Error,
    actor::Actor,
    ports::store::{EventBody, StoreError, StoredEvent},
};

/// For its owner and for administrators.
pub(crate) fn sentence(id: VclusterId, fault: &str) -> String {
    format!(
        "vcluster {id} cannot be read from the record ({fault}); its nodes are left as they are. Restore the record from a \
         backup, or delete the vcluster with everything in it but the home: its owner and administrators can, with \
         DELETE /api/v1/vclusters/{id}"
    )
}

impl Vclusters {
    /// Takes it out of the record at once: no order can be read that could be taken back first. Its nodes are noted as
    /// departed, so their host is told to remove them when it asks.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it can be read, is gone, or is neither the actor's nor the actor an administrator.
    pub async fn delete_unreadable(&self, actor: &Actor, id: VclusterId) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.store.begin().await?;
        if !matches!(tx.vcluster(id).await, Err(StoreError::Unreadable { .. })) {
            return Err(Error::NotFound("vcluster that cannot be read"));
        }
        let owner = match tx.owner_of_vcluster(id).await {
            // That, too.
            Err(StoreError::Unreadable { .. }) => None,
            owner => owner?,
        };
        if owner != Some(actor.user) && actor.administrator().is_err() {
            return Err(Error::NotFound("vcluster"));
        }
        tx.remove_vcluster(id, now).await?;
        let mut events = Vec::new();
        if let Some(owner) = owner {
            match tx.usage(owner).await {
                Ok(usage) => {
                    let body = EventBody::VclusterGone { id, usage };
                    let sequence = tx.append_event(owner, now, &body).await?;
                    events.push(StoredEvent { sequence, owner, at: now, body });
                }
                // Another of theirs cannot even be counted. It must not keep this one.
                Err(StoreError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let dispatcher = self.dispatcher.clone();
        self.events.commit(tx, events, move || dispatcher.dispatch_everything()).await?;
        tracing::warn!(vcluster = %id, user = %actor.name, "a vcluster that could not be read was taken out of the record");
        Ok(())
    }
}
