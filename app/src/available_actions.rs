//! Which actions make sense for a vcluster now: at most two to show, the rest behind the menu. Decides nothing that
//! control would not check again.

use catalogue::t;
use domain::{node::NodeState, vcluster::VclusterState};
use wire::vcluster::Vcluster;

use crate::api::vclusters::Verb;

/// Something a person can do to a vcluster by pressing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum AvailableAction {
    /// Go to a shell.
    Terminal,
    /// JupyterLab, in a tab of its own.
    Jupyter,
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

impl AvailableAction {
    pub(crate) fn label(self) -> String {
        match self {
            Self::Terminal => t!("action-terminal"),
            Self::Jupyter => t!("action-jupyter"),
            Self::Watch => t!("action-watch"),
            Self::Start => t!("action-start"),
            Self::Repair => t!("action-repair"),
            Self::Stop => t!("action-stop"),
            Self::Restart => t!("action-restart"),
            Self::Delete => t!("action-delete"),
        }
    }

    /// What it means, for the menu: what is lost should not have to be guessed.
    pub(crate) fn meaning(self) -> String {
        match self {
            Self::Terminal => t!("action-terminal-meaning"),
            Self::Jupyter => t!("action-jupyter-meaning"),
            Self::Watch => t!("action-watch-meaning"),
            Self::Start => t!("action-start-meaning"),
            Self::Repair => t!("action-repair-meaning"),
            Self::Stop => t!("action-stop-meaning"),
            Self::Restart => t!("action-restart-meaning"),
            Self::Delete => t!("action-delete-meaning"),
        }
    }

    /// The verb of the form behind it; `None` for links.
    pub(crate) const fn verb(self) -> Option<Verb> {
        match self {
            Self::Start | Self::Repair => Some(Verb::Start),
            Self::Stop => Some(Verb::Stop),
            Self::Restart => Some(Verb::Restart),
            Self::Terminal | Self::Jupyter | Self::Watch | Self::Delete => None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AvailableActions {
    /// At most two.
    pub(crate) first: Vec<AvailableAction>,
    pub(crate) more: Vec<AvailableAction>,
}

/// In a list: at most two, the rest behind the menu.
pub(crate) fn available_actions(vcluster: &Vcluster) -> AvailableActions {
    use AvailableAction::{Delete, Jupyter, Repair, Restart, Start, Stop, Terminal, Watch};
    let shell = vcluster.nodes.iter().any(|node| node.state == NodeState::Running);
    let (first, more) = match vcluster.state {
        VclusterState::Running => (vec![Terminal, Jupyter], vec![Stop, Restart, Delete]),
        VclusterState::Degraded if shell => (vec![Terminal, Repair], vec![Jupyter, Stop, Restart, Delete]),
        VclusterState::Degraded | VclusterState::Failed => (vec![Repair], vec![Stop, Delete]),
        VclusterState::Creating | VclusterState::Starting => (vec![Watch], vec![Stop, Delete]),
        VclusterState::Stopping => (vec![Watch], vec![Delete]),
        VclusterState::Stopped => (vec![Start], vec![Delete]),
        VclusterState::Deleting => (vec![Watch], Vec::new()),
    };
    AvailableActions { first, more }
}

/// On its own page, where its terminals are already: JupyterLab, and what starts or ends it.
pub(crate) fn actions_on_its_page(vcluster: &Vcluster) -> AvailableActions {
    let AvailableActions { first, more } = available_actions(vcluster);
    let starts = first.iter().any(|action| matches!(action, AvailableAction::Start | AvailableAction::Repair));
    let shown = |action: &AvailableAction| match action {
        AvailableAction::Jupyter | AvailableAction::Start | AvailableAction::Repair => true,
        AvailableAction::Stop => !starts,
        AvailableAction::Terminal | AvailableAction::Watch | AvailableAction::Restart | AvailableAction::Delete => {
            false
        }
    };
    let all = first
        .into_iter()
        .chain(more)
        .filter(|action| !matches!(action, AvailableAction::Terminal | AvailableAction::Watch));
    let (first, more) = all.partition(shown);
    AvailableActions { first, more }
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
            let AvailableActions { first, more } = available_actions(&vcluster("1", state));
            assert!((1..=2).contains(&first.len()), "{state:?}");
            assert!(first.iter().all(|action| !more.contains(action)), "{state:?}");
        }
    }

    #[test]
    fn everything_can_be_deleted_but_what_is_being_deleted() {
        for state in ALL {
            let deletable = available_actions(&vcluster("1", state)).more.contains(&AvailableAction::Delete);
            assert_eq!(deletable, state != VclusterState::Deleting, "{state:?}");
        }
    }

    #[test]
    fn its_page_offers_everything_but_what_is_on_it() {
        for state in ALL {
            let (list, page) = (available_actions(&vcluster("1", state)), actions_on_its_page(&vcluster("1", state)));
            let all = |actions: AvailableActions| actions.first.into_iter().chain(actions.more).collect::<Vec<_>>();
            let mut here = all(page.clone());
            let mut everywhere = all(list);
            everywhere.retain(|action| !matches!(action, AvailableAction::Terminal | AvailableAction::Watch));
            here.sort_by_key(|action| *action as u8);
            everywhere.sort_by_key(|action| *action as u8);
            assert_eq!(here, everywhere, "{state:?}");
            assert!(page.first.len() <= 2, "{state:?}");
        }
        assert_eq!(
            actions_on_its_page(&vcluster("1", VclusterState::Running)).first,
            [AvailableAction::Jupyter, AvailableAction::Stop]
        );
    }

    #[test]
    fn a_shell_is_offered_where_a_node_runs() {
        let mut degraded = vcluster("1", VclusterState::Degraded);
        assert_eq!(available_actions(&degraded).first, [AvailableAction::Repair]);
        degraded.nodes = vec![node(0, NodeState::Running), node(1, NodeState::Failed)];
        assert_eq!(available_actions(&degraded).first, [AvailableAction::Terminal, AvailableAction::Repair]);
    }
}
