//! What can be pressed on any page: one server action each, whose answers go into the live store and whose refusals are
//! shown once, wherever they were caused; also after a form was sent without our script. What is pressed in one area only is
//! with that area, so that its code is, too.

use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wire::problem::Problem;

use super::live::use_live;
use crate::{
    api::{
        Refused,
        apps::ChangeApp,
        jobs::{CancelJob, HoldJob},
        vclusters::{Act, AddNodes, ChangeVcluster, QuickCreate, RemoveNode, Verb},
    },
    hydration::is_first_render,
    routes,
};

/// Refusals of these are shown on top of the page; every other form shows its own.
const ON_TOP: [&str; 8] = [
    Act::PATH,
    AddNodes::PATH,
    CancelJob::PATH,
    ChangeApp::PATH,
    ChangeVcluster::PATH,
    HoldJob::PATH,
    QuickCreate::PATH,
    RemoveNode::PATH,
];

#[derive(Clone, Copy)]
pub(crate) struct Actions {
    pub(crate) quick_create: ServerAction<QuickCreate>,
    pub(crate) act: ServerAction<Act>,
    /// The refusal to show on top of the page. Dialogs show their own.
    pub(crate) problem: RwSignal<Option<Problem>>,
}

impl Actions {
    /// This very button has been pressed and not been answered.
    pub(crate) fn is_acting(self, id: &str, verb: Verb) -> bool {
        self.act.input().with(|input| input.as_ref().is_some_and(|act| act.id == id && act.verb == verb))
    }
}

pub(crate) fn provide_actions() -> Actions {
    let (live, problem) = (use_live(), RwSignal::new(refused_form()));
    let actions = Actions { quick_create: ServerAction::new(), act: ServerAction::new(), problem };
    take_in(actions.quick_create, Some(problem), move |vcluster| live.answered(vcluster));
    take_in(actions.act, Some(problem), move |vcluster| live.answered(vcluster));
    forget_when_leaving(problem);
    provide_context(actions);
    actions
}

/// The page was asked for with the refusal of a form that was sent without our script. Not left to the actions themselves:
/// those of an area begin when the top of the page is written already.
fn refused_form() -> Option<Problem> {
    let error = use_context::<ServerActionError>().filter(|error| ON_TOP.contains(&error.path()))?;
    Some(ServerFnUrlError::<Refused>::decode_err(error.err()).into())
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

/// Takes an action's answers in: what was done, and where it was refused, on top of the page if `problem` says so.
pub(crate) fn take_in<S>(
    action: ServerAction<S>,
    problem: Option<RwSignal<Option<Problem>>>,
    done: impl Fn(&S::Output) + 'static,
) where
    S: ServerFn<Error = Refused> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let (navigate, path) = (use_navigate(), use_location().pathname);
    let show = move |refused: Option<Refused>| {
        if let Some(problem) = problem {
            problem.set(refused.map(Problem::from));
        }
    };
    Effect::new(move |_| match action.value().get() {
        None => {}
        Some(Ok(output)) => {
            done(&output);
            show(None);
        }
        Some(Err(refused)) if refused.needs_sign_in() => {
            navigate(&routes::sign_in_then(&path.get_untracked()), NavigateOptions::default());
        }
        Some(Err(refused)) => show(Some(refused)),
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
