//! Sentences of the catalogue with something in them, and sentences in another language than the page's.

use catalogue::{Part, parts};
use leptos::prelude::*;

use crate::wording::problem::Said;

/// A sentence with marked places (`Read <link>the guide</link>.`), each drawn by `mark` from its name and its text.
#[component]
pub(crate) fn Rich(
    #[prop(into)] text: String,
    mark: impl Fn(String, String) -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    let piece = |part| match part {
        Part::Text(text) => text.into_any(),
        Part::Marked { name, text } => mark(name, text),
    };
    parts(&text).into_iter().map(piece).collect_view()
}

/// What the server said, marked as English where the page is not: screen readers change their voice. What it puts between
/// backticks is code.
#[component]
pub(crate) fn Foreign(said: Said) -> impl IntoView {
    let piece = |(place, text): (usize, &str)| match place % 2 {
        0 => text.to_owned().into_any(),
        _ => view! { <code class="mono">{text.to_owned()}</code> }.into_any(),
    };
    let pieces = said.text.split('`').enumerate().map(piece).collect_view();
    view! { <span lang=said.foreign.then_some("en")>{pieces}</span> }
}
