//! What can be pressed on any page: one server action each, whose answers go into the live store and whose refusals are
//! shown once, wherever they were caused; also after a form was sent without our script.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wire::{problem::Problem, vcluster::Vcluster};

use super::live::{Live, use_live};
use crate::{
    api::{
        Refused,
        vclusters::{Act, AddNodes, Create, DeleteVcluster, QuickCreate, RemoveNode, SetAutostart, Verb},
    },
    hydration::is_first_render,
    routes,
};

#[derive(Clone, Copy)]
pub(crate) struct Actions {
    pub(crate) create: ServerAction<Create>,
    pub(crate) quick_create: ServerAction<QuickCreate>,
    pub(crate) act: ServerAction<Act>,
    pub(crate) delete: ServerAction<DeleteVcluster>,
    pub(crate) add_nodes: ServerAction<AddNodes>,
    pub(crate) remove_node: ServerAction<RemoveNode>,
    pub(crate) set_autostart: ServerAction<SetAutostart>,
    /// The refusal to show on top of the page. Dialogs show their own.
    pub(crate) problem: RwSignal<Option<Problem>>,
}

impl Actions {
    /// This very button has been pressed and not been answered.
    pub(crate) fn is_acting(self, id: &str, verb: Verb) -> bool {
        self.act.input().with(|input| input.as_ref().is_some_and(|act| act.id == id && act.verb == verb))
    }

    pub(crate) fn is_adding(self, id: &str) -> bool {
        self.add_nodes.input().with(|input| input.as_ref().is_some_and(|add| add.id == id))
    }

    pub(crate) fn is_removing(self, id: &str, node: &str) -> bool {
        self.remove_node.input().with(|input| input.as_ref().is_some_and(|it| it.id == id && it.node == node))
    }
}

/// What every server function about one vcluster is like.
pub(crate) trait VclusterFn:
    ServerFn<Output = Vcluster, Error = Refused> + Clone + Send + Sync + 'static
{
}

impl<S> VclusterFn for S where S: ServerFn<Output = Vcluster, Error = Refused> + Clone + Send + Sync + 'static {}

pub(crate) fn provide_actions() -> Actions {
    let problem = RwSignal::new(None);
    let live = use_live();
    let actions = Actions {
        create: ServerAction::new(),
        quick_create: shown(problem),
        act: shown(problem),
        delete: ServerAction::new(),
        add_nodes: shown(problem),
        remove_node: shown(problem),
        set_autostart: shown(problem),
        problem,
    };
    take_in(actions.create, live, None);
    take_in(actions.quick_create, live, Some(problem));
    take_in(actions.act, live, Some(problem));
    take_in(actions.delete, live, None);
    take_in(actions.add_nodes, live, Some(problem));
    take_in(actions.remove_node, live, Some(problem));
    take_in(actions.set_autostart, live, Some(problem));
    forget_when_leaving(problem);
    provide_context(actions);
    actions
}

pub(crate) fn use_actions() -> Actions {
    expect_context()
}

/// For a dialog that shows this action's answers: one to the dialog before it is none to this one, even if it came only after
/// that one was closed. What the first render shows was answered to a form without script, and stays.
pub(crate) fn answer_anew<S>(action: ServerAction<S>)
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    if !is_first_render() {
        action.clear();
    }
    // What was shown once is not kept for longer.
    Effect::new(move |_| on_cleanup(move || action.clear()));
}

/// An action whose refusal, if the page was asked for with one, is on top of the page.
fn shown<S: VclusterFn>(problem: RwSignal<Option<Problem>>) -> ServerAction<S> {
    let action = ServerAction::<S>::new();
    if let Some(Err(refused)) = action.value().get_untracked() {
        problem.set(Some(refused.into()));
    }
    action
}

fn take_in<S: VclusterFn>(action: ServerAction<S>, live: Live, problem: Option<RwSignal<Option<Problem>>>) {
    let navigate = use_navigate();
    Effect::new(move |_| match action.value().get() {
        None => {}
        Some(Ok(vcluster)) => {
            live.answered(&vcluster);
            if let Some(problem) = problem {
                problem.set(None);
            }
        }
        Some(Err(refused)) if refused.needs_sign_in() => {
            let here = window().location().pathname().unwrap_or_default();
            navigate(&routes::sign_in_then(&here), NavigateOptions::default());
        }
        Some(Err(refused)) => {
            if let Some(problem) = problem {
                problem.set(Some(refused.into()));
            }
        }
    });
}

/// A refusal belongs to the page it was caused on; and a reload must not show it again.
fn forget_when_leaving(problem: RwSignal<Option<Problem>>) {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        match before {
            None => clean_address(&path),
            Some(before) if before != path => problem.set(None),
            Some(_) => {}
        }
        path
    });
}

/// Takes the refusal that a form without script came back with out of the address.
fn clean_address(path: &str) {
    let search = window().location().search().unwrap_or_default();
    if search.contains("__err=")
        && let Ok(history) = window().history()
    {
        // Where history cannot be written the address stays as it is.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(path));
    }
}
