//! There is no page at this address.

use leptos::prelude::*;
use wire::problem::{Code, Problem};

use super::problem::ProblemPage;

pub(crate) fn problem() -> Problem {
    Problem::new(Code::NotFound, "The address may be mistyped, or what was here has been deleted.")
}

#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <ProblemPage problem=problem()/> }
}
