//! Searching in the active terminal's screen and scrollback: highlights every place, counts them, goes from one to the next.

use catalogue::t;
use leptos::ev::KeyboardEvent;
use leptos::{html, prelude::*};

use super::icon::{Glyph, Icon};
use super::state::{Command, Panel, Step};
use crate::{runtime, words};

#[component]
pub(crate) fn SearchBar(panel: Panel) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get().filter(|_| panel.searching.get()) {
            runtime::select(&input);
        }
    });
    let find = move |step: Step| panel.tell(Command::Find(text.get_untracked(), step));
    let typed = move |event| {
        text.set(event_target_value(&event));
        find(Step::Stay);
    };
    let count =
        move || panel.shown().and_then(|tab| tab.found.get()).map(|(index, count)| words::matches(index, count));
    view! {
        <form class="terminal__search" role="search" hidden=move || !panel.searching.get()
            on:submit=move |event| { event.prevent_default(); find(Step::Next); }
            on:keydown=move |event| keys(panel, &event, find)>
            <input type="text" class="terminal__search-text" aria-label=t!("terminal-search-label") placeholder=t!("terminal-search") autocomplete="off"
                spellcheck="false" node_ref=input prop:value=text on:input=typed/>
            <output class="terminal__search-count">{count}</output>
            <button type="button" class="terminal__tool" aria-label=t!("terminal-search-back") title=t!("terminal-search-back-title") on:click=move |_| find(Step::Back)>
                <Glyph icon=Icon::Up/>
            </button>
            <button type="submit" class="terminal__tool" aria-label=t!("terminal-search-next") title=t!("terminal-search-next-title")><Glyph icon=Icon::Down/></button>
            <button type="button" class="terminal__tool" aria-label=t!("terminal-search-close") title=t!("terminal-search-close-title")
                on:click=move |_| panel.end_search()>
                <Glyph icon=Icon::Cross/>
            </button>
        </form>
    }
}

fn keys(panel: Panel, event: &KeyboardEvent, find: impl Fn(Step)) {
    match event.key().as_str() {
        "Escape" => panel.end_search(),
        "Enter" if event.shift_key() => find(Step::Back),
        _ => return,
    }
    event.prevent_default();
}
