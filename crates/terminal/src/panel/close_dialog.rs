//! The question before a living terminal is closed: its program ends with it, for all of its viewers.

use catalogue::t;
use leptos::{html, prelude::*};

use super::state::{Command, Panel};
use crate::{runtime, words};

#[component]
pub(crate) fn CloseDialog(panel: Panel) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let asked = panel.closing.with(Option::is_some);
        if let Some(dialog) = dialog.get() {
            runtime::show_dialog(&dialog, asked);
        }
    });
    let name = move || panel.closing.get().map(|tab| words::tab(&tab.node, &tab.title.get()));
    view! {
        <dialog class="terminal__dialog" aria-labelledby=title_id(panel) node_ref=dialog on:close=move |_| put_away(panel)>
            <h2 id=title_id(panel)>{move || name().map(|name| t!("terminal-close-title", tab = name))}</h2>
            <p>{t!("terminal-close-text")}</p>
            <footer>
                <button type="button" class="terminal__button" on:click=move |_| put_away(panel)>{t!("common-cancel")}</button>
                <button type="button" class="terminal__button terminal__button--main" autofocus on:click=move |_| agree(panel)>{t!("terminal-close-agree")}</button>
            </footer>
        </dialog>
    }
}

fn title_id(panel: Panel) -> String {
    format!("terminal-close-{}", panel.serial)
}

fn agree(panel: Panel) {
    if let Some(tab) = panel.closing.get_untracked() {
        panel.closing.set(None);
        runtime::close(panel, &tab);
    }
}

fn put_away(panel: Panel) {
    if let Some(tab) = panel.closing.get_untracked() {
        panel.closing.set(None);
        runtime::tell(tab.serial, Command::Focus);
    }
}
