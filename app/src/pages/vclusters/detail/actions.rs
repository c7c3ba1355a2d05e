//! What can be pressed on a vcluster's own page and nowhere else.

use leptos::prelude::*;

use crate::{
    api::vclusters::{AddNodes, DeleteVcluster, RemoveNode, SetAutostart},
    contexts::{
        actions::{take_in, use_actions},
        live::use_live,
    },
};

#[derive(Clone, Copy)]
pub(crate) struct PageActions {
    /// Its dialog shows its refusals.
    pub(crate) delete: ServerAction<DeleteVcluster>,
    pub(super) add_nodes: ServerAction<AddNodes>,
    pub(super) remove_node: ServerAction<RemoveNode>,
    pub(super) set_autostart: ServerAction<SetAutostart>,
}

impl PageActions {
    pub(super) fn is_adding(self, id: &str) -> bool {
        self.add_nodes.input().with(|input| input.as_ref().is_some_and(|add| add.id == id))
    }

    pub(super) fn is_removing(self, id: &str, node: &str) -> bool {
        self.remove_node.input().with(|input| input.as_ref().is_some_and(|it| it.id == id && it.node == node))
    }
}

pub(super) fn provide_page_actions() {
    let (live, problem) = (use_live(), Some(use_actions().problem));
    let actions = PageActions {
        delete: ServerAction::new(),
        add_nodes: ServerAction::new(),
        remove_node: ServerAction::new(),
        set_autostart: ServerAction::new(),
    };
    take_in(actions.delete, None, move |vcluster| live.answered(vcluster));
    take_in(actions.add_nodes, problem, move |vcluster| live.answered(vcluster));
    take_in(actions.remove_node, problem, move |vcluster| live.answered(vcluster));
    take_in(actions.set_autostart, problem, move |vcluster| live.answered(vcluster));
    provide_context(actions);
}

pub(crate) fn use_page_actions() -> PageActions {
    expect_context()
}
