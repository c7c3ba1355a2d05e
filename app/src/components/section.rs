//! A part of a page with a heading of its own, what it is about, and what can be done there.

use leptos::prelude::*;

#[component]
pub(crate) fn Section(
    /// Unique in the page; names the heading.
    id: &'static str,
    #[prop(into)] title: String,
    /// One sentence below the heading.
    #[prop(optional, into)]
    about: Option<String>,
    /// What can be done, beside the heading.
    #[prop(optional, into)]
    action: Option<ViewFnOnce>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card section" aria-labelledby=id>
            <header class="section-head">
                <div>
                    <h2 id=id>{title}</h2>
                    {about.map(|about| view! { <p class="sub">{about}</p> })}
                </div>
                {action.map(|action| view! { <div class="section-actions">{action.run()}</div> })}
            </header>
            {children()}
        </section>
    }
}
