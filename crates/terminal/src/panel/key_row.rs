//! Keys that an on-screen keyboard lacks. Shown on narrow screens; never takes the focus, or the keyboard would go away.

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
        <div class="terminal__keys" role="toolbar" aria-label="Keys" hidden=move || panel.active.get().is_none()
            on:pointerdown=|event| event.prevent_default() on:mousedown=|event| event.prevent_default()>
            <Cap panel name="Esc (escape)" key=Key::Escape>"Esc"</Cap>
            <Cap panel name="Tab" key=Key::Tab>"Tab"</Cap>
            <button type="button" class="terminal__key" tabindex="-1" aria-label="Ctrl (control key)" aria-pressed=move || held().to_string()
                on:click=hold>"Ctrl"</button>
            <Cap panel name="Left" key=Key::Left><Glyph icon=Icon::Left/></Cap>
            <Cap panel name="Down" key=Key::Down><Glyph icon=Icon::Down/></Cap>
            <Cap panel name="Up" key=Key::Up><Glyph icon=Icon::Up/></Cap>
            <Cap panel name="Right" key=Key::Right><Glyph icon=Icon::Right/></Cap>
        </div>
    }
}

#[component]
fn Cap(panel: Panel, name: &'static str, key: Key, children: Children) -> impl IntoView {
    let press = move |_| panel.tell(Command::Press(key));
    view! {
        <button type="button" class="terminal__key" tabindex="-1" aria-label=name on:click=press>{children()}</button>
    }
}
