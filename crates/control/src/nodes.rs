//! What reaches into an actor's nodes beside terminals and apps: a connection to a port, a command of a script, a key for ssh.
//! Their bytes go past this; nothing is kept here.

use std::sync::Arc;

use domain::{SshPublicKey, VclusterId, name::NodeName, operation::OpenedKind};

use crate::{
    Error, Ports,
    actor::Actor,
    openings::Openings,
    ports::node::{Duplex, NodeLink},
    terminals::parse_command,
    vclusters::Vclusters,
};

/// The user whose home is mounted in every node.
const SSH_USER: &str = "root";

/// What an SSH client needs to log in with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshAccess {
    pub user: &'static str,
    /// The node's own keys.
    pub host_keys: Vec<SshPublicKey>,
}

#[derive(Clone, derive_more::Debug)]
pub struct Nodes {
    #[debug(skip)]
    nodes: Arc<dyn NodeLink>,
    #[debug(skip)]
    vclusters: Vclusters,
    #[debug(skip)]
    openings: Openings,
}

impl Nodes {
    pub(crate) fn new(ports: &Ports, vclusters: Vclusters, openings: Openings) -> Self {
        Self { nodes: ports.nodes.clone(), vclusters, openings }
    }

    /// Whether the node is the actor's and runs.
    pub async fn check(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<(), Error> {
        self.vclusters.running_node(actor, id, name).await.map(drop)
    }

    /// Connects to any port of the node, that of its SSH server among them.
    pub async fn dial(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        port: u16,
    ) -> Result<Box<dyn Duplex>, Error> {
        let node = self.vclusters.running_node(actor, id, name).await?;
        let stream = self.nodes.dial(&node, port).await?;
        self.openings.note(actor, id, name, OpenedKind::of_port(port), Some(port));
        Ok(stream)
    }

    /// Datagrams to and from any UDP port of the node.
    pub async fn dial_udp(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        port: u16,
    ) -> Result<Box<dyn Duplex>, Error> {
        let node = self.vclusters.running_node(actor, id, name).await?;
        let datagrams = self.nodes.dial_udp(&node, port).await?;
        self.openings.note(actor, id, name, OpenedKind::UdpPort, Some(port));
        Ok(datagrams)
    }

    /// Starts a command. Dropping the stream tells it to end.
    pub async fn exec(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        command: Vec<String>,
    ) -> Result<Box<dyn Duplex>, Error> {
        let command = parse_command(command)?;
        let node = self.vclusters.running_node(actor, id, name).await?;
        let stream = self.nodes.exec(&node, command.words()).await?;
        self.openings.note(actor, id, name, OpenedKind::Command, None);
        Ok(stream)
    }

    /// Adds the key to this node and to all others with the same home.
    pub async fn authorize_ssh_key(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        public_key: &str,
    ) -> Result<SshAccess, Error> {
        let key = public_key.parse::<SshPublicKey>().map_err(|fault| Error::Invalid(vec![fault]))?;
        let node = self.vclusters.running_node(actor, id, name).await?;
        let host_keys = self.nodes.authorize_key(&node, &key).await?;
        self.openings.note(actor, id, name, OpenedKind::SshKey, None);
        Ok(SshAccess { user: SSH_USER, host_keys })
    }
}
