//! One of several, as a card around a radio button.

use leptos::prelude::*;

#[component]
pub(crate) fn Choice(
    /// The form field's name.
    name: &'static str,
    #[prop(into)] value: String,
    checked: bool,
    /// A line below its label.
    #[prop(optional, into)]
    meaning: Option<String>,
    children: Children,
) -> impl IntoView {
    view! {
        <label class="option">
            <input type="radio" name=name value=value checked=checked/>
            <span class="option-label">{children()}</span>
            {meaning.map(|meaning| view! { <small>{meaning}</small> })}
        </label>
    }
}
