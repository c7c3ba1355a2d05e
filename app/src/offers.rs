//! Which actions make sense for a vcluster now: at most two to show, the rest behind the menu. Decides nothing that
//! control would not check again.

use catalogue::t;
use domain::{node::NodeState, vcluster::VclusterState};
use wire::vcluster::Vcluster;

use crate::api::vclusters::Verb;

/// Something a person can press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Offer {
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

impl Offer {
    pub(crate) fn label(self) -> String {
        match self {
            Self::Terminal => t!("offer-terminal"),
            Self::Jupyter => t!("offer-jupyter"),
            Self::Watch => t!("offer-watch"),
            Self::Start => t!("offer-start"),
            Self::Repair => t!("offer-repair"),
            Self::Stop => t!("offer-stop"),
            Self::Restart => t!("offer-restart"),
            Self::Delete => t!("offer-delete"),
        }
    }

    /// What it means, for the menu: what is lost should not have to be guessed.
    pub(crate) fn meaning(self) -> String {
        match self {
            Self::Terminal => t!("offer-terminal-meaning"),
            Self::Jupyter => t!("offer-jupyter-meaning"),
            Self::Watch => t!("offer-watch-meaning"),
            Self::Start => t!("offer-start-meaning"),
            Self::Repair => t!("offer-repair-meaning"),
            Self::Stop => t!("offer-stop-meaning"),
            Self::Restart => t!("offer-restart-meaning"),
            Self::Delete => t!("offer-delete-meaning"),
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
pub(crate) struct Offers {
    /// At most two.
    pub(crate) first: Vec<Offer>,
    pub(crate) more: Vec<Offer>,
}

/// In a list: at most two, the rest behind the menu.
pub(crate) fn offers(vcluster: &Vcluster) -> Offers {
    use Offer::{Delete, Jupyter, Repair, Restart, Start, Stop, Terminal, Watch};
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
    Offers { first, more }
}

/// On its own page, where its terminals are already: JupyterLab, and what starts or ends it.
pub(crate) fn offers_on_its_page(vcluster: &Vcluster) -> Offers {
    let Offers { first, more } = offers(vcluster);
    let starts = first.iter().any(|offer| matches!(offer, Offer::Start | Offer::Repair));
    let shown = |offer: &Offer| match offer {
        Offer::Jupyter | Offer::Start | Offer::Repair => true,
        Offer::Stop => !starts,
        Offer::Terminal | Offer::Watch | Offer::Restart | Offer::Delete => false,
    };
    let all = first.into_iter().chain(more).filter(|offer| !matches!(offer, Offer::Terminal | Offer::Watch));
    let (first, more) = all.partition(shown);
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
    fn its_page_offers_everything_but_what_is_on_it() {
        for state in ALL {
            let (list, page) = (offers(&vcluster("1", state)), offers_on_its_page(&vcluster("1", state)));
            let all = |offers: Offers| offers.first.into_iter().chain(offers.more).collect::<Vec<_>>();
            let mut here = all(page.clone());
            let mut everywhere = all(list);
            everywhere.retain(|offer| !matches!(offer, Offer::Terminal | Offer::Watch));
            here.sort_by_key(|offer| *offer as u8);
            everywhere.sort_by_key(|offer| *offer as u8);
            assert_eq!(here, everywhere, "{state:?}");
            assert!(page.first.len() <= 2, "{state:?}");
        }
        assert_eq!(offers_on_its_page(&vcluster("1", VclusterState::Running)).first, [Offer::Jupyter, Offer::Stop]);
    }

    #[test]
    fn a_shell_is_offered_where_a_node_runs() {
        let mut degraded = vcluster("1", VclusterState::Degraded);
        assert_eq!(offers(&degraded).first, [Offer::Repair]);
        degraded.nodes = vec![node(0, NodeState::Running), node(1, NodeState::Failed)];
        assert_eq!(offers(&degraded).first, [Offer::Terminal, Offer::Repair]);
    }
}
