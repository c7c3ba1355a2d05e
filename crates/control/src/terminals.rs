//! Terminals of an actor's nodes: listed, opened, closed and attached to. The shells live in the nodes; nothing is kept here.

use std::sync::Arc;

use domain::{
    VclusterId, Violation,
    name::NodeName,
    node::{Node, NodeState},
};

use crate::{
    Error, Ports,
    actor::Actor,
    ports::{
        clock::{Clock, Entropy},
        node::{Attach, Duplex, NodeAddress, NodeLink, OpenTerminal, TerminalId, TerminalInfo, TerminalSize},
    },
    vclusters::Vclusters,
};

/// Programs and arguments of a terminal together may be this long, in bytes.
const LONGEST_COMMAND: usize = 32 * 1024;

/// What a client asks for; unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTerminal {
    pub cols: Option<i64>,
    pub rows: Option<i64>,
    /// A program and its arguments; the login shell when empty.
    pub command: Vec<String>,
}

#[derive(Clone)]
pub struct Terminals {
    nodes: Arc<dyn NodeLink>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    vclusters: Vclusters,
}

impl std::fmt::Debug for Terminals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminals").finish_non_exhaustive()
    }
}

impl Terminals {
    pub(crate) fn new(ports: &Ports, vclusters: Vclusters) -> Self {
        let Ports { nodes, clock, entropy, .. } = ports.clone();
        Self { nodes, clock, entropy, vclusters }
    }

    /// A node that does not run has no terminals.
    pub async fn list(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<Vec<TerminalInfo>, Error> {
        match self.running_node(actor, id, name).await {
            Ok(node) => Ok(self.nodes.terminals(&node).await?),
            Err(Error::NodeNotRunning { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    pub async fn open(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        new: NewTerminal,
    ) -> Result<TerminalInfo, Error> {
        check_command(&new.command)?;
        let open = OpenTerminal { id: self.new_id(), size: parse_size(new.cols, new.rows)?, command: new.command };
        let node = self.running_node(actor, id, name).await?;
        Ok(self.nodes.open_terminal(&node, &open).await?)
    }

    pub async fn close(&self, actor: &Actor, id: VclusterId, name: NodeName, terminal: &str) -> Result<(), Error> {
        let terminal = TerminalId::parse(terminal).ok_or(Error::NotFound("terminal"))?;
        let node = self.running_node(actor, id, name).await?;
        Ok(self.nodes.close_terminal(&node, &terminal).await?)
    }

    pub async fn attach(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        attach: &Attach,
    ) -> Result<Box<dyn Duplex>, Error> {
        let node = self.running_node(actor, id, name).await?;
        Ok(self.nodes.attach(&node, attach).await?)
    }

    pub async fn dial(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        port: u16,
    ) -> Result<Box<dyn Duplex>, Error> {
        let node = self.running_node(actor, id, name).await?;
        Ok(self.nodes.dial(&node, port).await?)
    }

    async fn running_node(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<NodeAddress, Error> {
        let vcluster = self.vclusters.get(actor, id).await?;
        let node = vcluster.node(name).ok_or(Error::NotFound("node"))?;
        address_of_running(node)
    }

    fn new_id(&self) -> TerminalId {
        let id = self.entropy.id(self.clock.now()).simple().to_string();
        TerminalId::parse(&id).expect("32 hexadecimal digits are a terminal id")
    }
}

fn address_of_running(node: &Node) -> Result<NodeAddress, Error> {
    if node.state != NodeState::Running {
        return Err(Error::NodeNotRunning { node: node.name.to_string(), state: node.state.as_str() });
    }
    Ok(NodeAddress { node: node.id, worker: node.worker.clone() })
}

/// 1–1000 columns and 1–500 rows; 80 × 24 when nothing is said.
pub fn parse_size(cols: Option<i64>, rows: Option<i64>) -> Result<TerminalSize, Error> {
    let mut faults = Vec::new();
    let mut within = |field: &str, value: Option<i64>, usual: u16, most: u16| {
        let value = value.unwrap_or(i64::from(usual));
        match u16::try_from(value) {
            Ok(value) if (1..=most).contains(&value) => value,
            _ => {
                faults.push(Violation::new(field, format!("must be between 1 and {most}")));
                usual
            }
        }
    };
    let size = TerminalSize { cols: within("cols", cols, 80, 1000), rows: within("rows", rows, 24, 500) };
    if faults.is_empty() { Ok(size) } else { Err(Error::Invalid(faults)) }
}

fn check_command(command: &[String]) -> Result<(), Error> {
    let fault = |rule: &str| Err(Error::Invalid(vec![Violation::new("command", rule)]));
    if command.iter().map(String::len).sum::<usize>() > LONGEST_COMMAND || command.len() > 1024 {
        return fault("must have at most 1024 arguments and 32 KiB");
    }
    if command.iter().any(|argument| argument.contains('\0')) {
        return fault("must not contain a NUL character");
    }
    if command.first().is_some_and(String::is_empty) {
        return fault("must begin with the name of a program");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_outside_the_screen_are_refused_by_field() {
        assert_eq!(parse_size(None, None).expect("the usual size"), TerminalSize { cols: 80, rows: 24 });
        for (cols, rows, fields) in [(0, 0, 2), (65535, 65535, 2), (-1, 24, 1), (80, 501, 1)] {
            let Err(Error::Invalid(faults)) = parse_size(Some(cols), Some(rows)) else { panic!("{cols}×{rows}") };
            assert_eq!(faults.len(), fields, "{cols}×{rows}");
        }
    }
}
