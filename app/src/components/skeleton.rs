//! What a page is shaped like before its data is there, so that nothing jumps when it comes.

use catalogue::t;
use leptos::prelude::*;

/// The list of vclusters with its meters.
#[component]
pub(crate) fn ListSkeleton() -> impl IntoView {
    view! {
        <div class="page" aria-busy="true">
            <p class="visually-hidden" role="status">{t!("common-loading")}</p>
            <div class="skeleton is-title"></div>
            <div class="meters">
                {(0..4).map(|_| view! { <div class="skeleton is-meter"></div> }).collect_view()}
            </div>
            <div class="card">{(0..3).map(|_| view! { <div class="skeleton is-row"></div> }).collect_view()}</div>
        </div>
    }
}

/// Parts of a page with headings of their own.
#[component]
pub(crate) fn SectionsSkeleton() -> impl IntoView {
    view! {
        <div aria-busy="true">
            <p class="visually-hidden" role="status">{t!("common-loading")}</p>
            {(0..2).map(|_| view! { <div class="card section"><div class="skeleton is-row"></div><div class="skeleton is-row"></div></div> }).collect_view()}
        </div>
    }
}

/// One vcluster.
#[component]
pub(crate) fn DetailSkeleton() -> impl IntoView {
    view! {
        <div class="page" aria-busy="true">
            <p class="visually-hidden" role="status">{t!("common-loading")}</p>
            <div class="skeleton is-title"></div>
            <div class="card">{(0..2).map(|_| view! { <div class="skeleton is-row"></div> }).collect_view()}</div>
            <div class="skeleton is-terminal"></div>
        </div>
    }
}

/// Rows of a list within a page.
#[component]
pub(crate) fn RowsSkeleton() -> impl IntoView {
    view! {
        <div class="card" aria-busy="true">
            <p class="visually-hidden" role="status">{t!("common-loading")}</p>
            {(0..3).map(|_| view! { <div class="skeleton is-row"></div> }).collect_view()}
        </div>
    }
}
