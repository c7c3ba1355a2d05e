//! The menu of the panel: copy, paste, and what the browser remembers for this person.

use catalogue::t;
use leptos::prelude::*;

use super::icon::Icon;
use super::popup::Popup;
use super::state::{Command, Panel};
use crate::runtime;

#[component]
pub(crate) fn Menu(panel: Panel) -> impl IntoView {
    let open = RwSignal::new(false);
    let press = Callback::new(move |()| open.update(|open| *open = !*open));
    let settings = panel.settings;
    view! {
        <Popup name=t!("terminal-options") icon=Icon::More open disabled=Signal::derive(|| false) press>
            <Order panel open label=t!("terminal-copy") keys="Ctrl-Shift-C" command=Command::Copy/>
            <Order panel open label=t!("terminal-paste") keys="Ctrl-Shift-V" command=Command::Paste/>
            <Order panel open label=t!("terminal-leave") keys="Ctrl-Shift-↑" command=Command::Leave/>
            <Switch panel label=t!("terminal-copy-on-select") on=settings.copy_on_select/>
            <Switch panel label=t!("terminal-trust-blocks") on=settings.trust_blocks/>
            <Switch panel label=t!("terminal-screen-reader") on=settings.screen_reader/>
        </Popup>
    }
}

#[component]
fn Order(panel: Panel, open: RwSignal<bool>, label: String, keys: &'static str, command: Command) -> impl IntoView {
    let run = move |_| {
        open.set(false);
        panel.tell(command.clone());
    };
    let idle = move || panel.active.get().is_none();
    view! {
        <li role="none">
            <button type="button" role="menuitem" class="terminal__choice" tabindex="-1" disabled=idle on:click=run>
                {label} <kbd>{keys}</kbd>
            </button>
        </li>
    }
}

#[component]
fn Switch(panel: Panel, label: String, on: RwSignal<bool>) -> impl IntoView {
    let turn = move |_| {
        on.update(|on| *on = !*on);
        runtime::remember_settings(panel);
    };
    view! {
        <li role="none">
            <button type="button" role="menuitemcheckbox" class="terminal__choice" tabindex="-1"
                aria-checked=move || on.get().to_string() on:click=turn>
                {label}
            </button>
        </li>
    }
}
