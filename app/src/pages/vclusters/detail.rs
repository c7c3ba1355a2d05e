//! One vcluster: what it is and does, in tabs with addresses of their own; its terminals stay below all of them. Here are the
//! page, its first tab, and what can be pressed on it and nowhere else.

mod charts;
mod facts;
mod header;
mod nodes;

use catalogue::t;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use wire::{usage::NodeUsage, vcluster::Vcluster};

use self::{
    charts::Charts,
    facts::{Description, Facts},
    header::{Header, Trouble},
    nodes::Nodes,
};
use super::{Found, delete::DeleteDialog, seeded};
use crate::{
    api::{
        usage::read_usage,
        vclusters::{AddNodes, ChangeVcluster, DeleteVcluster, RemoveNode},
    },
    components::{
        tab_title::TabTitle,
        tabs::{Tab, Tabs},
    },
    contexts::{
        actions::{take_in, use_actions},
        live::use_live,
        vcluster_live::{provide_vcluster_live, use_vcluster_live},
    },
    layouts::chrome::TopBar,
    pages::terminals::{TerminalsOf, provide_opener},
    routes,
};

/// The page; its tabs, and a dialog in front of them, are its routes.
#[component]
pub(crate) fn VclusterPage() -> impl IntoView {
    view! { <Found page=page/> }.into_any()
}

fn page(vcluster: Memo<Vcluster>) -> AnyView {
    let name = Signal::derive(move || vcluster.with(|vcluster| vcluster.name.clone()));
    provide_page_actions();
    provide_opener();
    vcluster.with_untracked(|vcluster| provide_vcluster_live(&vcluster.id));
    view! {
        <TabTitle title=name/>
        <TopBar here=name below=true/>
        <div class="page">
            <Header vcluster=vcluster/>
            <VclusterTabs vcluster=vcluster/>
            <Trouble vcluster=vcluster/>
            <div class="tab-page"><Outlet/></div>
            <TerminalsOf vcluster=vcluster/>
        </div>
    }
    .into_any()
}

#[component]
fn VclusterTabs(vcluster: Memo<Vcluster>) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let plain = |address: String, text: String| Tab { address, text, count: None };
    let tabs = vec![
        plain(routes::vcluster(&id), t!("tabs-overview")),
        plain(routes::terminals(&id), t!("tabs-terminals")),
        Tab {
            address: routes::apps(&id),
            text: t!("tabs-apps"),
            count: Some(Signal::derive(move || vcluster_live.open_apps())),
        },
        plain(routes::activity(&id), t!("tabs-activity")),
    ];
    view! { <Tabs label=t!("tabs-nav", name = name) tabs=tabs/> }
}

/// The first tab: what is true of the vcluster, what it uses, its nodes.
#[component]
pub(crate) fn OverviewTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let vcluster_live = use_vcluster_live();
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    seeded(
        move || read_usage(id.clone()),
        move |nodes: Vec<NodeUsage>| vcluster_live.seed_usage(&nodes),
        move || {
            view! {
                <Description vcluster=vcluster/>
                <Facts vcluster=vcluster/>
                <Charts vcluster=vcluster/>
                <Nodes vcluster=vcluster/>
            }
            .into_any()
        },
    )
}

/// The same, with the dialog that deletes the vcluster in front.
#[component]
pub(crate) fn DeleteTab() -> impl IntoView {
    view! {
        <OverviewTab/>
        <DeleteDialog/>
    }
    .into_any()
}

/// What can be pressed on a vcluster's own page and nowhere else.
#[derive(Clone, Copy)]
pub(super) struct PageActions {
    /// Its dialog shows its refusals.
    pub(super) delete: ServerAction<DeleteVcluster>,
    add_nodes: ServerAction<AddNodes>,
    remove_node: ServerAction<RemoveNode>,
    change: ServerAction<ChangeVcluster>,
}

impl PageActions {
    fn is_adding(self, id: &str) -> bool {
        self.add_nodes.input().with(|input| input.as_ref().is_some_and(|add| add.id == id))
    }

    fn is_removing(self, id: &str, node: &str) -> bool {
        self.remove_node.input().with(|input| input.as_ref().is_some_and(|it| it.id == id && it.node == node))
    }
}

fn provide_page_actions() {
    let (live, problem) = (use_live(), Some(use_actions().problem));
    let actions = PageActions {
        delete: ServerAction::new(),
        add_nodes: ServerAction::new(),
        remove_node: ServerAction::new(),
        change: ServerAction::new(),
    };
    take_in(actions.delete, None, move |vcluster| live.answered(vcluster));
    take_in(actions.add_nodes, problem, move |vcluster| live.answered(vcluster));
    take_in(actions.remove_node, problem, move |vcluster| live.answered(vcluster));
    take_in(actions.change, problem, move |vcluster| live.answered(vcluster));
    provide_context(actions);
}

pub(super) fn use_page_actions() -> PageActions {
    expect_context()
}
