//! What was done with vclusters: who, what, when, how it ended and why.

use domain::{OperationId, VclusterId};

use super::{LONGEST_PAGE, Vclusters};
use crate::{
    Error,
    actor::Actor,
    ports::store::{ListedOperation, OperationsOf, PageRequest},
};

impl Vclusters {
    /// What was done with one of the actor's vclusters, or with all of them, those that are deleted by now among them. Newest
    /// first; kept for 90 days.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the one is not the actor's.
    pub async fn activity(
        &self,
        actor: &Actor,
        id: Option<VclusterId>,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<ListedOperation>, Error> {
        let of = match id {
            Some(id) => OperationsOf::Vcluster(self.get(actor, id).await?.id),
            None => OperationsOf::Owner(actor.user),
        };
        let page = PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE), ..page };
        Ok(self.store.operations(of, page).await?)
    }
}
