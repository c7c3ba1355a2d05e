//! There is no page at this address.

use catalogue::t;
use leptos::prelude::*;
use wire::problem::{Code, Problem};

use super::problem::ProblemPage;

pub(crate) fn problem() -> Problem {
    Problem::new(Code::NotFound, t!("problem-no-page"))
}

#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <ProblemPage problem=problem()/> }
}
