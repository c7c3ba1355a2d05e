//! A labelled field of a form, with what is wrong about it beside it.

use leptos::prelude::*;

use super::rich::Foreign;
use crate::wording::problem::Said;

/// The message under a field. Its place is there only when it is needed; its id is `{name}-fault`.
#[component]
pub(crate) fn Fault(name: &'static str, #[prop(into)] fault: Signal<Option<Said>>) -> impl IntoView {
    view! {
        <p class="field-fault" id=format!("{name}-fault") role="alert" hidden=move || fault.get().is_none()>
            {move || fault.get().map(|said| view! { <Foreign said=said/> })}
        </p>
    }
}

/// What a `textarea` holds at first, for its `inner_html`: Leptos writes a child of it as it is, marks of HTML among it.
pub(crate) fn area(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A field of one line.
#[component]
pub(crate) fn TextField(
    /// The form field's name.
    name: &'static str,
    /// Unique in the page.
    id: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] value: String,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] autofocus: bool,
    /// It may stay empty.
    #[prop(optional)]
    optional: bool,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional)] longest: Option<u16>,
    /// Which keys a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    #[prop(into)] fault: Signal<Option<Said>>,
    /// What is typed, as it is typed.
    #[prop(optional)]
    typed: Option<RwSignal<String>>,
) -> impl IntoView {
    let input = NodeRef::<leptos::html::Input>::new();
    // What was typed before the script ran has had no event that we heard.
    Effect::new(move |_| {
        if let (Some(typed), Some(input)) = (typed, input.get()) {
            typed.set(input.value());
        }
    });
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                node_ref=input
                id=id
                name=name
                type=kind
                class="input"
                value=value
                autocomplete=autocomplete
                inputmode=inputmode
                autocapitalize="none"
                spellcheck="false"
                autofocus=autofocus
                maxlength=longest
                required=!optional
                placeholder=placeholder
                aria-invalid=move || fault.get().is_some().then_some("true")
                aria-describedby=format!("{id}-fault")
                on:input:target=move |event| {
                    if let Some(typed) = typed {
                        typed.set(event.target().value());
                    }
                }
            />
            <Fault name=id fault=fault/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_within_its_area() {
        assert_eq!(area("a < b && c\n</textarea><b>"), "a &lt; b &amp;&amp; c\n&lt;/textarea>&lt;b>");
    }
}
