//! The page that stands where another one could not be shown.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::problem::{Code, Problem};

use crate::{
    layouts::{chrome::TopBar, plain::Plain},
    routes,
};

/// What happened, and the way on: try again, or home.
#[component]
pub(crate) fn ProblemPage(problem: Problem, #[prop(optional)] retry: Option<Callback<()>>) -> impl IntoView {
    respond_with(problem.status);
    let again = retry.filter(|_| problem.code != Code::NotFound).map(|retry| {
        view! { <button type="button" class="button is-primary" on:click=move |_| retry.run(())>"Try again"</button> }
    });
    view! {
        <Title text=format!("{} · Docklet", problem.title)/>
        <Plain>
            <ProblemText problem=problem/>
            <p class="plain-actions">
                {again}
                <a class="button" href=routes::HOME>"Go to vclusters"</a>
            </p>
        </Plain>
    }
}

/// The same inside the chrome, where the rest of the page is fine.
#[component]
pub(crate) fn ProblemSection(problem: Problem) -> impl IntoView {
    respond_with(problem.status);
    view! {
        <Title text=format!("{} · Docklet", problem.title)/>
        <TopBar here=problem.title.clone() below=true/>
        <div class="page">
            <section class="empty card">
                <ProblemText problem=problem/>
                <p><a class="button" href=routes::HOME>"Go to vclusters"</a></p>
            </section>
        </div>
    }
}

#[component]
pub(crate) fn ProblemText(problem: Problem) -> impl IntoView {
    view! {
        <h1>{problem.title}</h1>
        <p class="sub">{problem.detail}</p>
        {problem.request_id.map(|id| view! { <p class="sub">"Request " <span class="mono">{id}</span></p> })}
    }
}

/// The status of the page that is being rendered; nothing in the browser.
fn respond_with(status: u16) {
    #[cfg(feature = "ssr")]
    crate::visit::set_status(status);
    #[cfg(not(feature = "ssr"))]
    let _ = status;
}
