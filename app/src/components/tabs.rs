//! Tabs that are pages: each has its URL, so they are links of a navigation, not a tab list.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Tab {
    pub(crate) address: String,
    pub(crate) text: String,
    /// A number beside the text; its place is kept while it is not known.
    pub(crate) count: Option<Signal<Option<usize>>>,
}

#[component]
pub(crate) fn Tabs(#[prop(into)] label: String, tabs: Vec<Tab>) -> impl IntoView {
    let path = use_location().pathname;
    let tab = move |Tab { address, text, count }: Tab| {
        let here = address.clone();
        let current = move || (path.get() == here).then_some("page");
        let count = count.map(|count| view! { <span class="tab-count">{move || count.get()}</span> });
        view! { <li><a class="tab" href=address aria-current=current>{text} {count}</a></li> }
    };
    view! {
        <nav class="tabs" aria-label=label>
            <ul>{tabs.into_iter().map(tab).collect_view()}</ul>
        </nav>
    }
}
