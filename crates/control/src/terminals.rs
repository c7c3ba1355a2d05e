//! Terminals of an actor's nodes: listed, opened, closed and attached to. Shells and programs live in the nodes; nothing is
//! kept here.

use std::sync::Arc;

use domain::{
    VclusterId, Violation,
    name::NodeName,
    operation::OpenedKind,
    task::{BadCommand, Command},
};

use crate::{
    Error, Ports,
    actor::Actor,
    openings::Openings,
    ports::{
        clock::{Clock, Entropy},
        node::{Attach, Duplex, NodeLink, OpenTerminal, TerminalId, TerminalInfo, TerminalSize},
    },
    vclusters::Vclusters,
};

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
    openings: Openings,
}

impl std::fmt::Debug for Terminals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminals").finish_non_exhaustive()
    }
}

impl Terminals {
    pub(crate) fn new(ports: &Ports, vclusters: Vclusters, openings: Openings) -> Self {
        let Ports { nodes, clock, entropy, .. } = ports.clone();
        Self { nodes, clock, entropy, vclusters, openings }
    }

    /// A node that does not run has no terminals.
    pub async fn list(&self, actor: &Actor, id: VclusterId, name: NodeName) -> Result<Vec<TerminalInfo>, Error> {
        match self.vclusters.running_node(actor, id, name).await {
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
        // None at all is the login shell.
        let command = if new.command.is_empty() { Vec::new() } else { parse_command(new.command)?.into() };
        let open = OpenTerminal { id: self.new_id(), size: parse_size(new.cols, new.rows)?, command };
        let node = self.vclusters.running_node(actor, id, name).await?;
        let terminal = self.nodes.open_terminal(&node, &open).await?;
        self.openings.note(actor, id, name, OpenedKind::Terminal, None);
        Ok(terminal)
    }

    pub async fn close(&self, actor: &Actor, id: VclusterId, name: NodeName, terminal: &str) -> Result<(), Error> {
        let terminal = terminal.parse().map_err(|_| Error::NotFound("terminal"))?;
        let node = self.vclusters.running_node(actor, id, name).await?;
        Ok(self.nodes.close_terminal(&node, &terminal).await?)
    }

    pub async fn attach(
        &self,
        actor: &Actor,
        id: VclusterId,
        name: NodeName,
        attach: &Attach,
    ) -> Result<Box<dyn Duplex>, Error> {
        let node = self.vclusters.running_node(actor, id, name).await?;
        let stream = self.nodes.attach(&node, attach).await?;
        self.openings.note(actor, id, name, OpenedKind::Terminal, None);
        Ok(stream)
    }

    fn new_id(&self) -> TerminalId {
        let id = self.entropy.id(self.clock.now()).simple().to_string();
        id.try_into().expect("32 hexadecimal digits are a terminal id")
    }
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

pub(crate) fn parse_command(words: Vec<String>) -> Result<Command, Error> {
    words.try_into().map_err(|fault: BadCommand| Error::Invalid(vec![Violation::new("command", fault.to_string())]))
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
