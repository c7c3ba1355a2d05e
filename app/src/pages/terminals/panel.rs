//! The terminals of one vcluster, and the way other parts of a page ask for one. The terminals themselves are the crate
//! `terminal`'s.

use domain::node::NodeState;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use terminal::{NodeTab, Opener, TerminalPanel};
use wire::vcluster::Vcluster;

/// Asks the page's terminals to show one of a node.
#[derive(Clone, Copy)]
pub(crate) struct PageOpener(Opener);

impl PageOpener {
    pub(crate) fn show(self, node: &str) {
        self.0.open(node);
        if let Some(panel) = document().get_element_by_id(PANEL) {
            let how = web_sys::ScrollIntoViewOptions::new();
            how.set_block(web_sys::ScrollLogicalPosition::Nearest);
            panel.scroll_into_view_with_scroll_into_view_options(&how);
        }
    }
}

const PANEL: &str = "terminals";

/// For a page that shows terminals.
pub(crate) fn provide_opener() {
    provide_context(PageOpener(Opener::new()));
}

pub(crate) fn use_opener() -> PageOpener {
    expect_context()
}

#[component]
pub(crate) fn TerminalsOf(
    vcluster: Memo<Vcluster>,
    /// Takes the height of what is around it.
    #[prop(optional)]
    fill: bool,
) -> impl IntoView {
    let opener = use_opener();
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let tab = |node: &wire::vcluster::Node| NodeTab {
                name: node.name.clone(),
                running: node.state == NodeState::Running,
            };
            vcluster.nodes.iter().map(tab).collect::<Vec<_>>()
        })
    });
    let asked = use_query_map();
    let asked = Memo::new(move |_| asked.with(|query| query.get("terminal")));
    let ready = Memo::new(move |_| {
        asked.with(|asked| {
            nodes.with(|nodes| {
                asked.as_ref().and_then(|name| {
                    nodes.iter().find(|node| node.running && node.name == *name).map(|node| node.name.clone())
                })
            })
        })
    });
    // The person came for a terminal of this node: it opens as soon as the node runs.
    Effect::new(move |_| {
        if let Some(node) = ready.get() {
            opener.show(&node);
        }
    });
    view! {
        <div id=PANEL class="terminals" class:is-filling=fill>
            <TerminalPanel vcluster_id=id nodes=nodes opener=opener.0 fill=fill auto_open=fill/>
        </div>
    }
}
