//! Which actions make sense for a vcluster now: at most two to show, the rest behind the menu. Decides nothing that
//! control would not check again.

use domain::{node::NodeState, vcluster::VclusterState};
use wire::vcluster::Vcluster;

use crate::api::vclusters::Verb;

/// Something a person can press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Offer {
    /// Go to a shell.
    Terminal,
    /// Go and see what is happening.
    Watch,
    /// Start it again.
    Start,
    /// Start what should run and does not.
    Repair,
    Stop,
    Restart,
    Delete,
}

impl Offer {
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Terminal => "Terminal",
            Self::Watch => "Watch",
            Self::Start => "Start",
            Self::Repair => "Repair",
            Self::Stop => "Stop",
            Self::Restart => "Restart",
            Self::Delete => "Delete…",
        }
    }

    /// What it means, for the menu: nobody should have to guess what is lost.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Terminal => "A shell in the browser",
            Self::Watch => "See what is being done",
            Self::Start => "Nodes come back with their files",
            Self::Repair => "Starts the nodes that are down; the others go on",
            Self::Stop => "Processes end, files stay",
            Self::Restart => "Processes end, files stay, nodes start again",
            Self::Delete => "Nodes and their files go, your home stays",
        }
    }

    /// The verb of the form behind it; `None` for links.
    pub(crate) const fn verb(self) -> Option<Verb> {
        match self {
            Self::Start | Self::Repair => Some(Verb::Start),
            Self::Stop => Some(Verb::Stop),
            Self::Restart => Some(Verb::Restart),
            Self::Terminal | Self::Watch | Self::Delete => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offers {
    /// At most two.
    pub(crate) first: Vec<Offer>,
    pub(crate) more: Vec<Offer>,
}

pub(crate) fn offers(vcluster: &Vcluster) -> Offers {
    use Offer::{Delete, Repair, Restart, Start, Stop, Terminal, Watch};
    let shell = vcluster.nodes.iter().any(|node| node.state == NodeState::Running);
    let (first, more) = match vcluster.state {
        VclusterState::Running => (vec![Terminal, Stop], vec![Restart, Delete]),
        VclusterState::Degraded if shell => (vec![Terminal, Repair], vec![Stop, Restart, Delete]),
        VclusterState::Degraded | VclusterState::Failed => (vec![Repair], vec![Stop, Delete]),
        VclusterState::Creating | VclusterState::Starting => (vec![Watch], vec![Stop, Delete]),
        VclusterState::Stopping => (vec![Watch], vec![Delete]),
        VclusterState::Stopped => (vec![Start], vec![Delete]),
        VclusterState::Deleting => (vec![Watch], Vec::new()),
    };
    Offers { first, more }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::{node, vcluster};

    const ALL: [VclusterState; 8] = [
        VclusterState::Creating,
        VclusterState::Running,
        VclusterState::Degraded,
        VclusterState::Stopping,
        VclusterState::Stopped,
        VclusterState::Starting,
        VclusterState::Deleting,
        VclusterState::Failed,
    ];

    #[test]
    fn one_or_two_actions_are_shown_and_none_twice() {
        for state in ALL {
            let Offers { first, more } = offers(&vcluster("1", state));
            assert!((1..=2).contains(&first.len()), "{state:?}");
            assert!(first.iter().all(|offer| !more.contains(offer)), "{state:?}");
        }
    }

    #[test]
    fn everything_can_be_deleted_but_what_is_being_deleted() {
        for state in ALL {
            let deletable = offers(&vcluster("1", state)).more.contains(&Offer::Delete);
            assert_eq!(deletable, state != VclusterState::Deleting, "{state:?}");
        }
    }

    #[test]
    fn a_shell_is_offered_where_a_node_runs() {
        let mut degraded = vcluster("1", VclusterState::Degraded);
        assert_eq!(offers(&degraded).first, [Offer::Repair]);
        degraded.nodes = vec![node(0, NodeState::Running), node(1, NodeState::Failed)];
        assert_eq!(offers(&degraded).first, [Offer::Terminal, Offer::Repair]);
    }
}
