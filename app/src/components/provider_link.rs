//! The way to an OpenID provider.

use catalogue::t;
use leptos::prelude::*;

/// A link: it leads to another site, with and without script. One that would lead nowhere is a sentence.
#[component]
pub(crate) fn ProviderLink(
    label: String,
    /// Whether the provider answers at the moment.
    answers: bool,
    #[prop(into)] address: Signal<String>,
    text: String,
) -> impl IntoView {
    if !answers {
        return view! { <p class="sub" role="status">{t!("sign-in-silent", provider = label.as_str())}</p> }.into_any();
    }
    view! { <a class="button is-wide" href=move || address.get() rel="external">{text}</a> }.into_any()
}
