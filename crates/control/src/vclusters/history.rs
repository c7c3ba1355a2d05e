//! What was done with a vcluster: who, what, when, how it ended and why.

use domain::{OperationId, VclusterId, name::UserName, operation::Operation};

use super::{LONGEST_PAGE, Vclusters};
use crate::{Error, actor::Actor, ports::store::PageRequest};

/// One operation of the past or of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    pub operation: Operation,
    /// Who asked for it, where that was written down.
    pub by: Option<UserName>,
}

impl Vclusters {
    /// What was asked of the actor's vcluster, newest first. Kept for 90 days.
    pub async fn activity(
        &self,
        actor: &Actor,
        id: VclusterId,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<Deed>, Error> {
        self.get(actor, id).await?;
        let page = PageRequest { limit: page.limit.clamp(1, LONGEST_PAGE), ..page };
        let operations = self.store.operations_of(id, page).await?;
        Ok(operations.into_iter().map(|(operation, by)| Deed { operation, by }).collect())
    }
}
