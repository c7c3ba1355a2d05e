//! What a list is searched with: a form for those without the script; with it, the list follows what is typed.

use std::time::Duration;

use leptos::{html, leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::{NavigateOptions, components::Form, hooks::use_navigate};

use super::icon::{Glyph, Icon};

/// After the last key.
const PAUSE: Duration = Duration::from_millis(200);

#[component]
pub(crate) fn SearchField(
    /// Unique in the page.
    id: &'static str,
    /// What it is called in the address.
    name: &'static str,
    #[prop(into)] label: String,
    /// What is on the button that there is without the script.
    #[prop(into)]
    submit: String,
    /// The list's address.
    action: &'static str,
    longest: u32,
    /// What was searched for.
    #[prop(into)]
    value: Signal<String>,
    /// The address of what is found for a text.
    address: impl Fn(&str) -> String + Clone + Send + Sync + 'static,
    /// What stays as it is when another text is searched for, as hidden fields.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let navigate = use_navigate();
    let field = NodeRef::<html::Input>::new();
    follow(value, field);
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop_waiting = move || {
        if let Some(last) = waiting.try_update_value(Option::take).flatten() {
            last.clear();
        }
    };
    on_cleanup(stop_waiting);
    let typed = move |text: String| {
        let (navigate, address) = (navigate.clone(), address.clone());
        let search =
            move || navigate(&address(&text), NavigateOptions { replace: true, scroll: false, ..Default::default() });
        stop_waiting();
        waiting.set_value(set_timeout_with_handle(search, PAUSE).ok());
    };
    view! {
        <Form method="GET" action=action attr:class="search" attr:role="search">
            <label class="visually-hidden" for=id>{label.clone()}</label>
            <Glyph icon=Icon::Search/>
            <input
                node_ref=field
                id=id
                class="input"
                type="search"
                name=name
                placeholder=label
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength=longest.to_string()
                value=value.get_untracked()
                on:input:target=move |event| typed(event.target().value())
            />
            {children.map(|children| children())}
            <noscript inner_html=format!("<button class=\"button\">{submit}</button>")></noscript>
        </Form>
    }
}

/// The field says what was searched for when a link or the way back said so; never while it is typed into.
fn follow(value: Signal<String>, field: NodeRef<html::Input>) {
    Effect::new(move |before: Option<()>| {
        let search = value.get();
        // It was rendered with the first search; something may have been typed since.
        let Some(field) = field.get_untracked().filter(|_| before.is_some()) else { return };
        let element: &web_sys::Element = &field;
        if document().active_element().as_ref() != Some(element) {
            field.set_value(&search);
        }
    });
}
