//! Searching in the output that is shown, and whether its long lines are wrapped.

use std::ops::Range;

use catalogue::t;
use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{
    components::icon::{Glyph, Icon},
    contexts::job_output::OutputLive,
    output::Found,
};

/// Of the element that is looked at.
pub(super) const CURRENT: &str = "output-found";

#[derive(Clone, Copy)]
pub(super) struct Search {
    wanted: RwSignal<String>,
    /// Which of those that were found is looked at.
    nth: RwSignal<usize>,
    found: Memo<Found>,
    pub(super) wraps: RwSignal<bool>,
}

impl Search {
    pub(super) fn new(output: OutputLive) -> Self {
        let wanted = RwSignal::new(String::new());
        let found = Memo::new(move |_| {
            wanted.with(|wanted| if wanted.is_empty() { Found::default() } else { Found::of(&output.chunks(), wanted) })
        });
        Self { wanted, nth: RwSignal::new(0), found, wraps: RwSignal::new(false) }
    }

    /// What is to be marked in this part of the text, and whether it is looked at.
    pub(super) fn in_chunk(self, id: u64) -> Vec<(Range<usize>, bool)> {
        self.found.with(|found| found.in_chunk(id, self.nth.get()))
    }

    fn look_for(self, text: String) {
        self.wanted.set(text);
        self.nth.set(0);
        show();
    }

    /// To the next one, or the one before; behind the last comes the first.
    fn step(self, is_forward: bool) {
        let count = self.found.with_untracked(Found::count);
        if count > 0 {
            self.nth.update(|nth| *nth = (*nth + if is_forward { 1 } else { count - 1 }) % count);
            show();
        }
    }

    /// `2 of 17`; nothing where nothing is searched for.
    fn told(self) -> Option<String> {
        let count = self.found.with(Found::count);
        match count {
            _ if self.wanted.with(String::is_empty) => None,
            0 => Some(t!("job-output-not-found")),
            // Something may have gone from the front.
            Found::MOST => Some(t!("job-output-found-many", nth = self.nth.get() + 1, count = count)),
            _ => Some(t!("job-output-found", nth = self.nth.get().min(count - 1) + 1, count = count)),
        }
    }
}

/// Brings what is looked at into sight, once it is drawn.
fn show() {
    request_animation_frame(|| {
        if let Some(current) = document().get_element_by_id(CURRENT) {
            let how = web_sys::ScrollIntoViewOptions::new();
            how.set_block(web_sys::ScrollLogicalPosition::Nearest);
            current.scroll_into_view_with_scroll_into_view_options(&how);
        }
    });
}

/// The field and its buttons; of use with the script only.
#[component]
pub(super) fn Tools(search: Search, output: OutputLive) -> impl IntoView {
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            search.step(!event.shift_key());
        }
    };
    let none = move || search.found.with(|found| found.count() == 0);
    view! {
        <div class="output-tools needs-script" role="search" aria-label=t!("job-output-search") hidden=move || output.is_empty()>
            <input
                type="search"
                class="input"
                aria-label=t!("job-output-search")
                placeholder=t!("job-output-search")
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                on:input:target=move |event| search.look_for(event.target().value())
                on:keydown=keys
            />
            <button
                type="button"
                class="button is-ghost is-small is-square is-up"
                aria-label=t!("job-output-previous")
                title=t!("job-output-previous")
                disabled=none
                on:click=move |_| search.step(false)
            >
                <Glyph icon=Icon::Chevron/>
            </button>
            <button
                type="button"
                class="button is-ghost is-small is-square"
                aria-label=t!("job-output-next")
                title=t!("job-output-next")
                disabled=none
                on:click=move |_| search.step(true)
            >
                <Glyph icon=Icon::Chevron/>
            </button>
            <span class="sub" role="status">{move || search.told()}</span>
            <button
                type="button"
                class="button is-small output-wrap"
                aria-pressed=move || search.wraps.get().to_string()
                on:click=move |_| search.wraps.update(|wraps| *wraps = !*wraps)
            >
                {t!("job-output-wrap")}
            </button>
        </div>
    }
}
