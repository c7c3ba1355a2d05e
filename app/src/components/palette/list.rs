//! What fits, as a listbox whose chosen option the field points to.

use catalogue::t;
use leptos::prelude::*;

use super::{Choice, run::Runner};
use crate::{
    components::icon::Glyph,
    palette::commands::{Command, Found},
};

pub(super) const ID: &str = "palette-results";

/// The id of the option at this place.
pub(super) fn id(at: usize) -> String {
    format!("palette-{at}")
}

#[component]
pub(super) fn Results(choice: Choice, runner: Runner) -> impl IntoView {
    // Keeps the chosen one in sight.
    Effect::new(move |_| {
        if let Some(option) = document().get_element_by_id(&id(choice.chosen.get())) {
            let how = web_sys::ScrollIntoViewOptions::new();
            how.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&how);
        }
    });
    let options = move || {
        let found = choice.found.get().into_iter().enumerate();
        found.map(|(at, found)| view! { <Entry at=at found=found choice=choice runner=runner/> }).collect_view()
    };
    let none = move || choice.found.with(Vec::is_empty);
    view! {
        <ul id=ID class="palette-list" role="listbox" aria-label=t!("palette-results") hidden=none>
            {options}
        </ul>
        <p class="palette-none sub" hidden=move || !none()>
            {move || t!("palette-none", query = choice.query.get())}
        </p>
    }
}

#[component]
fn Entry(at: usize, found: Found, choice: Choice, runner: Runner) -> impl IntoView {
    let Found { command, letters } = found;
    let Command { title, detail, icon, keys, does } = command;
    let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
    view! {
        <li
            id=id(at)
            class="palette-entry"
            role="option"
            aria-selected=move || if choice.chosen.get() == at { "true" } else { "false" }
            on:pointermove=move |_| {
                if choice.chosen.get_untracked() != at {
                    choice.chosen.set(at);
                }
            }
            on:click=move |_| runner.run(&does)
        >
            <Glyph icon=icon/>
            <span class="palette-title">{marked(&title, &letters)}</span>
            <span class="palette-detail">{detail}</span>
            <span class="palette-shortcut" aria-hidden="true">{keys}</span>
        </li>
    }
}

/// The title with the letters that fit in bold; as few pieces as it takes.
fn marked(title: &str, letters: &[usize]) -> Vec<AnyView> {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    for (at, letter) in title.chars().enumerate() {
        let fits = letters.binary_search(&at).is_ok();
        match pieces.last_mut() {
            Some((same, text)) if *same == fits => text.push(letter),
            _ => pieces.push((fits, letter.into())),
        }
    }
    let piece = |(fits, text): (bool, String)| if fits { view! { <b>{text}</b> }.into_any() } else { text.into_any() };
    pieces.into_iter().map(piece).collect()
}
