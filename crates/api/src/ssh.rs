//! Logging in to a node by ssh: which key opens it. The connection's bytes go past this.

use domain::{VclusterId, name::NodeName};
use wire::ssh::{AuthorizeSshKey, SshAccess};

use crate::{Api, Refusal};

impl Api {
    /// Lets a key in, to all nodes with the same home.
    pub async fn authorize_ssh_key(
        &self,
        id: VclusterId,
        node: NodeName,
        order: AuthorizeSshKey,
    ) -> Result<SshAccess, Refusal> {
        let access = self.control().nodes.authorize_ssh_key(&self.actor, id, node, &order.public_key).await?;
        let host_keys = access.host_keys.iter().map(|key| key.key().to_owned()).collect();
        Ok(SshAccess { user: access.user.to_owned(), host_keys })
    }
}
