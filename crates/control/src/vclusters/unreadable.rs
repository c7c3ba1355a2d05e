//! Vclusters whose rows cannot be read: what is said of them, and how the record gets rid of one.

use domain::{VclusterId, user::Scope};

use super::Vclusters;
use crate::{
    Error,
    actor::Actor,
    ports::store::{EventBody, StoreError},
    unit_of_work::UnitOfWork,
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
        actor.may(Scope::Vclusters)?;
        let mut work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        if !matches!(work.tx.vcluster(id).await, Err(StoreError::Unreadable { .. })) {
            return Err(Error::NotFound("vcluster"));
        }
        let owner = match work.tx.owner_of_vcluster(id).await {
            // That, too.
            Err(StoreError::Unreadable { .. }) => None,
            owner => owner?,
        };
        if owner != Some(actor.user) && actor.administrator().is_err() {
            return Err(Error::NotFound("vcluster"));
        }
        work.tx.remove_vcluster(id, work.now).await?;
        if let Some(owner) = owner {
            match work.tx.usage(owner).await {
                Ok(usage) => work.tell(owner, EventBody::VclusterGone { id, usage }).await?,
                // Another of theirs cannot even be counted. It must not keep this one.
                Err(StoreError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let dispatcher = self.dispatcher.clone();
        work.commit(&self.events, move || dispatcher.dispatch_everything()).await?;
        tracing::warn!(vcluster = %id, user = %actor.name, "a vcluster that could not be read was taken out of the record");
        Ok(())
    }
}
