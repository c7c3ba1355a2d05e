//! What can be pressed in the list of apps: answers go into the list at once, refusals on top of the page.

use leptos::prelude::*;

use crate::{
    api::apps::{ChangeApp, PublishApp},
    contexts::{
        actions::{take_in, use_actions},
        pulse::Pulse,
    },
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
    take_in(actions.change, Some(use_actions().problem), move |app| pulse.answered(app));
    take_in(actions.publish, None, move |app| pulse.answered(app));
    provide_context(actions);
}

pub(super) fn use_app_actions() -> AppActions {
    expect_context()
}
