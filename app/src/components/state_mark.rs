//! A state as a coloured dot. Always stands beside the word.

use leptos::prelude::*;

use crate::wording::vcluster::Tone;

#[component]
pub(crate) fn Dot(#[prop(into)] tone: Signal<Tone>) -> impl IntoView {
    view! { <span class=move || format!("dot {}", tone.get().class()) aria-hidden="true"></span> }
}

/// A word in a frame, with its dot's colour.
#[component]
pub(crate) fn Tag(#[prop(into)] tone: Signal<Tone>, #[prop(into)] text: Signal<String>) -> impl IntoView {
    view! { <span class=move || format!("tag {}", tone.get().class())>{move || text.get()}</span> }
}
