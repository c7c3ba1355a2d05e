//! Keys that an on-screen keyboard lacks. Shown on narrow screens; never takes the focus, or the keyboard would go away.

use catalogue::t;
use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use super::state::{Command, Panel};
use crate::keys::Key;

#[component]
pub(crate) fn KeyRow(panel: Panel) -> impl IntoView {
    let held = move || panel.shown().is_some_and(|tab| tab.ctrl.get());
    let hold = move |_| {
        if let Some(tab) = panel.shown_now() {
            tab.ctrl.update(|held| *held = !*held);
        }
    };
    view! {
        <div class="terminal__keys" role="toolbar" aria-label=t!("terminal-keys") hidden=move || panel.active.get().is_none()
            on:pointerdown=|event| event.prevent_default() on:mousedown=|event| event.prevent_default()>
            <Cap panel name=t!("terminal-key-escape") key=Key::Escape>"Esc"</Cap>
            <Cap panel name=t!("terminal-key-tab") key=Key::Tab>"Tab"</Cap>
            <button type="button" class="terminal__key" tabindex="-1" aria-label=t!("terminal-key-ctrl") aria-pressed=move || held().to_string()
                on:click=hold>"Ctrl"</button>
            <Cap panel name=t!("terminal-key-left") key=Key::Left><Glyph icon=Icon::Left/></Cap>
            <Cap panel name=t!("terminal-key-down") key=Key::Down><Glyph icon=Icon::Down/></Cap>
            <Cap panel name=t!("terminal-key-up") key=Key::Up><Glyph icon=Icon::Up/></Cap>
            <Cap panel name=t!("terminal-key-right") key=Key::Right><Glyph icon=Icon::Right/></Cap>
        </div>
    }
}

#[component]
fn Cap(panel: Panel, #[prop(into)] name: String, key: Key, children: Children) -> impl IntoView {
    let press = move |_| panel.tell(Command::Press(key));
    view! {
        <button type="button" class="terminal__key" tabindex="-1" aria-label=name on:click=press>{children()}</button>
    }
}
