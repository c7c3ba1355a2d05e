//! The terminals of a node: listed, opened, closed. Their bytes go past this.

use control::{ports::node::TerminalInfo, terminals::NewTerminal};
use domain::{VclusterId, name::NodeName};
use wire::terminals::{OpenTerminal, Terminal};

use crate::{Api, Refusal};

impl Api {
    /// Also those whose program has ended while they are looked at.
    pub async fn terminals(&self, id: VclusterId, node: NodeName) -> Result<Vec<Terminal>, Refusal> {
        let terminals = self.control().terminals.list(&self.actor, id, node).await?;
        Ok(terminals.into_iter().map(|one| terminal(one, node)).collect())
    }

    /// A login shell, or the given program.
    pub async fn open_terminal(&self, id: VclusterId, node: NodeName, open: OpenTerminal) -> Result<Terminal, Refusal> {
        let new = NewTerminal { cols: open.cols, rows: open.rows, command: open.command };
        Ok(terminal(self.control().terminals.open(&self.actor, id, node, new).await?, node))
    }

    /// Hangs up: the program gets SIGHUP.
    pub async fn close_terminal(&self, id: VclusterId, node: NodeName, terminal: &str) -> Result<(), Refusal> {
        Ok(self.control().terminals.close(&self.actor, id, node, terminal).await?)
    }
}

fn terminal(terminal: TerminalInfo, node: NodeName) -> Terminal {
    Terminal {
        id: terminal.id.to_string(),
        node: node.to_string(),
        title: terminal.title,
        cols: terminal.size.cols,
        rows: terminal.size.rows,
        created_at: terminal.created_at,
        viewers: terminal.viewers,
        end: terminal.end,
        exited: terminal.exited,
    }
}
