//! Terminals: as a panel of a vcluster's page, on a page of their own, and the choice among all. The terminals themselves are
//! the crate `terminal`'s.

use catalogue::t;
use domain::node::NodeState;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use terminal::{NodeTab, Opener, TerminalPanel};
use wire::vcluster::Vcluster;

use super::vclusters::Found;
use crate::{
    components::{
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        tab_title::TabTitle,
    },
    contexts::live::use_live,
    layouts::chrome::TopBar,
    routes,
};

/// Asks the page's terminals to show one of a node.
#[derive(Clone, Copy)]
pub(super) struct PageOpener(Opener);

impl PageOpener {
    pub(super) fn show(self, node: &str) {
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
pub(super) fn provide_opener() {
    provide_context(PageOpener(Opener::new()));
}

pub(super) fn use_opener() -> PageOpener {
    expect_context()
}

/// The terminals of one vcluster, where a page has a place for them.
#[component]
pub(super) fn TerminalsOf(
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

/// A vcluster's terminals and nothing else.
#[component]
pub(crate) fn TerminalsPage() -> impl IntoView {
    view! { <Found page=page/> }.into_any()
}

fn page(vcluster: Memo<Vcluster>) -> AnyView {
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    provide_opener();
    view! {
        <TabTitle title=t!("terminals-of", name = name.as_str())/>
        <main class="terminals-full" id="main">
            <header class="terminals-head">
                <a class="button is-ghost is-small" href=routes::vcluster(&id) aria-label=t!("terminals-back", name = name.as_str())>
                    <Glyph icon=Icon::Back/>
                    {name.clone()}
                </a>
                <Hexagons vcluster=vcluster/>
                <h1 class="visually-hidden">{t!("terminals-of", name = name.as_str())}</h1>
            </header>
            <TerminalsOf vcluster=vcluster fill=true/>
        </main>
    }
    .into_any()
}

/// Where a terminal can be opened: every node that runs, one click away.
#[component]
pub(crate) fn ChooseTerminalsPage() -> impl IntoView {
    view! {
        <TabTitle title=t!("terminals-title")/>
        <TopBar here=t!("terminals-title")/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("terminals-title")}</h1>
                    <p class="sub">{t!("terminals-subtitle")}</p>
                </div>
            </header>
            <Running/>
        </div>
    }
    .into_any()
}

fn has_shell(vcluster: &Vcluster) -> bool {
    vcluster.nodes.iter().any(|node| node.state == NodeState::Running)
}

#[component]
fn Running() -> impl IntoView {
    let live = use_live();
    let running = move || live.vclusters().into_iter().filter(has_shell).collect::<Vec<_>>();
    let any = Memo::new(move |_| !running().is_empty());
    move || {
        if any.get() {
            view! {
                <ul class="rows card" aria-label=t!("terminals-list")>
                    <For each=running key=|vcluster| vcluster.id.clone() children=|vcluster| view! { <Choice initial=vcluster/> }/>
                </ul>
            }
            .into_any()
        } else {
            view! {
                <section class="empty card">
                    <h2>{t!("terminals-nothing")}</h2>
                    <p class="sub">{t!("terminals-nothing-text")}</p>
                    <a class="button is-primary" href=routes::HOME>{t!("problem-home")}</a>
                </section>
            }
            .into_any()
        }
    }
}

#[component]
fn Choice(initial: Vcluster) -> impl IntoView {
    let (id, name) = (initial.id.clone(), initial.name.clone());
    let vcluster = use_live().follow(initial);
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let running = vcluster.nodes.iter().filter(|node| node.state == NodeState::Running);
            running.map(|node| node.name.clone()).collect::<Vec<_>>()
        })
    });
    let all = routes::terminals(&id);
    let node = {
        let name = name.clone();
        move |node: String| {
            let (address, spoken) = (
                routes::terminal_of_node(&id, &node),
                t!("terminals-on-node", node = node.as_str(), name = name.as_str()),
            );
            view! {
                <a class="button is-small" href=address aria-label=spoken>
                    <Glyph icon=Icon::Terminal/>
                    {node}
                </a>
            }
        }
    };
    view! {
        <li class="row is-choice">
            <div class="row-name"><a href=all>{name}</a></div>
            <Hexagons vcluster=vcluster/>
            <div class="row-actions is-left"><For each=move || nodes.get() key=String::clone children=node/></div>
        </li>
    }
}
