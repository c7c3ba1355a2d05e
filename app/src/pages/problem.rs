//! The page that stands where another one could not be shown.

use catalogue::t;
use leptos::prelude::*;
use leptos_meta::Title;
use wire::problem::{Code, Problem};

use crate::{
    components::rich::Foreign,
    layouts::{chrome::TopBar, plain::Plain},
    routes,
    wording::problem::{detail, title},
};

/// What happened, and the way on: try again, or home.
#[component]
pub(crate) fn ProblemPage(problem: Problem, #[prop(optional)] retry: Option<Callback<()>>) -> impl IntoView {
    respond_with(problem.status);
    let again = retry.filter(|_| problem.code != Code::NotFound).map(|retry| {
        view! { <button type="button" class="button is-primary" on:click=move |_| retry.run(())>{t!("common-try-again")}</button> }
    });
    view! {
        <Title text=t!("common-page-title", page = title(&problem))/>
        <Plain>
            <ProblemText problem=problem/>
            <p class="plain-actions">
                {again}
                <a class="button" href=routes::HOME>{t!("problem-home")}</a>
            </p>
        </Plain>
    }
}

/// The same inside the chrome, where nothing of the page can be shown.
#[component]
pub(crate) fn ProblemSection(problem: Problem) -> impl IntoView {
    respond_with(problem.status);
    view! {
        <Title text=t!("common-page-title", page = title(&problem))/>
        <TopBar here=title(&problem) below=true/>
        <div class="page">
            <section class="empty card">
                <ProblemText problem=problem/>
                <p><a class="button" href=routes::HOME>{t!("problem-home")}</a></p>
            </section>
        </div>
    }
}

/// The same inside a page, where the rest of it is fine.
#[component]
pub(crate) fn ProblemCard(problem: Problem) -> impl IntoView {
    respond_with(problem.status);
    view! { <section class="empty card"><ProblemText problem=problem/></section> }
}

#[component]
pub(crate) fn ProblemText(problem: Problem) -> impl IntoView {
    view! {
        <h1>{title(&problem)}</h1>
        <p class="sub"><Foreign said=detail(&problem)/></p>
        {problem.request_id.map(|id| view! { <p class="sub">{t!("problem-request", id = id)}</p> })}
    }
}

/// There is no page at this address.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! { <ProblemPage problem=Problem::new(Code::NotFound, t!("problem-no-page"))/> }
}

/// The status of the page that is being rendered; nothing in the browser.
fn respond_with(status: u16) {
    #[cfg(feature = "ssr")]
    crate::request_context::set_status(status);
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
