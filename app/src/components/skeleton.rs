//! What a page is shaped like before its data is there, so that nothing jumps when it comes.

use leptos::prelude::*;

/// The list of vclusters with its meters.
#[component]
pub(crate) fn ListSkeleton() -> impl IntoView {
    view! {
        <div class="page" aria-busy="true">
            <p class="visually-hidden" role="status">"Loading"</p>
            <div class="skeleton is-title"></div>
            <div class="meters">
                {(0..4).map(|_| view! { <div class="skeleton is-meter"></div> }).collect_view()}
            </div>
            <div class="card">{(0..3).map(|_| view! { <div class="skeleton is-row"></div> }).collect_view()}</div>
        </div>
    }
}

/// One vcluster.
#[component]
pub(crate) fn DetailSkeleton() -> impl IntoView {
    view! {
        <div class="page" aria-busy="true">
            <p class="visually-hidden" role="status">"Loading"</p>
            <div class="skeleton is-title"></div>
            <div class="card">{(0..2).map(|_| view! { <div class="skeleton is-row"></div> }).collect_view()}</div>
            <div class="skeleton is-terminal"></div>
        </div>
    }
}
