//! One tab's handle: its name, its state, its close button. Arrow keys move between tabs, Delete closes.

use catalogue::t;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::state::{Panel, Tab};
use crate::runtime;
use crate::words;
use terminal_session::status::Link;

#[component]
pub(crate) fn TabHandle(panel: Panel, tab: Tab) -> impl IntoView {
    let serial = tab.serial;
    let selected = move || panel.active.get() == Some(serial);
    let name = {
        let tab = tab.clone();
        move || words::tab(&tab.node, &tab.title.get())
    };
    let close_name = {
        let name = name.clone();
        move || t!("terminal-close-tab-of", tab = name())
    };
    let dot = {
        let status = tab.status.clone();
        move || status.with(|status| dot(&status.link))
    };
    let state = {
        let status = tab.status.clone();
        move || status.with(|status| words::link(&status.link))
    };
    let (shown, keyed, closed) = (tab.clone(), tab.clone(), tab.clone());
    view! {
        <div class="terminal__tab" class:terminal__tab--on=selected role="presentation">
            <button type="button" role="tab" class="terminal__tab-name" id=tab.tab_id() aria-controls=tab.panel_id()
                aria-selected=move || selected().to_string() tabindex=move || if selected() { "0" } else { "-1" }
                title=state aria-keyshortcuts="Delete"
                on:click=move |_| panel.activate(&shown)
                on:keydown=move |event| walk(panel, &keyed, &event)>
                <i class=dot aria-hidden="true"></i>
                <span class="terminal__tab-text">{name}</span>
            </button>
            // A tablist may hold nothing but tabs, so this is for the pointer only; Delete does the same on the tab.
            <button type="button" class="terminal__tab-close" tabindex="-1" aria-hidden="true" title=close_name
                on:click=move |_| ask_to_close(panel, &closed)>
                <Glyph icon=Icon::Cross/>
            </button>
        </div>
    }
}

fn dot(link: &Link) -> &'static str {
    match link {
        Link::Live => "terminal__dot terminal__dot--live",
        Link::Connecting | Link::Reconnecting => "terminal__dot terminal__dot--busy",
        Link::Idle | Link::Ended(_) => "terminal__dot",
    }
}

/// A tab whose program has ended closes at once; one that lives asks first, because closing ends its program.
fn ask_to_close(panel: Panel, tab: &Tab) {
    if tab.over() {
        runtime::close(panel, tab);
    } else {
        panel.closing.set(Some(tab.clone()));
    }
}

fn walk(panel: Panel, tab: &Tab, event: &KeyboardEvent) {
    let tabs = panel.tabs.get_untracked();
    let Some(at) = tabs.iter().position(|other| other.serial == tab.serial) else { return };
    let target = match event.key().as_str() {
        "ArrowRight" => (at + 1) % tabs.len(),
        "ArrowLeft" => (at + tabs.len() - 1) % tabs.len(),
        "Home" => 0,
        "End" => tabs.len() - 1,
        "Delete" => return ask_to_close(panel, tab),
        _ => return,
    };
    event.prevent_default();
    panel.turn_to(tabs[target].serial);
    runtime::focus_id(&tabs[target].tab_id());
}
