//! The way back into an app after signing in: the server knows the way on, so the browser asks it.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::skeleton::ListSkeleton;

/// Shown for a moment, where the console's own router was sent to this address.
#[component]
pub(crate) fn EnterApp() -> impl IntoView {
    let here = use_location();
    Effect::new(move || {
        let address = format!("{}{}", here.pathname.get(), here.search.with(|search| question(search)));
        // Fails only where there is no window.
        let _ = window().location().replace(&address);
    });
    view! { <ListSkeleton/> }
}

/// The router gives the query without its question mark.
fn question(search: &str) -> String {
    if search.is_empty() || search.starts_with('?') { search.to_owned() } else { format!("?{search}") }
}
