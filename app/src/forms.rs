//! What a form shows of its action's answers: why it was refused, which field is wrong, and that it is done.

use leptos::{html, prelude::*, server_fn::ServerFn};
use wire::problem::Problem;

use crate::{
    api::Refused,
    wording::problem::{Said, about},
};

/// Why the action's last answer was a refusal, for showing it where it was caused.
pub(crate) fn refusal<S>(action: ServerAction<S>) -> Signal<Option<Problem>>
where
    S: ServerFn<Error = Refused> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    Signal::derive(move || action.value().get().and_then(Result::err).map(Problem::from))
}

/// What is wrong about one field.
pub(crate) fn fault_of(problem: Signal<Option<Problem>>, field: &'static str) -> Signal<Option<Said>> {
    Signal::derive(move || problem.with(|problem| about(problem.as_ref(), field)))
}

/// What a form shows of its action. Made where the action is: a form that an answer takes away is on the page for a moment
/// longer than what belongs to it alone, and would look at signals that are gone.
#[derive(Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) problem: Signal<Option<Problem>>,
    /// Of the one field that can be wrong.
    pub(crate) fault: Signal<Option<Said>>,
    pub(crate) pending: Memo<bool>,
}

impl Answers {
    pub(crate) fn of<S>(action: ServerAction<S>, field: &'static str) -> Self
    where
        S: ServerFn<Error = Refused> + Clone + Send + Sync + 'static,
        S::Output: Clone + Send + Sync + 'static,
    {
        let problem = refusal(action);
        Self { problem, fault: fault_of(problem, field), pending: action.pending() }
    }
}

/// The form, empty again whenever its action has succeeded.
pub(crate) fn emptied_by<S>(action: ServerAction<S>) -> NodeRef<html::Form>
where
    S: ServerFn<Error = Refused> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if let (Some(Ok(_)), Some(form)) = (action.value().get(), form.get()) {
            form.reset();
        }
    });
    form
}
