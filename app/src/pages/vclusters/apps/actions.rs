//! What can be pressed in the list of apps: answers go into the list at once, refusals on top of the page.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wire::{app::App, problem::Problem};

use crate::{
    api::{
        Refused,
        apps::{ChangeApp, PublishApp},
    },
    contexts::{actions::use_actions, pulse::Pulse},
    routes,
};

#[derive(Clone, Copy)]
pub(super) struct AppActions {
    pub(super) change: ServerAction<ChangeApp>,
    pub(super) publish: ServerAction<PublishApp>,
}

impl AppActions {
    /// Something about this app has been pressed and not been answered.
    pub(super) fn is_changing(self, app: &str) -> bool {
        self.change.input().with(|input| input.as_ref().is_some_and(|change| change.app == app))
    }
}

pub(super) fn provide_app_actions(pulse: Pulse) {
    let actions = AppActions { change: ServerAction::new(), publish: ServerAction::new() };
    let problem = use_actions().problem;
    // The page was asked for with the refusal of a form that was sent without our script.
    if let Some(Err(refused)) = actions.change.value().get_untracked() {
        problem.set(Some(refused.into()));
    }
    take_in(actions.change, pulse, Some(problem));
    take_in(actions.publish, pulse, None);
    provide_context(actions);
}

pub(super) fn use_app_actions() -> AppActions {
    expect_context()
}

fn take_in<S>(action: ServerAction<S>, pulse: Pulse, problem: Option<RwSignal<Option<Problem>>>)
where
    S: ServerFn<Output = App, Error = Refused> + Clone + Send + Sync + 'static,
{
    let (navigate, path) = (use_navigate(), use_location().pathname);
    Effect::new(move |_| match action.value().get() {
        None => {}
        Some(Ok(app)) => {
            pulse.answered(&app);
            if let Some(problem) = problem {
                problem.set(None);
            }
        }
        Some(Err(refused)) if refused.needs_sign_in() => {
            navigate(&routes::sign_in_then(&path.get_untracked()), NavigateOptions::default());
        }
        Some(Err(refused)) => {
            if let Some(problem) = problem {
                problem.set(Some(refused.into()));
            }
        }
    });
}
